"""`resnet-dsl train` under `torchrun`, a process of which is killed; and told to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.after.processes_run import SPEC

pytestmark = pytest.mark.slow
EPOCHS = 12


def start(folder: Path, *words: str, restarts: int = 0) -> subprocess.Popen[str]:
    """The command as a user starts it, with batches small enough for checkpoints within an epoch."""
    spec = folder.parent / "tiny.rdl"
    spec.write_text(SPEC)
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    launcher += ["--max-restarts", str(restarts), "-m", "resnet_dsl"]
    settings = ["--set", f"train.epochs={EPOCHS}", "--set", "train.batch=16", "--save-every", "0"]
    command = ["train", str(spec), "--out", str(folder), "--threads", "1", *settings, *words]
    return subprocess.Popen(
        [sys.executable, *launcher, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def end_of(run: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = run.communicate(timeout=300)
    return run.returncode, out, err


def wait_for(folder: Path, place: str) -> None:
    """Until a checkpoint of that place, or of a later one, is there."""
    until = time.monotonic() + 120
    while max((file.stem for file in folder.glob("checkpoint-*")), default="") < f"checkpoint-{place}":
        assert time.monotonic() < until, "the run does not get there"
        time.sleep(0.005)


def worker(launcher: int, rank: int) -> int:
    """The process id of a worker, by what the launcher told it."""
    for entry in Path("/proc").iterdir():
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            told = (entry / "environ").read_bytes().split(b"\0")
        except (OSError, IndexError):
            continue  # no process, or one that has ended
        if parent == launcher and f"RANK={rank}".encode() in told:
            return int(entry.name)
    raise AssertionError(f"no worker {rank}")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("undisturbed") / "run"
    code, _, said = end_of(start(folder))
    assert code == 0, said
    return weights(folder)


def weights(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in ("last.safetensors", "best.safetensors")}


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds the worker in /proc")
@pytest.mark.parametrize("rank", [0, 1], ids=["the one that writes", "another"])
def test_a_worker_killed_within_an_epoch_costs_nothing_but_time(
    tmp_path: Path, undisturbed: dict[str, bytes], rank: int
) -> None:
    folder = tmp_path / "run"
    run = start(folder, restarts=1)
    wait_for(folder, "00002-0000040")
    os.kill(worker(run.pid, rank), signal.SIGKILL)
    code, out, said = end_of(run)
    assert code == 0, said
    assert said.count("going on after epoch ") == 1
    assert out.count("held-out accuracy") == 1
    assert weights(folder) == undisturbed


def test_both_told_to_stop_go_on_where_they_were(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    folder = tmp_path / "run"
    run = start(folder)
    wait_for(folder, "00001-0000020")
    run.terminate()
    code, _, said = end_of(run)
    assert code != 0
    assert said.count("RDL909") == 1
    assert "stopped by SIGTERM" in said
    code, _, said = end_of(start(folder, "--resume"))
    assert code == 0, said
    assert weights(folder) == undisturbed
