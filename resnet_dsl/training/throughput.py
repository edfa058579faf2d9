"""How fast a run goes: images a second, waiting for data, and shares of what the device can do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import TypeVar

from resnet_dsl.training.rates import Rates, Work

Batch = TypeVar("Batch")


@dataclass(frozen=True, slots=True)
class Pace:
    """A stretch of a run. Shares are of 1; `utilisation` (MFU) and `byte_share` None where unknown."""

    images_per_second: float
    data_wait: float
    utilisation: float | None = None
    byte_share: float | None = None

    @property
    def words(self) -> str:
        """``5,210 images/s, data wait 1 %, MFU 16 %, 64 % of the byte bound``."""
        parts = [f"{self.images_per_second:,.0f} images/s", f"data wait {self.data_wait:.0%}"]
        if self.utilisation is not None:
            parts.append(f"MFU {self.utilisation:.0%}")
        if self.byte_share is not None:
            parts.append(f"{self.byte_share:.0%} of the byte bound")
        return ", ".join(parts)


class Stopwatch:
    """Counts images, seconds, and the seconds in which the loop stood waiting for a batch.

    The device works on while the loop waits, so the share is what the input costs at most.
    """

    def __init__(self, work: Work | None = None, rates: Rates | None = None) -> None:
        self._work, self._rates = work, rates
        self.start()

    def start(self) -> None:
        """A new epoch, or the rest of one."""
        self._images, self._waited, self._since = 0, 0.0, perf_counter()
        self._begun, self._waited_before = self._since, 0.0

    def waiting(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """The same batches; the time until each is there counts as waited."""
        source = iter(batches)
        while True:
            asked = perf_counter()
            try:
                batch = next(source)
            except StopIteration:
                return
            self._waited += perf_counter() - asked
            yield batch

    def count(self, images: int) -> None:
        self._images += images

    def read(self) -> Pace:
        """The stretch since the last reading."""
        now = perf_counter()
        seconds = max(now - self._since, 1e-9)
        pace = self.pace(self._images / seconds, self._waited / seconds)
        self._waited_before += self._waited
        self._images, self._waited, self._since = 0, 0.0, now
        return pace

    def of_epoch(self, images: int, seconds: float) -> Pace:
        """The epoch's pace; waiting is what this process has seen of it."""
        seen = max(self._since - self._begun, 1e-9)
        return self.pace(images / max(seconds, 1e-9), self._waited_before / seen)

    def pace(self, images_per_second: float, data_wait: float) -> Pace:
        if self._work is None or self._rates is None:
            return Pace(images_per_second, data_wait)
        return Pace(
            images_per_second,
            data_wait,
            self._rates.utilisation(self._work, images_per_second),
            self._rates.share_of_byte_bound(self._work, images_per_second),
        )
