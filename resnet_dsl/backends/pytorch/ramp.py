"""Numbers that grow along a list of constructions, and the expression of a loop that counts them.

Whole numbers grow by equal steps. Rates grow evenly too, but their steps are rounded: a ramp is
``rate * (start + i) / total``, and is taken only where each number comes out to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

Number = int | float

_RATES = [step / 100 for step in range(1, 101)]  # what rates are ramped to, most often


class Steps(NamedTuple):
    """``begin + step * i``."""

    begin: int
    step: int

    def value(self, place: int) -> Number:
        return self.begin + self.step * place

    def text(self, variable: str) -> str:
        term = variable if abs(self.step) == 1 else f"{abs(self.step)} * {variable}"
        if self.begin == 0 and self.step > 0:
            return term
        return f"{self.begin} {'+' if self.step > 0 else '-'} {term}"


class Ramp(NamedTuple):
    """``rate * (begin + i) / total``."""

    rate: float
    begin: int
    total: int

    def value(self, place: int) -> Number:
        return self.rate * (self.begin + place) / self.total

    def text(self, variable: str) -> str:
        count = variable if self.begin == 0 else f"({self.begin} + {variable})"
        return f"{self.rate} * {count} / {self.total}"


Progression = Steps | Ramp


def progression(values: Sequence[Number]) -> Progression | None:
    """The progression that the first two numbers begin; None where they begin none.

    Of several ramps through them, the one that reaches furthest along `values`.
    """
    first, second = values[0], values[1]
    if isinstance(first, int) and isinstance(second, int):
        return Steps(first, second - first)
    step = second - first
    if not (isinstance(first, float) and isinstance(second, float)) or step <= 0:
        return None
    begin = round(first / step)
    if begin < 0 or abs(first / step - begin) > 1e-6:
        return None
    ramps = [Ramp(rate, begin, round(rate / step)) for rate in _RATES if rate / step < 1e6]
    ramps = [ramp for ramp in ramps if ramp.total > 0 and reach(ramp, values) > 1]

    def likely(ramp: Ramp) -> tuple[int, bool, int]:
        """A count of units is no less than the number of the last of them."""
        length = reach(ramp, values)
        return length, ramp.total >= ramp.begin + length - 1, -ramp.total

    return max(ramps, key=likely, default=None)


def reach(found: Progression, values: Sequence[Number]) -> int:
    """How many of the numbers, from the first, the progression gives exactly."""
    for place, value in enumerate(values):
        if type(value) is not type(found.value(place)) or found.value(place) != value:
            return place
    return len(values)
