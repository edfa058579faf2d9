"""A figure that somebody has read, and which of a network's figures it may be.

A figure is compared by the digits that it has: ``3.8e9`` is every number that rounds to it, and every
one that begins so, since papers also cut digits off.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from resnet_dsl.analysis.explain import Remark

_FIGURE = re.compile(r"(\d[\d_,]{0,30}(?:\.\d{1,20})?)(?:[eE](\d{1,2}))?\s?([kKMGBT]?)")
_SCALES = {"": 0, "k": 3, "K": 3, "M": 6, "G": 9, "B": 9, "T": 12}


class FigureError(ValueError):
    """A text that is no figure; the message says how one is written."""


class Figure(NamedTuple):
    """A figure as written, its value, and the worth of its last digit."""

    text: str
    value: Decimal
    last_digit: Decimal

    def fits(self, exact: int) -> bool:
        """Whether a number rounds to the figure, or begins with its digits."""
        return self.value - self.last_digit / 2 <= exact < self.value + max(self.last_digit, Decimal(1))


def figure(text: str) -> Figure:
    """``3.8e9``, ``3.8G``, ``25.6M`` or ``25_557_032``. Raises `FigureError`."""
    match = _FIGURE.fullmatch(text.strip())
    if match is None:
        raise FigureError(f"`{text}` is no figure; write 3.8e9, 3.8G, 25.6M or 25557032")
    digits, exponent, suffix = match.groups()
    scale = Decimal(10) ** (int(exponent or 0) + _SCALES[suffix])
    mantissa = Decimal(digits.replace("_", "").replace(",", ""))
    decimals = -int(mantissa.as_tuple().exponent)
    return Figure(text.strip(), mantissa * scale, scale.scaleb(-decimals))


def found_by(asked: Figure, remarks: Sequence[Remark]) -> tuple[Remark, ...]:
    """The remarks whose figure it is; where there is none, one that names the nearest.

    A figure of twice or half the multiply-adds is among the remarks, as FLOPs.
    """
    found = tuple(remark for remark in remarks if remark.figure is not None and asked.fits(remark.figure))
    if found:
        return found
    nearest = min(
        [remark for remark in remarks if remark.figure],
        key=lambda remark: abs(Decimal(remark.figure or 0) - asked.value),
        default=None,
    )
    if nearest is None or nearest.figure is None:
        return (Remark("none", None, f"no figure of this network is {asked.text}"),)
    away = 100 * (asked.value - nearest.figure) / nearest.figure
    text = (
        f"none is {asked.text}; this is the nearest, from which it differs by {away:+.3g} %: {nearest.text}"
    )
    return (Remark("nearest", nearest.figure, text, nearest.published),)
