"""Residual joins: where the paths through a network part, and which way is the shortcut.

A join is residual where one operand, its shortcut, goes around what makes the others. Two things tell
it. A `shortcut` statement bound the operand, so a projection counts, and so do parts of it. Or all
that makes the other operands is made from it alone, as in ``add(x, f(x))`` and ``concat(x, f(x))``:
the layers of a dense network are told so. The other operands are residual branches.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

from resnet_dsl.analysis.merges import Line, running_merges
from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import SpecError
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network, Node
from resnet_dsl.ops.record import Operator

MAX_STEPS = 20_000_000  # of looking back from joins; shortcuts inside each other take their lengths
_PASSING = frozenset({Category.RESHAPE, Category.IDENTITY})


class Way(NamedTuple):
    """One way into a node that paths take: where it comes from, and how many branches it takes (0 or 1)."""

    source: int
    takes: int = 0


class Ways(NamedTuple):
    """The ways of every node, by id; nodes that no path from an input to the output visits have none.

    `joins` are the residual joins, in execution order.
    """

    into: tuple[tuple[Way, ...], ...]
    joins: tuple[int, ...]


def path_ways(network: Network) -> Ways:
    """The ways that paths of inference take from the inputs to the output.

    Auxiliary heads have none, and neither has the gate operand of a `mul`: it scales what passes.
    Raises `SpecError` with RDL813 where joins cannot be told in time.
    """
    nodes = list(network.nodes())
    lines = [_followed(node, found) for node, found in zip(nodes, running_merges(nodes), strict=True)]
    seen = _between(network, lines)
    search = _Search(network, lines)
    into: list[tuple[Way, ...]] = []
    joins = []
    for node in nodes:
        if node.id not in seen:
            into.append(())
            continue
        ways = tuple([Way(line.source, takes) for line, takes in search.told(node) if line.source in seen])
        into.append(ways)
        if any([way.takes for way in ways]):
            joins.append(node.id)
    return Ways(tuple(into), tuple(joins))


def _followed(node: Node, lines: tuple[Line, ...]) -> tuple[Line, ...]:
    gates = cast(Operator, node.op).gates
    if not gates:
        return lines
    return tuple([line for position, line in enumerate(lines) if position not in gates])


def _between(network: Network, lines: Sequence[tuple[Line, ...]]) -> set[int]:
    """The nodes on some path from an input to the output."""
    ahead = {network.output}
    for node in range(network.output, -1, -1):  # ids are an execution order
        if node in ahead:
            ahead.update([line.source for line in lines[node]])
    behind = set(network.inputs)
    for node, operands in enumerate(lines):
        if any([line.source in behind for line in operands]):
            behind.add(node)
    return ahead & behind


class _Search:
    """Tells shortcuts from branches at the joins of one network, in execution order."""

    def __init__(self, network: Network, lines: Sequence[tuple[Line, ...]]) -> None:
        self._network = network
        self._nodes = list(network.nodes())
        self._lines = lines
        self._steps = 0
        self._around: dict[int, set[int]] = {}  # of each residual join, where its shortcuts start

    def told(self, node: Node) -> list[tuple[Line, int]]:
        """The lines into a node, each with the number of branches that it takes."""
        lines = self._lines[node.id]
        if len(lines) < 2 or node.op.category is not Category.MERGE:
            return [(line, 0) for line in lines]
        origins = [self._origin(line) for line in lines]
        shortcuts = [
            origin.shortcut or self._goes_around(line, lines)
            for line, origin in zip(lines, origins, strict=True)
        ]
        if all(shortcuts) or not any(shortcuts):
            return [(line, 0) for line in lines]
        around = {origin.source for origin, way in zip(origins, shortcuts, strict=True) if way}
        self._around[node.id] = around
        # What a join of the same shortcut made was told apart there: a dual path's sum, in its concatenation.
        passed = [not around.isdisjoint(self._around.get(origin.source, ())) for origin in origins]
        return [
            (line, int(not way and not done))
            for line, way, done in zip(lines, shortcuts, passed, strict=True)
        ]

    def _origin(self, line: Line) -> Line:
        """Where a line starts, behind what passes on parts of one tensor; a shortcut if any of it is."""
        source, shortcut = line
        while len(self._lines[source]) == 1 and self._nodes[source].op.category in _PASSING:
            before = self._lines[source][0]
            source, shortcut = before.source, shortcut or before.shortcut
            self._count(1)
        return Line(source, shortcut)

    def _goes_around(self, around: Line, lines: Sequence[Line]) -> bool:
        """Whether the other operands of a join are made from one of them alone, cropped or not."""
        start = around.source
        while self._nodes[start].op.category in _PASSING and len(self._lines[start]) == 1:
            before = self._lines[start][0].source
            if self._nodes[before].shape.channels != self._nodes[start].shape.channels:
                break  # a slice of channels stands beside the others, not around them
            start = before
            self._count(1)
        pending = [line.source for line in lines if line.source not in {start, around.source}]
        if not pending:
            return False
        seen: set[int] = set()
        while pending:
            node = pending.pop()
            if node == start or node in seen:
                continue
            if node < start or not self._lines[node]:  # ids are an execution order
                return False
            seen.add(node)
            self._count(1)
            pending.extend([line.source for line in self._lines[node]])
        return True

    def _count(self, steps: int) -> None:
        self._steps += steps
        if self._steps > MAX_STEPS:
            reason = f"its joins span more than {MAX_STEPS:,} operators in all"
            raise too_many_paths(self._network, reason)


def too_many_paths(network: Network, reason: str) -> SpecError:
    """The refusal of a network whose paths would take too long to count."""
    return SpecError([diagnose("RDL813", network.root.span, model=network.name, reason=reason)])
