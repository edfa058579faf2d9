"""What a run says while it goes: the loop calls a `Reporter`, and prints nothing itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from resnet_dsl.training.metrics import EpochRecord


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


class Reporter:
    """Hears of a run's progress, and says nothing; subclasses say what they care for."""

    def begin(self, plan: RunPlan) -> None:
        """The run is ready to start or to go on."""

    def step(self, epoch: int, step: int) -> None:
        """`step` steps of the epoch after `epoch` finished ones are done."""

    def epoch(self, record: EpochRecord, is_best: bool) -> None:
        """An epoch is done, validated and saved."""

    def end(self) -> None:
        """The run is over, well or not; the last call."""
