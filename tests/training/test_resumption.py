"""A run goes on from wherever it stopped, to the same bytes, or says why it cannot."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from resnet_dsl.semantics.recipe_values import AdamW, Recipe, Sgd
from resnet_dsl.training.checkpoint import load_checkpoint, save_checkpoint
from resnet_dsl.training.errors import TrainingError
from resnet_dsl.training.folder import CHECKPOINT
from resnet_dsl.training.loop import train
from resnet_dsl.training.metrics import EpochRecord
from tests.training.crashes import CrashAt, Factory, Halt, weights


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
