"""Two processes and one folder: the second is told who is there, and a process that is killed lets go."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from torch import nn

from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training import lock
from resnet_dsl.training.errors import TrainingError
from resnet_dsl.training.lock import held
from resnet_dsl.training.loop import train

pytestmark = pytest.mark.skipif(not lock.HAS_LOCKS, reason="this system has no such locks")

HOLDER = """\
import sys
from pathlib import Path
from resnet_dsl.training.lock import held

with held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """One that holds the folder until its input ends, or until it is killed."""
    command = [sys.executable, "-c", HOLDER, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            yield holder
        finally:
            holder.kill()


def refusal(folder: Path) -> TrainingError:
    with pytest.raises(TrainingError) as error, held(folder):
        pass
    return error.value


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux says whose a lock is")
def test_who_holds_the_folder_is_named(tmp_path: Path) -> None:
    with another_process(tmp_path / "run") as holder:
        error = refusal(tmp_path / "run")
        assert error.code == "RDL902"
        assert f"another run, process {holder.pid}, is writing into this folder" in str(error)
        assert f"`kill {holder.pid}`" in error.diagnostic.help
        with held(tmp_path / "other"):
            pass


def test_where_nobody_says_who_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with another_process(tmp_path / "run"):
        for text in (None, b"", b"1: FLOCK\n", b"\xff\n", b"1: -> FLOCK ADVISORY WRITE 7 0:0:0 0 EOF\n"):
            file = tmp_path / "locks"
            if text is not None:
                file.write_bytes(text)
            monkeypatch.setattr(lock, "_LOCKS", file)
            assert "another run is writing into this folder" in str(refusal(tmp_path / "run"))


def test_a_killed_process_lets_go(tmp_path: Path, small_net: Callable[[], nn.Module], recipe: Recipe) -> None:
    """What the refused run found stays as it is; once the other one is dead, a run begins."""
    folder, short = tmp_path / "run", replace(recipe, epochs=1)
    with another_process(folder) as holder:
        with pytest.raises(TrainingError, match="RDL902"):
            train(small_net, short, folder)
        assert list(folder.iterdir()) == []
        holder.kill()
        assert holder.wait() < 0
        assert train(small_net, short, folder).folder == folder


def test_a_process_that_ends_lets_go(tmp_path: Path) -> None:
    with another_process(tmp_path) as holder:
        holder.communicate()
        assert holder.returncode == 0
        with held(tmp_path):
            pass
