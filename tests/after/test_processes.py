"""Two processes train one network: as one, and again after one of them was killed."""

from __future__ import annotations

import json
import pickle
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import resnet_dsl
from resnet_dsl.training import sharding
from resnet_dsl.training.checkpoint import load_checkpoint
from resnet_dsl.training.errors import TrainingError
from resnet_dsl.training.processes import Processes
from resnet_dsl.training.sharded_processes import ShardedProcesses
from resnet_dsl.training.world import World
from tests.after.processes_run import SPEC
from tests.training.sources import write_keypoints

SCRIPT = Path(__file__).with_name("processes_run.py")
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]


def launch(folder: Path, *words: object, restarts: int = 0) -> subprocess.CompletedProcess[str]:
    command = [*TORCHRUN, "--max-restarts", str(restarts), str(SCRIPT), str(folder), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.slow
@pytest.mark.parametrize("parallel", ["ddp", "fsdp"])
def test_a_killed_process_costs_nothing_but_time(parallel: str, tmp_path: Path) -> None:
    whole = launch(tmp_path / "whole", parallel)
    assert whole.returncode == 0, whole.stderr
    assert "judged 359 after 0 restarts" in whole.stdout  # every image of the test part, and none twice
    # In the second epoch, between two checkpoints within it, in the process that does not write.
    killed = launch(tmp_path / "killed", parallel, "kill", 1, 1, 5, restarts=1)
    assert killed.returncode == 0, killed.stderr
    assert "judged 359 after 1 restarts" in killed.stdout
    for name in ("last.safetensors", "best.safetensors"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    lines = [(tmp_path / name / "metrics.jsonl").read_text().splitlines() for name in ("whole", "killed")]
    losses = [[json.loads(line).get("training_loss") for line in each] for each in lines]
    assert losses[0] == losses[1]
    shards = sorted(path.name for path in (tmp_path / "killed").glob("shards-*"))
    kept = sorted(path.stem for path in (tmp_path / "killed").glob("checkpoint-*"))
    wanted = [name.replace("checkpoint", "shards") for name in kept] if parallel == "fsdp" else []
    assert shards == wanted


@pytest.mark.slow
def test_slow_steps_are_not_waited_for_until_the_next_reading(tmp_path: Path) -> None:
    """The other process is told to stop, before the only reading of the epoch; both stop after one step."""
    done = launch(tmp_path, "ddp", "SIGTERM", 1, 0, 2)
    found = re.search(
        r"RDL909: stopped by SIGTERM in epoch 1 of 2, after step (\d+) of 9; the run is saved", done.stderr
    )
    assert found, done.stderr
    assert 2 <= int(found[1]) <= 4, "in a second there are two steps of 0.4 s"
    state = load_checkpoint(tmp_path / "checkpoint.pt")
    assert (state["epoch"], state["step"]) == (0, int(found[1]))


@pytest.mark.slow
def test_who_waits_in_vain_says_for_whom(tmp_path: Path) -> None:
    done = launch(tmp_path, "ddp", "hang", 1, 0, 4)
    assert done.returncode != 0
    assert "RDL961: process 0 got no answer in epoch 1, step" in done.stderr
    assert "s ago, in epoch 1, step 4" in done.stderr


@pytest.mark.slow
def test_a_silence_that_no_exchange_notices_ends_with_the_same_words(tmp_path: Path) -> None:
    done = launch(tmp_path, "ddp", "silence", 1, 0, 4)
    assert done.returncode != 0
    assert "RDL961" in done.stderr
    assert "process 0 got no answer in epoch 1, step" in done.stderr
    assert "(none in 3 s); process 1 was last heard of" in done.stderr


@pytest.mark.slow
def test_shards_after_an_epoch_that_is_not_the_best(tmp_path: Path) -> None:
    done = launch(tmp_path, "fsdp", "worse")
    assert done.returncode == 0, done.stderr
    ranks = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert len(ranks) == 4
    assert ranks[-1]["best_epoch"] < 3, "the last epoch is saved without being the best"


@pytest.mark.slow
def test_shards_of_weights_that_lie_channels_last(tmp_path: Path) -> None:
    done = launch(tmp_path, "fsdp", "channels_last")
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_command_under_torchrun(tmp_path: Path) -> None:
    spec = tmp_path / "tiny.rdl"
    spec.write_text(SPEC)
    words = ["-m", "resnet_dsl", "train", str(spec), "--out", str(tmp_path / "run"), "--threads", "1"]
    done = subprocess.run([*TORCHRUN, *words], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("held-out accuracy") == 1
    assert done.stderr.count("epoch 2/2") == 1
    odd = [*words, "--set", "train.batch=127"]
    refused = subprocess.run([*TORCHRUN, *odd], capture_output=True, text=True, check=False, timeout=300)
    assert refused.returncode != 0
    assert refused.stderr.count("error[RDL964]") == 1
    assert "--set train.batch=126" in refused.stderr


class Alone(Processes):
    """Knows its size, and has met nobody."""

    def __init__(self, size: int) -> None:
        self.rank, self.size, self._beats = 0, size, None


class AloneWithShards(ShardedProcesses):
    """The same."""

    def __init__(self, size: int) -> None:
        self.rank, self.size, self._beats = 0, size, None


@pytest.mark.slow
def test_images_that_another_process_cannot_read_are_named(tmp_path: Path) -> None:
    """Of the held-out part each process reads its own: the second one has the damaged image."""
    data, spec = write_keypoints(tmp_path / "kp", 20), tmp_path / "net.rdl"
    write_keypoints(data, 8, "val2017", seed=1)
    (data / "val2017" / "000.png").write_bytes(b"no image")  # its two people come first
    spec.write_text(
        "model net {\n  input image [3, 32, 32]\n"
        "  return image -> conv(4, 5, stride = 4) -> relu -> conv(3, 1)\n}\n"
        f"train once for net {{\n  data = coco_keypoints(folder = {json.dumps(str(data))})\n"
        "  optimizer = sgd(lr = 0.1)\n  epochs = 1\n  batch = 8\n  loss = mse\n}\n"
    )
    words = ["train", str(spec), "--out", str(tmp_path / "run"), "--threads", "1"]
    command = [*TORCHRUN, "-m", "resnet_dsl", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "2 images could not be read" in done.stderr
    named = (tmp_path / "run" / "unreadable.txt").read_text().splitlines()
    assert [re.findall(r"annotation \d", name) for name in named] == [["annotation 0"], ["annotation 1"]]
    last = json.loads((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()[-1])
    assert (last["event"], last["bad_samples"]) == ("test", 2)


def test_what_processes_cannot_share() -> None:
    recipe = resnet_dsl.loads(SPEC)["tiny"].recipes["quick"]
    Alone(4).check(recipe)
    with pytest.raises(TrainingError, match="RDL964: a batch of 128 cannot be shared evenly by 3 processes"):
        Alone(3).check(recipe)
    with pytest.raises(TrainingError, match="RDL964"):
        Alone(64).check(replace(recipe, accumulate=4))
    with pytest.raises(TrainingError, match="RDL962: `ema` averages whole weights"):
        AloneWithShards(2).check(replace(recipe, ema=0.9))
    Alone(2).check(replace(recipe, ema=0.9))


def test_batch_norms_of_all_processes_need_gpus() -> None:
    with pytest.raises(TrainingError, match="RDL962: batch norms that see all processes' batches need GPUs"):
        Processes("cpu", sync_norms=True, timeout_seconds=1.0)


def test_processes_that_nobody_joins(monkeypatch: pytest.MonkeyPatch) -> None:
    places = {"RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}
    for name, value in places.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(TrainingError, match="RDL960: process 1 of 2 waited 1 s for the others to start"):
        Processes("cpu", sync_norms=False, timeout_seconds=1.0)


@pytest.mark.parametrize(
    ("world", "name"), [(World(), "shards-1"), (Alone(2), "x"), (AloneWithShards(2), "")]
)
def test_checkpoints_of_the_other_kind(world: World, name: str, tmp_path: Path) -> None:
    model = torch.nn.Linear(1, 1)
    with pytest.raises(TrainingError, match="RDL963"):
        world.load_shards(tmp_path, name, model, torch.optim.SGD(model.parameters(), lr=1.0))


class Bomb:
    def __reduce__(self) -> tuple[object, ...]:
        return print, ("ran",)


@pytest.mark.parametrize("content", [None, b"", b"text", pickle.dumps(Bomb()), pickle.dumps({"a": 1})])
def test_a_damaged_or_foreign_index_of_shards_is_refused(
    content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (tmp_path / ".metadata").write_bytes(content)
    with pytest.raises(TrainingError, match="RDL906"):
        sharding._check(tmp_path)
    assert capsys.readouterr().out == ""
