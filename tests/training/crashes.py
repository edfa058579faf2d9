"""Runs that crash on purpose, and the weights that a run leaves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from torch import nn

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
