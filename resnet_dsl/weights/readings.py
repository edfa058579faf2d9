"""How a key of one side reads as a key of the other: what is kept, and what is changed.

The cheapest way from the old parts to the new ones is found as an edit distance is. Where a part
comes twice there are several; which one is meant shows in what the other keys have in common with it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import groupby, product
from typing import NamedTuple

from resnet_dsl.weights.align import Link

_NUMBER_KEPT = 0.25  # what a kept number costs; a changed part costs 1


class Edit(NamedTuple):
    """A difference: a range of the old key and the range of the new one that stands for it."""

    start: int
    end: int
    new_start: int
    new_end: int


class Difference(NamedTuple):
    """A link taken apart: what differs, and which places of the old key stand for which of the new.

    Two places of the new key stand for one of the old where something is put in between.
    """

    link: Link
    edits: tuple[Edit, ...]
    places: dict[int, tuple[int, ...]]


class _Step(NamedTuple):
    """One step of a way: whether a part is kept, where, and how many parts of each side it takes."""

    is_equal: bool
    row: int
    column: int
    rows: int
    columns: int


def differences(links: Sequence[Link]) -> list[Difference]:
    """Every link taken apart. Of several readings the one is taken whose changes most links share."""
    readings = [_readings(link) for link in links]
    common = Counter(
        change
        for several in readings
        for change in {change for reading in several for change in _changes(reading)}
    )

    def weight(reading: Difference) -> float:
        return sum(common[change] for change in _changes(reading)) / max(1, len(reading.edits))

    return [max(several, key=weight) for several in readings]


def _changes(difference: Difference) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    old, new = difference.link
    return [(old[edit.start : edit.end], new[edit.new_start : edit.new_end]) for edit in difference.edits]


def _readings(link: Link) -> list[Difference]:
    """The cheapest way from the left and from the right, and ways that keep one certain number.

    Numbers are equal by chance: in ``stages.0.layers.0.layer.0`` any of the three may be the one that
    ``layer1.0`` keeps.
    """
    old, new = link
    if old == new:
        return [_difference(link, _cheapest(old, new))]
    ways = [_cheapest(old, new), _mirrored(_cheapest(old[::-1], new[::-1]), len(old), len(new))]
    for (row, part), (column, other) in product(enumerate(old), enumerate(new)):
        if part == other and part.isdigit() and max(old.count(part), new.count(part)) > 1:
            behind = _cheapest(old[row + 1 :], new[column + 1 :])
            ways.append(
                [
                    *_cheapest(old[:row], new[:column]),
                    _Step(True, row, column, 1, 1),
                    *[
                        step._replace(row=step.row + row + 1, column=step.column + column + 1)
                        for step in behind
                    ],
                ]
            )
    found = {(made := _difference(link, way)).edits: made for way in reversed(ways)}
    return list(found.values())[::-1]


def _mirrored(steps: Sequence[_Step], rows: int, columns: int) -> list[_Step]:
    """Steps between reversed keys as steps between the keys."""
    return [
        step._replace(row=rows - step.row - step.rows, column=columns - step.column - step.columns)
        for step in reversed(steps)
    ]


def _difference(link: Link, steps: Sequence[_Step]) -> Difference:
    edits: list[Edit] = []
    places: dict[int, set[int]] = defaultdict(set)
    for is_equal, run in groupby(steps, key=lambda step: step.is_equal):
        taken = list(run)
        start, new_start = taken[0].row, taken[0].column
        end, new_end = taken[-1].row + taken[-1].rows, taken[-1].column + taken[-1].columns
        places[start].add(new_start)
        places[end].add(new_end)
        if is_equal:
            for step in taken:
                places[step.row].add(step.column)
        else:
            edits.append(Edit(start, end, new_start, new_end))
    return Difference(link, tuple(edits), {place: tuple(sorted(new)) for place, new in places.items()})


def _cheapest(old: Sequence[str], new: Sequence[str]) -> list[_Step]:
    """The cheapest steps from `old` to `new`.

    A part kept is free, but a number kept is not quite: numbers are equal by chance.
    """
    rows, columns = len(old), len(new)
    cost = [
        [float(rows - row + columns - column) for column in range(columns + 1)] for row in range(rows + 1)
    ]
    for row in range(rows - 1, -1, -1):
        for column in range(columns - 1, -1, -1):
            kept = (_NUMBER_KEPT if old[row].isdigit() else 0) if old[row] == new[column] else 1
            cost[row][column] = min(
                cost[row + 1][column + 1] + kept, cost[row + 1][column] + 1, cost[row][column + 1] + 1
            )
    steps = []
    row = column = 0
    while row < rows or column < columns:
        is_equal = row < rows and column < columns and old[row] == new[column]
        kept = (_NUMBER_KEPT if old[row].isdigit() else 0) if is_equal else 1
        if row < rows and column < columns and cost[row][column] == cost[row + 1][column + 1] + kept:
            step = _Step(is_equal, row, column, 1, 1)
        elif row < rows and cost[row][column] == cost[row + 1][column] + 1:
            step = _Step(False, row, column, 1, 0)
        else:
            step = _Step(False, row, column, 0, 1)
        steps.append(step)
        row, column = row + step.rows, column + step.columns
    return steps
