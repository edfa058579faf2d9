"""What differs between two networks: operators and blocks, costs, and keys of the ``state_dict``.

`alignment` says what is what, `changes` compares the pairs. The rows' parameters and MACs add up to
the differences of the totals.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from resnet_dsl.analysis.alignment import Alignment, align
from resnet_dsl.analysis.changes import Change, Side, changes
from resnet_dsl.analysis.keys import StateEntry
from resnet_dsl.analysis.lifetimes import both_lifetimes
from resnet_dsl.analysis.peak import inference_peak
from resnet_dsl.analysis.training_memory import training_memory
from resnet_dsl.ir.graph import Network, Node


class Figure(NamedTuple):
    """A total of both networks; `unit` is ``bytes`` or empty for a number."""

    name: str
    unit: str
    before: int
    after: int

    @property
    def delta(self) -> int:
        return self.after - self.before


@dataclass(frozen=True)
class KeyChanges:
    """Keys of the ``state_dict``: which are new or gone, have another shape, or stand elsewhere."""

    added: tuple[StateEntry, ...]
    removed: tuple[StateEntry, ...]
    reshaped: tuple[tuple[StateEntry, StateEntry], ...]
    renamed: tuple[tuple[str, str], ...]  # of operators that are on both sides
    same_order: bool

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.reshaped or not self.same_order)


@dataclass(frozen=True)
class Comparison:
    """Two networks compared: `figures` and `changes` in reading order.

    `sides` are the networks themselves, `alignment` says which operator of one is which of the other.
    """

    before: str
    after: str
    figures: tuple[Figure, ...]
    changes: tuple[Change, ...]
    keys: KeyChanges
    sides: tuple[Side, Side]
    alignment: Alignment

    @cached_property
    def equal(self) -> bool:
        """Whether nothing differs that is looked at."""
        return not self.changes and not self.keys and not any(figure.delta for figure in self.figures)


def compare(before: Network, after: Network) -> Comparison:
    """What changed from one network to the other."""
    alignment = align(before, after)
    sides = Side(before), Side(after)
    return Comparison(
        before.title,
        after.title,
        tuple(_figures(*sides)),
        tuple(changes(*sides, alignment)),
        key_changes(sides[0], sides[1], alignment),
        sides,
        alignment,
    )


def _figures(before: Side, after: Side) -> Iterator[Figure]:
    a, b = before.report, after.report
    yield Figure("params", "", a.params, b.params)
    yield Figure("macs", "", a.macs, b.macs)
    yield Figure("other_ops", "", a.other_ops, b.other_ops)
    yield Figure("depth", "", a.depth, b.depth)
    yield Figure("operators", "", len(a.layers), len(b.layers))
    yield Figure("keys", "", len(before.entries), len(after.entries))
    yield Figure("weight_bytes", "bytes", a.weight_bytes, b.weight_bytes)
    peaks, steps = [], []
    for side in (before, after):
        inference, step = both_lifetimes(side.network)
        peaks.append(inference_peak(side.network, lives=inference).bytes)
        steps.append(training_memory(side.network, lives=step).peak_bytes)
    yield Figure("peak_bytes", "bytes", *peaks)
    yield Figure("activation_bytes", "bytes", a.activation_bytes, b.activation_bytes)
    yield Figure("saved_bytes", "bytes", a.saved_bytes, b.saved_bytes)
    yield Figure("training_bytes", "bytes", *steps)


def key_changes(before: Side, after: Side, alignment: Alignment) -> KeyChanges:
    """The keys by name; `renamed` are those of one aligned operator."""
    old = {entry.key: entry for entry in before.entries}
    new = {entry.key: entry for entry in after.entries}
    shared = [key for key in old if key in new]
    renamed = []
    for a, b in sorted(alignment.nodes.items()):
        left, right = before.network.node(a), after.network.node(b)
        if left.path != right.path and before.costs.get(a) and _weights(left) == _weights(right) != ():
            renamed.append((left.path, right.path))
    return KeyChanges(
        added=tuple(entry for key, entry in new.items() if key not in old),
        removed=tuple(entry for key, entry in old.items() if key not in new),
        reshaped=tuple((old[key], new[key]) for key in shared if old[key] != new[key]),
        renamed=tuple(renamed),
        same_order=shared == [key for key in new if key in old],
    )


def _weights(node: Node) -> tuple[object, ...]:
    return tuple(node.op.weights(node.attributes, node.operand_shapes))
