"""A run from the first step to the folder it leaves, or to the message with which it stops."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from torch import Tensor, nn

from resnet_dsl.semantics.recipe_values import Constant, Recipe, Sgd
from resnet_dsl.training.checkpoint import load_weights
from resnet_dsl.training.data import Dataset
from resnet_dsl.training.errors import TrainingError
from resnet_dsl.training.loop import train
from resnet_dsl.training.metrics import EpochRecord
from resnet_dsl.training.reporting import Reporter
from tests.training.crashes import Factory, weights


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
