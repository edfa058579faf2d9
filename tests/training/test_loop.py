"""A run from the first step to the folder it leaves, and on from wherever it stopped."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from torch import Tensor, nn

from resnet_dsl.semantics.recipe_values import AdamW, Constant, Recipe, Sgd
from resnet_dsl.training.checkpoint import load_checkpoint, load_weights, save_checkpoint
from resnet_dsl.training.data import Dataset
from resnet_dsl.training.errors import TrainingError
from resnet_dsl.training.folder import CHECKPOINT
from resnet_dsl.training.loop import train
from resnet_dsl.training.metrics import EpochRecord
from resnet_dsl.training.reporting import Reporter

Factory = Callable[[], nn.Module]


class Halt(Exception):
    """Stands for a crash: nothing is saved on the way out."""


class CrashAt(Reporter):
    """Crashes after a step, or at the end of an epoch."""

    def __init__(self, epoch: int, step: int | None = None) -> None:
        self.place = (epoch, step)

    def step(self, epoch: int, step: int) -> None:
        if (epoch, step) == self.place:
            raise Halt

    def epoch(self, record: EpochRecord, is_best: bool) -> None:
        if (record.epoch, None) == self.place:
            raise Halt


def weights(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in ("last.safetensors", "best.safetensors")}


def test_a_run_leaves_a_complete_folder(
    tmp_path: Path, small_net: Factory, recipe: Recipe, digits: Dataset
) -> None:
    out = tmp_path / "deep" / "run"
    result = train(small_net, replace(recipe, epochs=3), out, model_source="# code\n", spec_sha256="ab12")
    assert {path.name for path in out.iterdir()} == {
        "recipe.json",
        "environment.json",
        "metrics.jsonl",
        "checkpoint.pt",
        "last.safetensors",
        "best.safetensors",
        "checkpoint-00002-0000000.pt",
        "checkpoint-00003-0000000.pt",
        "curves.svg",
        "evaluation.json",
        "page.html",
        "model.py",
    }
    assert (out / "model.py").read_text() == "# code\n"
    assert json.loads((out / "recipe.json").read_text()) == replace(recipe, epochs=3).as_dict()
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert [line["event"] for line in lines] == ["epoch"] * 3 + ["test"]
    assert lines[2]["steps"] == 3 * (1259 // 64)
    assert lines[3]["test_images"] == 359
    with safe_open(out / "best.safetensors", framework="pt") as file:
        facts = json.loads(file.metadata()["resnet_dsl"])
    assert facts["recipe_sha256"] == replace(recipe, epochs=3).sha256
    assert (facts["spec_sha256"], facts["epoch"]) == ("ab12", result.best.epoch)

    model = small_net().eval()
    model.load_state_dict(load_weights(out / "best.safetensors"))
    part = digits.test.at(torch.arange(len(digits.test)))
    with torch.no_grad():
        outputs = model(digits.normalised(part.images))
    assert int((outputs.argmax(1) == part.labels).sum()) == result.test.test_correct


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(
    tmp_path: Path, small_net: Factory, recipe: Recipe
) -> None:
    short = replace(recipe, epochs=2)
    for name, seed in (("one", None), ("two", 0), ("three", 3)):
        train(small_net, short, tmp_path / name, seed=seed)
    assert weights(tmp_path / "one") == weights(tmp_path / "two")
    assert (
        load_weights(tmp_path / "one" / "last.safetensors")["0.weight"]
        .ne(load_weights(tmp_path / "three" / "last.safetensors")["0.weight"])
        .any()
    )


@pytest.mark.parametrize("optimizer", [None, AdamW(0.01, 0.9, 0.999, 1e-8, 0.01)], ids=["sgd", "adamw"])
@pytest.mark.parametrize("crash", [(0, 5), (1, 12), (2, None), (2, 3)], ids=str)
def test_a_run_that_crashed_anywhere_goes_on_to_the_same_bytes(
    tmp_path: Path, small_net: Factory, recipe: Recipe, crash: tuple[int, int | None], optimizer: AdamW | None
) -> None:
    short = replace(recipe, epochs=3, optimizer=optimizer or recipe.optimizer)
    whole = train(small_net, short, tmp_path / "whole")
    with pytest.raises(Halt):
        train(small_net, short, tmp_path / "crashed", reporter=CrashAt(*crash))
    torch.rand(7)  # a resumed run does not depend on the state it finds
    resumed = train(small_net, short, tmp_path / "crashed", resume=True)
    assert weights(tmp_path / "crashed") == weights(tmp_path / "whole")
    assert resumed.test == whole.test
    timeless = [
        [replace(record, seconds=0, images_per_second=0, data_wait=0) for record in _epochs(tmp_path / name)]
        for name in ("whole", "crashed")
    ]
    assert timeless[0] == timeless[1]


def _epochs(folder: Path) -> list[EpochRecord]:
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [row.pop("event") for row in rows] == ["epoch"] * 3 + ["test"]
    return [EpochRecord(**row) for row in rows[:-1]]


def test_a_finished_run_resumed_only_repeats_its_figure(
    tmp_path: Path, small_net: Factory, recipe: Recipe
) -> None:
    short = replace(recipe, epochs=3)
    first = train(small_net, short, tmp_path)
    before = weights(tmp_path)
    again = train(small_net, short, tmp_path, resume=True, reporter=CrashAt(0, 1))
    assert again.test == first.test
    assert weights(tmp_path) == before
    assert len(_epochs(tmp_path)) == 3


def test_resume_starts_where_there_is_nothing(tmp_path: Path, small_net: Factory, recipe: Recipe) -> None:
    result = train(small_net, replace(recipe, epochs=1), tmp_path, resume=True)
    assert result.epochs == 1


def test_a_new_run_keeps_what_an_earlier_one_left(tmp_path: Path, small_net: Factory, recipe: Recipe) -> None:
    short = replace(recipe, epochs=1)
    (tmp_path / "notes.txt").write_text("mine")
    train(small_net, short, tmp_path)
    before = weights(tmp_path)
    train(small_net, short, tmp_path, seed=1)
    train(small_net, short, tmp_path, seed=2)
    assert weights(tmp_path / "earlier-1") == before
    assert (tmp_path / "earlier-2" / "best.safetensors").exists()
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_another_recipe_or_network_is_no_resumption(
    tmp_path: Path, small_net: Factory, digits_net: Factory, recipe: Recipe
) -> None:
    short = replace(recipe, epochs=1)
    train(small_net, short, tmp_path, model_source="one")
    faster = replace(short, optimizer=Sgd(0.2, 0.9, 5e-4, nesterov=True))
    with pytest.raises(
        TrainingError, match=r"another recipe: `train\.optimizer\.lr` was 0\.1 and is now 0\.2"
    ):
        train(small_net, faster, tmp_path, resume=True, model_source="one")
    with pytest.raises(TrainingError, match=r"`train\.seed` was 0 and is now 4"):
        train(small_net, short, tmp_path, resume=True, seed=4, model_source="one")
    with pytest.raises(TrainingError, match="the network has changed"):
        train(small_net, short, tmp_path, resume=True, model_source="two")
    with pytest.raises(TrainingError, match="does not fit this network"):
        train(digits_net, short, tmp_path, resume=True, model_source="one")


def test_a_damaged_checkpoint_names_the_one_that_is_whole(
    tmp_path: Path, small_net: Factory, recipe: Recipe
) -> None:
    short = replace(recipe, epochs=2)
    train(small_net, short, tmp_path)
    before = weights(tmp_path)
    newest = tmp_path / "checkpoint.pt"
    newest.write_bytes(newest.read_bytes()[:-200])  # and with it its other name
    with pytest.raises(TrainingError, match=r"RDL906: .* it is damaged \([^.]*\)$") as stop:
        train(small_net, short, tmp_path, resume=True)
    assert "`checkpoint-00001-0000000.pt` beside it is whole" in stop.value.diagnostic.help
    newest.write_bytes((tmp_path / "checkpoint-00001-0000000.pt").read_bytes())
    train(small_net, short, tmp_path, resume=True)
    assert weights(tmp_path) == before


def test_a_loss_that_is_not_finite_stops_with_the_last_good_weights(
    tmp_path: Path, small_net: Factory, recipe: Recipe
) -> None:
    class DeadlyFrom(nn.Module):
        """Gives infinities after a number of training steps."""

        def __init__(self) -> None:
            super().__init__()
            self.inner = small_net()

        def forward(self, x: Tensor) -> Tensor:
            outputs: Tensor = self.inner(x)
            seen = self.inner.get_buffer("1.num_batches_tracked")
            return outputs * torch.inf if seen > 25 and self.training else outputs

    with pytest.raises(
        TrainingError,
        match=r"RDL905: the loss became (nan|inf) in epoch 2, step 7, .* begins in the output of `the model's output`",
    ) as stop:
        train(DeadlyFrom, replace(recipe, epochs=3), tmp_path)
    assert "--set train.optimizer.lr=0.01" in stop.value.diagnostic.help
    for name in weights(tmp_path):
        assert all(torch.isfinite(each.float()).all() for each in load_weights(tmp_path / name).values())


def test_weights_that_explode_are_noticed(tmp_path: Path, recipe: Recipe) -> None:
    def linear() -> nn.Module:
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.Linear(32, 32), nn.Linear(32, 10))

    wild = replace(recipe, optimizer=Sgd(900.0, 0.9, 0.0, nesterov=False), schedule=Constant())
    with pytest.raises(TrainingError, match="RDL905"):
        train(linear, wild, tmp_path)


class TwoOutputs(nn.Module):
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x, x


@pytest.mark.parametrize(
    ("factory", "message"),
    [
        (lambda: nn.Conv2d(3, 10, 3), "RDL903: .* `digits`, which are 1x8x8: .*3 channels"),
        (lambda: nn.Sequential(nn.Flatten(), nn.Linear(63, 10)), "RDL903"),
        (lambda: nn.Sequential(nn.Flatten(), nn.Linear(64, 7)), r"RDL904: .*\[7\]; `digits` has 10 classes"),
        (lambda: nn.Conv2d(1, 10, 3), r"RDL904: .*\[10, 6, 6\]"),
        (TwoOutputs, "RDL904: .* not a single tensor"),
        (lambda: nn.Bilinear(1, 1, 1), "RDL903"),
    ],
    ids=["channels", "features", "classes", "map", "two", "operands"],
)
def test_a_network_that_does_not_fit_is_refused_before_anything_is_written(
    tmp_path: Path, recipe: Recipe, factory: Factory, message: str
) -> None:
    out = tmp_path / "run"
    with pytest.raises(TrainingError, match=message):
        train(factory, recipe, out)
    assert not out.exists()


def test_a_step_that_fails_is_told_without_pages(tmp_path: Path, recipe: Recipe) -> None:
    def needs_two_values() -> nn.Module:
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 10), nn.BatchNorm1d(10))

    with pytest.raises(TrainingError, match="RDL910: .*Expected more than 1 value per channel"):
        train(needs_two_values, replace(recipe, batch_size=1), tmp_path)


def test_a_folder_that_cannot_be_written(tmp_path: Path, small_net: Factory, recipe: Recipe) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(TrainingError, match="RDL902: cannot write .*file"):
        train(small_net, recipe, blocked)
    with pytest.raises(TrainingError, match="RDL902: cannot write .*file/run"):
        train(small_net, recipe, blocked / "run")


def test_a_log_that_lost_epochs_is_no_resumption(tmp_path: Path, small_net: Factory, recipe: Recipe) -> None:
    short = replace(recipe, epochs=2)
    train(small_net, short, tmp_path)
    log = tmp_path / "metrics.jsonl"
    log.write_text(log.read_text()[:40])
    with pytest.raises(TrainingError, match="RDL906: .*lacks some of the 2 epochs"):
        train(small_net, short, tmp_path, resume=True)
    log.unlink()
    with pytest.raises(TrainingError, match="RDL906: .*cannot be read"):
        train(small_net, short, tmp_path, resume=True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epoch", "one"),
        ("epoch", -1),
        ("epoch", 10_000),
        ("step", 1.5),
        ("step", 10**9),
        ("best_rank", [1]),
        ("seconds", float("nan")),
        ("model", []),
        ("optimizer", [1]),
        ("random", []),
        ("random", [torch.zeros(3)]),
        ("learning_rates", {"drops": [], "best_loss": 0.0, "waited_epochs": 0}),
        ("execution", {"device": 3}),
        ("execution", []),
        ("loss_sum", [None]),
    ],
)
def test_an_edited_checkpoint_is_refused(
    tmp_path: Path, small_net: Callable[[], nn.Module], recipe: Recipe, name: str, value: object
) -> None:
    train(small_net, replace(recipe, epochs=1), tmp_path)
    path = tmp_path / CHECKPOINT
    save_checkpoint(path, {**load_checkpoint(path), name: value})
    with pytest.raises(TrainingError) as error:
        train(small_net, replace(recipe, epochs=1), tmp_path, resume=True)
    assert error.value.code == "RDL906"


def test_two_runs_do_not_write_into_one_folder(
    tmp_path: Path, small_net: Callable[[], nn.Module], recipe: Recipe
) -> None:
    short, inner = replace(recipe, epochs=1), tmp_path / "run"

    class Second(Reporter):
        def epoch(self, record: EpochRecord, is_best: bool) -> None:
            with pytest.raises(
                TrainingError, match=r"another run(, process \d+,)? is writing into this folder"
            ) as error:
                train(small_net, short, inner, resume=True)
            assert error.value.code == "RDL902"

    train(small_net, short, inner, reporter=Second())
    assert not (inner / "earlier-1").exists()
    train(small_net, short, inner, resume=True)
