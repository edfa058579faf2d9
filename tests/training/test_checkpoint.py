"""Files are written whole or not at all, and read back only when they are what they claim."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from resnet_dsl.training.checkpoint import (
    load_checkpoint,
    load_weights,
    save_checkpoint,
    save_weights,
    write_whole,
)
from resnet_dsl.training.errors import TrainingError


def test_weights_come_back_with_what_they_know_of_their_origin(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    weights = {"b": torch.arange(6.0).reshape(2, 3).t(), "a": torch.tensor(7)}
    save_weights(path, weights, {"recipe": "quick", "epoch": 3})
    back = load_weights(path)
    assert back.keys() == weights.keys()
    assert all(torch.equal(back[name], weights[name]) for name in weights)
    with safe_open(path, framework="pt") as file:
        assert json.loads(file.metadata()["resnet_dsl"]) == {"recipe": "quick", "epoch": 3}


def test_the_same_weights_give_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    code = (
        "import sys, torch; from pathlib import Path; from resnet_dsl.training.checkpoint import save_weights;"
        "save_weights(Path(sys.argv[1]), {'b': torch.ones(2), 'a': torch.zeros(3)}, {'y': 1, 'x': 2, 'z': 3})"
    )
    paths = [tmp_path / "one", tmp_path / "two"]
    for path in paths:
        subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_checkpoint_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "c.pt"
    save_checkpoint(path, {"model": {"w": torch.ones(2)}, "best_rank": (0.5, -1.0), "epoch": 2})
    state = load_checkpoint(path)
    assert torch.equal(state["model"]["w"], torch.ones(2))
    assert (state["best_rank"], state["epoch"]) == ((0.5, -1.0), 2)


class Bomb:
    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("exit 1",)


@pytest.mark.parametrize(
    "content",
    [b"", b"no checkpoint at all", b"\x80\x04", pickle.dumps(Bomb()), pickle.dumps({"format": 1})],
    ids=["empty", "text", "cut", "code", "pickle"],
)
def test_a_damaged_or_foreign_checkpoint_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "c.pt"
    path.write_bytes(content)
    with pytest.raises(TrainingError, match="RDL906"):
        load_checkpoint(path)


def test_a_checkpoint_cut_anywhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.pt"
    save_checkpoint(path, {"model": {"w": torch.ones(100)}})
    whole = path.read_bytes()
    for size in range(0, len(whole) - 1, len(whole) // 15):
        path.write_bytes(whole[:size])
        with pytest.raises(TrainingError, match="RDL906"):
            load_checkpoint(path)


def test_a_checkpoint_of_a_device_that_is_not_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as there:
        there.setattr("torch.serialization.location_tag", lambda _storage: "cuda:5")
        save_checkpoint(tmp_path / "checkpoint.pt", {"weights": torch.ones(3)})
    assert load_checkpoint(tmp_path / "checkpoint.pt")["weights"].device == torch.device("cpu")


def test_a_checkpoint_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.pt"
    save_checkpoint(path, {"format": 99})
    with pytest.raises(TrainingError, match="of another version"):
        load_checkpoint(path)


@pytest.mark.parametrize("content", [None, b"", b"\xff" * 100])
def test_missing_or_damaged_weights_are_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "w.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TrainingError, match="RDL906"):
        load_weights(path)


def test_a_full_disk_leaves_the_old_file_and_no_remains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TrainingError, match="RDL902: cannot write .*: No space left on device"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
