"""Breaks told together: where a family of operators changed in one way, one entry with a count."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

from resnet_dsl.analysis.breaking import SHOWN, Break, Level


class Gathered(NamedTuple):
    """One entry: breaks of one class that say the same of different operators; `lines` of the spec, in order."""

    level: Level
    model: str
    message: str
    lines: tuple[int, ...]


def gathered(found: Sequence[Break], *, by_line: bool = False) -> list[Gathered]:
    """Breaks in their order, those that differ in their operators alone at the place of the first.

    With `by_line` an entry is about one line of the spec at most.
    """
    groups: dict[Hashable, list[Break]] = {}
    for number, entry in enumerate(found):
        told = (entry.level, entry.model, entry.what, entry.line if by_line else None)
        groups.setdefault(told if entry.what else number, []).append(entry)
    return [_one(group) for group in groups.values()]


def _one(group: Sequence[Break]) -> Gathered:
    first = group[0]
    lines = tuple(sorted({entry.line for entry in group if entry.line is not None}))
    if len(group) == 1:
        return Gathered(first.level, first.model, first.message, lines)
    paths = ", ".join(entry.path for entry in group[:SHOWN])
    more = f" and {len(group) - SHOWN:,} more" if len(group) > SHOWN else ""
    what = first.what.removeprefix("operator ")
    return Gathered(first.level, first.model, f"{len(group):,} operators: {what}: {paths}{more}", lines)
