"""Sizes that fit: the nearest ones, and the rule behind them, from a test that can be asked of any size.

Sizes are taken to repeat with a period from some smallest one on, as sizes of networks that halve
the resolution do. What is said of period and minimum was probed on both ends; where a probe
disagrees, only the nearest sizes are told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

_DISTANCE = 256  # how far from the size asked for others are looked for
_SPREAD = (1, 2, 3, 5, 8, 13, 21, 34, 55)  # where all of these fit, everything from there on does


@dataclass(frozen=True, slots=True)
class Pattern:
    """Sizes that fit: `remainder` modulo `period`, from `minimum` on. `is_whole` where no others do."""

    is_whole: bool
    period: int
    remainder: int
    minimum: int


def nearest(fits: Callable[[int], bool], current: int) -> tuple[int | None, int | None]:
    """The nearest sizes that fit, below and above."""
    below = above = None
    for distance in range(1, _DISTANCE + 1):
        if below is None and fits(current - distance):
            below = current - distance
        if above is None and fits(current + distance):
            above = current + distance
        if above is not None and (below is not None or current - distance < 1):
            break
    return below, above


def pattern_of(fits: Callable[[int], bool], below: int | None, above: int | None) -> Pattern | None:
    """The rule behind the sizes, where every probe agrees with one."""
    if above is None:
        return None
    if all(fits(above + step) for step in _SPREAD):
        if below is not None:
            return None
        minimum = _minimum(fits, above, 1)
        return Pattern(True, 1, 0, minimum) if minimum == above else None
    width = next(step for step in range(1, max(_SPREAD) + 1) if not fits(above + step))
    period = next((step for step in range(width + 1, _DISTANCE) if fits(above + step)), None)
    if period is None or (below is not None and below != above - period + width - 1):
        return None
    for start in (above + period, above + 3 * period):
        inside, outside = {start, start + width - 1}, {start - 1, start + width}
        if not all(map(fits, inside)) or any(map(fits, outside)):
            return None
    # Rounding lets sizes fit that follow one another; a multiple of the period is the one to tell.
    told = next((size for size in range(above, above + width) if size % period == 0), above)
    if width > 1 and told % period:
        return None
    minimum = _minimum(fits, told, period)
    if any(fits(minimum - part) for part in range(width, period + 1)):
        return None
    return Pattern(width == 1, period, minimum % period, minimum)


def _minimum(fits: Callable[[int], bool], known: int, period: int) -> int:
    """The smallest size that fits in steps of `period` below a known one, by bisection."""
    fitting, failing = 0, (known - 1) // period + 1  # counts of steps; the last leads below 1
    while failing - fitting > 1:
        middle = (fitting + failing) // 2
        if fits(known - middle * period):
            fitting = middle
        else:
            failing = middle
    return known - fitting * period


def advice(show: Callable[[int], str], below: int | None, above: int | None, pattern: Pattern | None) -> str:
    near = [show(size) for size in (below, above) if size is not None]
    if len(near) == 2:
        return f"the nearest sizes that do are {near[0]} and {near[1]}{_rule(pattern)}"
    if pattern is not None and pattern.is_whole and above == pattern.minimum:
        return f"the smallest size that does is {near[0]}{_rule(replace(pattern, minimum=0))}"
    return f"the nearest size that does is {near[0]}{_rule(pattern)}"


def _rule(pattern: Pattern | None) -> str:
    if pattern is None:
        return ""
    parts = []
    if pattern.period > 1:
        some = f"{pattern.remainder} modulo {pattern.period}"
        some = some if pattern.remainder else f"multiples of {pattern.period}"
        parts.append(some if pattern.is_whole else f"so do {some}")
    if pattern.minimum > pattern.period:
        parts.append(f"at least {pattern.minimum}")
    return f" ({', '.join(parts)})" if parts else ""
