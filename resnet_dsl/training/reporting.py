"""What a run says while it goes: the loop calls a `Reporter`, and prints nothing itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from resnet_dsl.training.metrics import EpochRecord, TestRecord
from resnet_dsl.training.throughput import Pace


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What is about to happen: sizes, and the epochs that an earlier run has done."""

    model: str
    data: str
    training_images: int
    validation_images: int
    test_images: int
    parameters: int
    epochs: int
    steps_per_epoch: int
    batch_size: int
    epochs_done: int
    steps_done: int
    set_aside: Path | None
    execution: str = ""  # in words
    notes: tuple[str, ...] = ()  # what else the user should know before the first step


@dataclass(frozen=True, slots=True)
class Interval:
    """The stretch since the last reading: `steps` steps up to step `step` of epoch `epoch`, from 1.

    `loss` is their mean, `learning_rate` the last step's, `run_step` counts over the whole run.
    """

    epoch: int
    step: int
    run_step: int
    loss: float
    learning_rate: float
    pace: Pace


@dataclass(frozen=True, slots=True)
class Skipped:
    """Steps that were left out because their loss was not finite, from 1, and where it began."""

    epoch: int
    steps: tuple[int, ...]
    place: str


class Reporter:
    """Hears of a run's progress, and says nothing; subclasses say what they care for."""

    def begin(self, plan: RunPlan) -> None:
        """The run is ready to start or to go on."""

    def step(self, epoch: int, step: int) -> None:
        """`step` steps of the epoch after `epoch` finished ones are done."""

    def interval(self, interval: Interval) -> None:
        """The loss has been read; once every so many steps."""

    def skipped(self, skipped: Skipped) -> None:
        """Steps went without an update."""

    def epoch(self, record: EpochRecord, is_best: bool) -> None:
        """An epoch is done, validated and saved."""

    def test(self, record: TestRecord) -> None:
        """The held-out part has been judged."""

    def end(self) -> None:
        """The run is over, well or not; the last call."""


class Reporters(Reporter):
    """Several at once, each told in turn."""

    def __init__(self, *reporters: Reporter) -> None:
        self._each = reporters

    def begin(self, plan: RunPlan) -> None:
        for each in self._each:
            each.begin(plan)

    def step(self, epoch: int, step: int) -> None:
        for each in self._each:
            each.step(epoch, step)

    def interval(self, interval: Interval) -> None:
        for each in self._each:
            each.interval(interval)

    def skipped(self, skipped: Skipped) -> None:
        for each in self._each:
            each.skipped(skipped)

    def epoch(self, record: EpochRecord, is_best: bool) -> None:
        for each in self._each:
            each.epoch(record, is_best)

    def test(self, record: TestRecord) -> None:
        for each in self._each:
            each.test(record)

    def end(self) -> None:
        for each in self._each:
            each.end()
