"""Rows of paths by length: which lengths stand together, and how their numbers are printed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from resnet_dsl.analysis.paths import LengthRow, Lengths, Paths

Measure = Literal["branches", "layers"]
WORDS: dict[Measure, str] = {"branches": "residual branches", "layers": "weighted layers"}

_MOST_ROWS = 40
_NEXT_TO_NOTHING = 5e-5  # shares below print as <0.01 %
_EXACT = 10**21  # from here on, four digits and an exponent


class PathsModel(NamedTuple):
    """A model's title and its paths."""

    model: str
    paths: Paths


class Bin(NamedTuple):
    """Lengths from `low` to `high` together."""

    low: int
    high: int
    paths: int
    weight: float


def default_measure(paths: Paths) -> Measure:
    """Residual branches, or weighted layers where there are none."""
    return "branches" if paths.joins else "layers"


def chosen(paths: Paths, measure: Measure) -> Lengths:
    """The lengths by a measure."""
    return paths.branches if measure == "branches" else paths.layers


def binned(lengths: Lengths, most: int = _MOST_ROWS) -> list[Bin]:
    """About `most` rows at most: what hardly any path has at either end is one row each, and where many
    lengths are left, they are taken together in twos, fives, tens.
    """
    rows = list(lengths.rows)
    if len(rows) <= most:
        return [_bin([row]) for row in rows]
    below = _negligible(rows, lengths.total)
    above = _negligible(rows[::-1], lengths.total)
    ends = len(rows) - above
    middle = rows[below:ends]
    size = next(size for size in _sizes() if len({row.length // size for row in middle}) <= most)
    groups: dict[int, list[LengthRow]] = {}
    for row in middle:
        groups.setdefault(row.length // size, []).append(row)
    return [_bin(group) for group in (rows[:below], *groups.values(), rows[ends:]) if group]


def _negligible(rows: Sequence[LengthRow], total: int) -> int:
    """How many rows from the first on have next to no paths and next to no weight, all together."""
    paths, weight = 0, 0.0
    for place, row in enumerate(rows):
        paths += row.paths
        weight += row.weight
        if weight >= _NEXT_TO_NOTHING or paths / total >= _NEXT_TO_NOTHING:
            return place
    return 0


def _bin(rows: Sequence[LengthRow]) -> Bin:
    paths, weight = sum([row.paths for row in rows]), sum([row.weight for row in rows])
    return Bin(rows[0].length, rows[-1].length, paths, weight)


def _sizes() -> Iterator[int]:
    scale = 1
    while True:
        yield from (scale, 2 * scale, 5 * scale)
        scale *= 10


def number(count: int) -> str:
    """All digits while they are few, else ``4.150e180``."""
    if count < _EXACT:
        return f"{count:,}"
    exponent = len(str(count)) - 1
    mantissa = (count * 1000 * 10 // 10**exponent + 5) // 10
    if mantissa == 10_000:
        mantissa, exponent = 1000, exponent + 1
    return f"{mantissa // 1000}.{mantissa % 1000:03}e{exponent}"


def total_text(count: int) -> str:
    """The number, and which power of two it is, if it is one."""
    power = count.bit_length() - 1
    return f"{number(count)} = 2^{power}" if count > 2 and count == 1 << power else number(count)


def share_text(share: float) -> str:
    """A share of one in percent."""
    return f"{100 * share:.2f} %" if share >= _NEXT_TO_NOTHING else "<0.01 %" if share else "0.00 %"
