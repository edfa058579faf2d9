"""TensorBoard and Weights & Biases: what `metrics.jsonl` holds and the loss within epochs, for their viewers.

Both packages are extras, imported when they are asked for and not before.
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import Any

from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.choices import Tracker
from resnet_dsl.training.errors import TrainingError
from resnet_dsl.training.metrics import EpochRecord, TestRecord
from resnet_dsl.training.reporting import Interval, Reporter, RunPlan


def tracker(kind: Tracker, folder: Path, recipe: Recipe) -> Reporter:
    """A reporter that writes into `folder`. Raises `TrainingError` RDL942 where the package is missing."""
    return TensorBoard(folder) if kind is Tracker.TENSORBOARD else WeightsAndBiases(folder, recipe)


def _needed(module: str, kind: Tracker) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        package = (error.name or kind.value).partition(".")[0]  # itself, or one that it takes
        raise TrainingError("RDL942", tracker=kind.value, package=package) from error


def interval_figures(interval: Interval) -> dict[str, float]:
    """A reading by name; shares that nobody knows are left out."""
    pace = interval.pace
    figures = {
        "steps/loss": interval.loss,
        "steps/learning_rate": interval.learning_rate,
        "steps/images_per_second": pace.images_per_second,
        "steps/data_wait": pace.data_wait,
        "steps/mfu": pace.utilisation,
        "steps/byte_share": pace.byte_share,
    }
    return {name: value for name, value in figures.items() if value is not None}


def epoch_figures(record: EpochRecord) -> dict[str, float]:
    """An epoch by name: losses, accuracies, and further figures of the validation part."""
    return {
        "loss/training": record.training_loss,
        "loss/validation": record.validation_loss,
        "accuracy/training": record.training_accuracy,
        "accuracy/validation": record.validation_accuracy,
        **{f"{name}/validation": value for name, value in record.figures.items()},
    }


def test_figures(record: TestRecord) -> dict[str, float]:
    """The held-out part by name."""
    return {
        "loss/test": record.test_loss,
        "accuracy/test": record.test_accuracy,
        **{f"{name}/test": value for name, value in record.figures.items()},
    }


class _Tracker(Reporter):
    """Hands what a run says to a viewer's `_write`, with the step that it belongs to."""

    _step = 0

    def interval(self, interval: Interval) -> None:
        self._tell(interval_figures(interval), interval.run_step)

    def epoch(self, record: EpochRecord, is_best: bool) -> None:  # noqa: ARG002 - a reporter's signature
        self._tell(epoch_figures(record), record.steps)

    def test(self, record: TestRecord) -> None:
        self._tell(test_figures(record), self._step)

    def _tell(self, figures: dict[str, float], step: int) -> None:
        self._step = step
        self._write(figures, step)

    def _write(self, figures: dict[str, float], step: int) -> None:
        raise NotImplementedError


class TensorBoard(_Tracker):
    """Events in `folder`/tensorboard. A run that goes on takes back what it will do again."""

    def __init__(self, folder: Path) -> None:
        _needed("tensorboard", Tracker.TENSORBOARD)
        self._module = import_module("torch.utils.tensorboard")
        self._folder = folder / Tracker.TENSORBOARD
        self._writer: Any = None

    def begin(self, plan: RunPlan) -> None:
        done = plan.epochs_done * plan.steps_per_epoch + plan.steps_done
        self._writer = self._module.SummaryWriter(str(self._folder), purge_step=done + 1 if done else None)

    def end(self) -> None:
        if self._writer is not None:
            self._writer.close()

    def _write(self, figures: dict[str, float], step: int) -> None:
        for name, value in figures.items():
            self._writer.add_scalar(name, value, step)


class WeightsAndBiases(_Tracker):
    """A run of wandb's, its files in `folder`; offline unless `WANDB_MODE` or an API key says otherwise."""

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        self._wandb = _needed("wandb", Tracker.WANDB)
        self._folder, self._recipe = folder, recipe
        self._run: Any = None

    def begin(self, plan: RunPlan) -> None:  # noqa: ARG002 - a reporter's signature
        online = "WANDB_API_KEY" in os.environ
        self._run = self._wandb.init(
            project="resnet-dsl",
            name=f"{self._recipe.model}-{self._recipe.name}-{self._recipe.seed}",
            config=self._recipe.as_dict(),
            dir=str(self._folder),
            mode=os.environ.get("WANDB_MODE") or ("online" if online else "offline"),
        )

    def end(self) -> None:
        if self._run is not None:
            self._run.finish()

    def _write(self, figures: dict[str, float], step: int) -> None:
        self._run.log(figures, step=step)
