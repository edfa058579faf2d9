"""A part that lies on the disk: images are read when a batch asks for them, by several threads.

Threads and not processes: Pillow lets go of the interpreter while it decodes and resizes, nothing is
copied between processes, and no worker's memory grows.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import torch
from torch import Tensor

from resnet_dsl.training.data.parts import BadSamples, Part
from resnet_dsl.training.errors import TrainingError, first_line

MOST_THREADS = 32
MOST_BAD_IN_A_ROW = 100

Sample = tuple[Tensor, Tensor]  # pixels (C, H, W), uint8, and a label


class BadSampleError(Exception):
    """One sample cannot be read; the message says why."""


@cache
def pool() -> ThreadPoolExecutor:
    """The threads that read, one for each core this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return ThreadPoolExecutor(min(cores, MOST_THREADS), thread_name_prefix="reading")


class ReadPart:
    """Samples 0 to `count` - 1, each made by `read`; `name` is what messages call one."""

    def __init__(
        self,
        count: int,
        read: Callable[[int], Sample],
        name: Callable[[int], str],
        bad_samples: BadSamples,
    ) -> None:
        self._count, self._read, self._name, self._bad = count, read, name, bad_samples

    def __len__(self) -> int:
        return self._count

    def at(self, indices: Tensor, *, complete: bool = True) -> Part:
        """The samples at `indices`; see `Samples.at`.

        Raises `TrainingError`: RDL974 where the first that cannot be read ends the run, RDL978 where
        nearly none can.
        """
        wanted = indices.tolist()
        found: Iterable[Sample | None]
        found = pool().map(self._in_place_of if complete else self._or_nothing, wanted)
        samples = [sample for sample in found if sample is not None]
        if not samples:
            return Part(torch.empty(0, 1, 1, 1, dtype=torch.uint8), torch.empty(0, dtype=torch.int64))
        images, labels = zip(*samples, strict=True)
        return Part(torch.stack(images), torch.stack(labels))

    def subset(self, indices: Tensor) -> ReadPart:
        """The part that has the samples at `indices` alone."""
        chosen = indices.tolist()
        return ReadPart(
            len(chosen),
            lambda index: self._read(chosen[index]),
            lambda index: self._name(chosen[index]),
            self._bad,
        )

    def _or_nothing(self, index: int) -> Sample | None:
        try:
            return self._read(index)
        except BadSampleError as error:
            self._note(index, error)
            return None

    def _in_place_of(self, index: int) -> Sample:
        """The sample, or the next that can be read: the same one whenever it is asked for."""
        tried = min(MOST_BAD_IN_A_ROW, self._count)
        for place in range(index, index + tried):
            try:
                return self._read(place % self._count)
            except BadSampleError as error:
                self._note(place % self._count, error)
                last = error
        name = self._name((index + tried - 1) % self._count)
        raise TrainingError("RDL978", count=tried, name=name, reason=first_line(last))

    def _note(self, index: int, error: BadSampleError) -> None:
        name = self._name(index)
        if self._bad.stop:
            raise TrainingError("RDL974", name=name, reason=first_line(error)) from error
        self._bad.names.add(name)


def as_label(value: Any) -> Tensor:
    """A class as a label."""
    return torch.tensor(int(value), dtype=torch.int64)
