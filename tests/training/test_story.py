"""The page of a run that ends before its first epoch does: what was trained, how, and why there is no more."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from torch import nn

from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.errors import TrainingError, TrainingInterruptedError
from resnet_dsl.training.loop import train
from resnet_dsl.training.reporting import Reporter

Factory = Callable[[], nn.Module]
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg"><title>net</title></svg>'
EMPTY = "There are no figures and no curves: no epoch is finished."


class At(Reporter):
    """Does something after a step, once."""

    def __init__(self, epoch: int, step: int, deed: Callable[[], object]) -> None:
        self.place, self.deed = (epoch, step), deed

    def step(self, epoch: int, step: int) -> None:
        if (epoch, step) == self.place:
            self.deed()


def page_of(folder: Path) -> str:
    text = (folder / "page.html").read_text()
    assert "<h2>Recipe</h2>" in text
    assert "<td>optimizer.lr</td>" in text or "<td>optimizer</td>" in text
    return text


def test_a_stop_in_the_first_epoch(tmp_path: Path, small_net: Factory, recipe: Recipe) -> None:
    """The page says why it ended; once the run goes on, no longer; and a stop later shows the curves."""
    short = replace(recipe, epochs=2)
    stop = At(0, 3, lambda: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(TrainingInterruptedError):
        train(small_net, short, tmp_path, reporter=stop, picture=PICTURE)
    text = page_of(tmp_path)
    assert EMPTY in text
    assert "<h2>Curves</h2>" not in text
    assert "<h2>Architecture</h2>" in text
    assert "epoch 0 of 2" in text
    assert "<b>Ended before its time:</b> stopped by SIGTERM in epoch 1 of 2, after step 3 of 19" in text
    assert not (tmp_path / "curves.svg").exists()

    seen = []
    look = At(0, 4, lambda: seen.append(page_of(tmp_path)))
    train(small_net, short, tmp_path, reporter=look, picture=PICTURE, resume=True)
    assert EMPTY in seen[0]
    assert "Ended before its time" not in seen[0]
    text = page_of(tmp_path)
    assert EMPTY not in text
    assert "finished" in text


def test_a_run_that_goes_on_says_no_longer_why_it_ended(
    tmp_path: Path, small_net: Factory, recipe: Recipe
) -> None:
    short = replace(recipe, epochs=2)
    stop = At(1, 2, lambda: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(TrainingInterruptedError):
        train(small_net, short, tmp_path, reporter=stop)
    assert "Ended before its time" in page_of(tmp_path)
    seen = []
    look = At(1, 3, lambda: seen.append(page_of(tmp_path)))
    train(small_net, short, tmp_path, reporter=look, resume=True)
    assert "Ended before its time" not in seen[0]
    assert "<h2>Curves</h2>" in seen[0]


def test_a_failure_and_a_kill_in_the_first_epoch(tmp_path: Path, small_net: Factory, recipe: Recipe) -> None:
    def fails() -> nn.Module:
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 10), nn.BatchNorm1d(10))

    with pytest.raises(TrainingError, match="RDL910"):
        train(fails, replace(recipe, batch_size=1), tmp_path)
    text = page_of(tmp_path)
    assert EMPTY in text
    assert "<b>Ended before its time:</b> the network failed in training: Expected more than 1 value" in text

    class Killed(BaseException):
        """As good as SIGKILL: nothing of the program's hears of it."""

    def kill() -> None:
        raise Killed

    with pytest.raises(Killed):
        train(small_net, recipe, tmp_path, reporter=At(0, 2, kill))
    text = page_of(tmp_path)
    assert EMPTY in text
    assert "Ended" not in text
    assert "RDL910" not in text
