"""Which lines a picture needs.

Two things differ from the graph itself. A concatenation (or sum) whose operands begin or end with
all the operands of an earlier one is drawn as taking that one's result: dense connectivity becomes
a running concatenation with a number of lines linear in the depth, where layout engines choke on
the quadratic one. And a shortcut's own operators are walked into the line that they lie on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from resnet_dsl.backends.graphviz.phrase import is_join, is_silent, record
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network, Node

MAX_OPERATORS_ON_A_LINE = 2  # option A has two, and so have averaged projections


@dataclass(frozen=True, slots=True)
class Wire:
    """One line into a node.

    `via` are the nodes that lie on the line, first to last; `source` is where it starts.
    """

    source: int
    shortcut: bool = False
    via: tuple[int, ...] = ()


@dataclass(slots=True)
class Wiring:
    """Lines by the node they end at. `readers` has one entry per line before contraction.

    `nodes` are the network's, by id: the façade's look-up is what drawing a deep network would
    spend most of its time in.
    """

    network: Network
    nodes: list[Node]
    into: list[tuple[Wire, ...]]
    readers: list[list[int]]
    contracted: set[int] = field(default_factory=set)
    training_only: set[int] = field(default_factory=set)


def wire(network: Network, *, contract_shortcuts: bool) -> Wiring:
    """The lines of a network; with `contract_shortcuts`, shortcuts without their operators."""
    nodes = list(network.nodes())
    into = _running_merges(nodes)
    readers: list[list[int]] = [[] for _ in into]
    for target, wires in enumerate(into):
        for line in wires:
            readers[line.source].append(target)
    wiring = Wiring(network, nodes, into, readers)
    if network.auxiliary:
        wiring.training_only = set(range(len(nodes))) - network.inference_nodes()
    if contract_shortcuts:
        _contract_shortcuts(wiring)
    return wiring


class _Trie:
    """Operand lists seen so far, to find the longest one that a new list starts with."""

    def __init__(self) -> None:
        self._root: dict[int, _Entry] = {}

    def longest_start(self, operands: Sequence[int]) -> tuple[int, int]:
        """(length, node) of the longest known list of two or more that `operands` starts with."""
        best = (0, -1)
        level = self._root
        for length, operand in enumerate(operands, start=1):
            entry = level.get(operand)
            if entry is None:
                break
            if entry.node >= 0 and length >= 2:
                best = (length, entry.node)
            level = entry.below
        return best

    def add(self, operands: Sequence[int], node: int) -> None:
        level = self._root
        entry = None
        for operand in operands:
            entry = level.setdefault(operand, _Entry())
            level = entry.below
        if entry is not None and entry.node < 0:
            entry.node = node


@dataclass(slots=True)
class _Entry:
    node: int = -1
    below: dict[int, _Entry] = field(default_factory=dict)


def _running_merges(nodes: list[Node]) -> list[tuple[Wire, ...]]:
    starts: dict[str, _Trie] = {}
    ends: dict[str, _Trie] = {}
    lines: list[tuple[Wire, ...]] = []
    for node in nodes:
        wires = tuple(Wire(operand.node, operand.shortcut) for operand in node.operands)
        if is_join(node) and record(node).arity[1] is None:
            wires = _shared(node.op.name, node, wires, starts, ends)
        lines.append(wires)
    return lines


def _shared(
    name: str, node: Node, wires: tuple[Wire, ...], starts: dict[str, _Trie], ends: dict[str, _Trie]
) -> tuple[Wire, ...]:
    operands = node.inputs
    start, end = starts.setdefault(name, _Trie()), ends.setdefault(name, _Trie())
    head, first = start.longest_start(operands)
    tail, last = end.longest_start(operands[::-1])
    start.add(operands, node.id)
    end.add(operands[::-1], node.id)
    if head >= tail and head:
        return (Wire(first, any(line.shortcut for line in wires[:head])), *wires[head:])
    if tail:
        return (*wires[:-tail], Wire(last, any(line.shortcut for line in wires[-tail:])))
    return wires


def _contract_shortcuts(wiring: Wiring) -> None:
    network = wiring.network
    kept = {network.output, *network.inputs, *(entry.node for entry in network.auxiliary)}
    for target, wires in enumerate(wiring.into):
        if not is_join(wiring.nodes[target]):
            continue
        wiring.into[target] = tuple(
            _walked_back(wiring, line, kept) if line.shortcut else line for line in wires
        )
        wiring.contracted.update(node for line in wiring.into[target] for node in line.via)


def _walked_back(wiring: Wiring, line: Wire, kept: set[int]) -> Wire:
    """The line with the operators of the shortcut's own statement on it, if they are a few."""
    via: list[int] = []
    current, spoken = line.source, 0
    while True:
        node = wiring.nodes[current]
        single = len(node.operands) == 1 or (node.operands and node.op.category is Category.RESHAPE)
        if not (node.shortcut and single) or current in kept or len(wiring.readers[current]) != 1:
            break
        spoken += not is_silent(node)
        via.append(current)
        current = wiring.into[current][0].source
    if spoken > MAX_OPERATORS_ON_A_LINE:
        return line
    return Wire(current, True, tuple(reversed(via)))
