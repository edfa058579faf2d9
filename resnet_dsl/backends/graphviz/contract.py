"""Contraction: the operators of a unit become a few boxes and joins.

A chain of operators, each read by the next alone, is one box. Norms and activations behind a join
belong to the join. What is left is the shape that a figure of the block has: a residual block is
one box and one join, a squeeze-and-excitation block a second box beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

from resnet_dsl.backends.graphviz.groups import Unit
from resnet_dsl.backends.graphviz.model import VertexKind
from resnet_dsl.backends.graphviz.phrase import is_join, is_silent
from resnet_dsl.backends.graphviz.wiring import Wire, Wiring
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Node


@dataclass(slots=True)
class Part:
    """One future vertex: what it will be, and the nodes it stands for, in execution order."""

    kind: VertexKind
    nodes: list[int]


@dataclass(slots=True)
class Fragment:
    """A unit after contraction. `place` tells each node's part by its position in `parts`."""

    unit: Unit
    parts: list[Part]
    place: dict[int, int]


def contract(wiring: Wiring, unit: Unit, *, chains: bool) -> Fragment:
    """The parts of a unit; without `chains`, each telling operator has a box of its own."""
    fragment = Fragment(unit, [], {})
    kept = _kept(wiring)
    for node_id in unit.nodes:
        node = wiring.nodes[node_id]
        before = _continued(wiring, fragment, node, kept)
        if before is not None and not chains and not _joins_in(wiring, fragment.parts[before], node):
            before = None
        if before is None:
            before = len(fragment.parts)
            fragment.parts.append(Part(part_kind(node), []))
        fragment.parts[before].nodes.append(node_id)
        fragment.place[node_id] = before
    return _without_silent_boxes(wiring, fragment, kept)


def _joins_in(wiring: Wiring, part: Part, node: Node) -> bool:
    """Whether a free operator shares the box before it: one of the two has nothing to tell."""
    return is_silent(node) or all(is_silent(wiring.nodes[other]) for other in part.nodes)


def separate(wiring: Wiring, unit: Unit) -> Fragment:
    """A unit with a part for every operator."""
    parts = [Part(part_kind(wiring.nodes[node]), [node]) for node in unit.nodes]
    return Fragment(unit, parts, {node: position for position, node in enumerate(unit.nodes)})


def whole(unit: Unit) -> Fragment:
    """A unit as one part."""
    return Fragment(unit, [Part(VertexKind.BOX, list(unit.nodes))], dict.fromkeys(unit.nodes, 0))


def part_kind(node: Node) -> VertexKind:
    if node.op.category is Category.INPUT:
        return VertexKind.TERMINAL
    return VertexKind.JOIN if is_join(node) else VertexKind.BOX


def _kept(wiring: Wiring) -> set[int]:
    """The values that the network returns: a line leaves from each."""
    return {wiring.network.output, *(entry.node for entry in wiring.network.auxiliary)}


def _continued(wiring: Wiring, fragment: Fragment, node: Node, kept: set[int]) -> int | None:
    """The part that a node goes on with, or None where it begins one."""
    wires = wiring.into[node.id]
    if len(wires) != 1 or wires[0].via:
        return None
    source = wires[0].source
    place = fragment.place.get(source)
    if place is None or fragment.parts[place].kind is not VertexKind.BOX:
        return None
    # Somebody else reads the value, so a line has to leave from it.
    if len(wiring.readers[source]) != 1 or source in kept:
        return None
    return place


def _without_silent_boxes(wiring: Wiring, fragment: Fragment, kept: set[int]) -> Fragment:
    """Moves boxes of norms and activations that follow a join into it."""
    parts: list[Part] = []
    moved: list[int] = []
    for part in fragment.parts:
        join = None
        if part.kind is VertexKind.BOX and all(is_silent(wiring.nodes[n]) for n in part.nodes):
            join = _join_before(wiring, fragment, part, kept)
        if join is None:
            moved.append(len(parts))
            parts.append(part)
        else:
            moved.append(moved[join])
            fragment.parts[join].nodes.extend(part.nodes)
    place = {node: moved[position] for node, position in fragment.place.items()}
    return Fragment(fragment.unit, parts, place)


def _join_before(wiring: Wiring, fragment: Fragment, part: Part, kept: set[int]) -> int | None:
    wires: tuple[Wire, ...] = wiring.into[part.nodes[0]]
    if len(wires) != 1:
        return None
    source = wires[0].source
    place = fragment.place.get(source)
    if place is None or fragment.parts[place].kind is not VertexKind.JOIN:
        return None
    return place if len(wiring.readers[source]) == 1 and source not in kept else None
