"""Axes for a chart: where the ticks go, what they say, and where a value lies on the paper."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log10

SHORTENED = 1e5  # from here on, numbers are told with exponents


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear scale from values `low` to `high` onto paper from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]

    def at(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    @property
    def step(self) -> float:
        return self.ticks[1] - self.ticks[0] if len(self.ticks) > 1 else self.high - self.low


def round_step(length: float, count: int) -> float:
    """A step of 1, 2 or 5 times a power of ten that cuts `length` into at most `count` parts."""
    least = length / count
    power: float = 10.0 ** floor(log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))


def value_axis(low: float, high: float, start: float, end: float, count: int = 5) -> Axis:
    """An axis that begins and ends on a tick and covers `low` to `high`."""
    step = round_step(max(high - low, 1e-6), count)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    last = max(last, first + 1)
    ticks = tuple(number * step for number in range(first, last + 1))
    return Axis(ticks[0], ticks[-1], start, end, ticks)


def epoch_axis(epochs: int, start: float, end: float, count: int = 6) -> Axis:
    """An axis of epochs, from 1, with ticks on whole epochs only."""
    last = max(epochs, 2)
    step = max(1, round(round_step(last - 1, count)))
    ticks = sorted({1, *range(step, last + 1, step)})
    return Axis(1, last, start, end, tuple(float(tick) for tick in ticks))


def loss_text(loss: float) -> str:
    """A loss for people: four decimals, or an exponent where it is large."""
    return f"{loss:.4f}" if abs(loss) < SHORTENED else f"{loss:.3e}".replace("e+", "e")


def tick_text(value: float, step: float) -> str:
    """A tick's label with as many decimals as the step needs; of large steps as 2e5."""
    if step >= SHORTENED:
        mantissa, _, exponent = f"{value:.6e}".partition("e")
        mantissa = mantissa.rstrip("0").rstrip(".")
        return f"{mantissa}e{int(exponent)}" if value else "0"
    decimals = max(0, -floor(log10(step) + 1e-9))
    return f"{value:.{decimals}f}"
