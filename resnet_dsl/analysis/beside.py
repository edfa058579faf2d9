"""Two networks operator by operator, in two columns."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from resnet_dsl.analysis.alignment import Alignment
from resnet_dsl.analysis.changes import ADDED, REMOVED, Detail, Side, paired_changes
from resnet_dsl.analysis.cost import LayerCost

SAME = "same"

Item = TypeVar("Item", bound=Hashable)


class Row(NamedTuple):
    """An operator of both networks, or of one.

    `kind` is that of its `changes.Change`, or ``same``; `params` and `macs` are differences.
    """

    kind: str
    before: LayerCost | None
    after: LayerCost | None
    details: tuple[Detail, ...]
    params: int
    macs: int


def beside(before: Side, after: Side, alignment: Alignment) -> list[Row]:
    """Every operator but the inputs, in the order of the second network; what is gone stands where it was."""
    found = paired_changes(before, after, alignment)
    pairs = {a: b for a, b in alignment.nodes.items() if a in before.costs and b in after.costs}
    rows: list[Row] = []
    for a, b in interleave(sorted(before.costs), sorted(after.costs), pairs):
        old = before.costs[a] if a is not None else None
        new = after.costs[b] if b is not None else None
        change = found.get(a) if a is not None and b is not None else None
        kind = ADDED if old is None else REMOVED if new is None else change.kind if change else SAME
        params = (after.params(b) if b is not None else 0) - (before.params(a) if a is not None else 0)
        macs = (after.macs(b) if b is not None else 0) - (before.macs(a) if a is not None else 0)
        rows.append(Row(kind, old, new, change.details if change else (), params, macs))
    return rows


def interleave(
    before: Sequence[Item], after: Sequence[Item], pairs: Mapping[Item, Item]
) -> list[tuple[Item | None, Item | None]]:
    """Pairs of items, None where there is no partner: the second's order, the first's where it is alone.

    What only the first has stands behind the nearest item before it that stays in its place, and in
    front of what is new there.
    """
    back = {b: a for a, b in pairs.items()}
    lone: dict[Item | None, list[Item]] = {}  # by the partner of the last paired item before them
    last: Item | None = None
    for item in before:
        if item in pairs:
            last = pairs[item]
        else:
            lone.setdefault(last, []).append(item)
    merged: list[tuple[Item | None, Item | None]] = [(item, None) for item in lone.get(None, ())]
    for item in after:
        merged.append((back.get(item), item))
        if item in back:
            merged.extend((alone, None) for alone in lone.get(item, ()))
    return merged
