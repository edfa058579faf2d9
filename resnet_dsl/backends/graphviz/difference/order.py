"""Two sequences as one that keeps the order of both."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

Item = TypeVar("Item", bound=Hashable)


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
