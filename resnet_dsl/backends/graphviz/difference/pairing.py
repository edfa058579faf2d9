"""What is drawn of one network beside what is drawn of the other.

Before: both networks contracted, each by itself. After: contractions that break at the same places,
and which unit, part and scope of one is which of the other. Operators and named levels are paired
by `analysis.alignment`; levels without a name are paired here, by the operators in them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from resnet_dsl.analysis.alignment import Alignment
from resnet_dsl.backends.graphviz.contract import Fragment, Part
from resnet_dsl.backends.graphviz.groups import Container, Unit
from resnet_dsl.backends.graphviz.model import VertexKind
from resnet_dsl.backends.graphviz.phrase import is_silent
from resnet_dsl.backends.graphviz.wiring import Wiring
from resnet_dsl.ir.graph import Network

Place = tuple[Unit, int]  # a part: its unit and its position there


@dataclass(slots=True)
class Side:
    """One of the two networks, grouped and contracted.

    `on_lines` are operators of a unit that lie on lines which are not drawn, as in a card.
    """

    wiring: Wiring
    root: Container
    fragments: dict[Unit, Fragment]
    on_lines: dict[Unit, list[int]] = field(default_factory=dict)

    def places(self) -> dict[int, Place]:
        """The part that each drawn operator is in."""
        return {
            node: (unit, place)
            for unit, fragment in self.fragments.items()
            for node, place in fragment.place.items()
        }

    def keys(self, part: Part) -> list[int]:
        """The operators that a part is recognised by: what it tells, or the first where that is nothing."""
        return [n for n in part.nodes if not is_silent(self.wiring.nodes[n])] or part.nodes[:1]


@dataclass(frozen=True, slots=True)
class Pairing:
    """Ids and parts of the second network by those of the first; each is in one pair at most."""

    nodes: Mapping[int, int]
    scopes: Mapping[int, int]
    parts: Mapping[Place, Place]


def pair(before: Side, after: Side, alignment: Alignment, *, refine: bool) -> Pairing:
    """Pairs what is drawn. With `refine`, chains are cut in both networks where one of them cuts.

    Without that a chain of one network could stand beside two boxes of the other, and what is in
    the second of them would seem to be new.
    """
    nodes = alignment.nodes
    back = {b: a for a, b in nodes.items()}
    if refine:
        _cut(before, after.places(), nodes)
        _cut(after, before.places(), back)
    scopes = _with_unnamed(before.wiring.network, after.wiring.network, alignment)
    return Pairing(nodes, scopes, _paired_parts(before, after, nodes))


def _cut(side: Side, others: Mapping[int, Place], pairs: Mapping[int, int]) -> None:
    """Cuts the boxes of a side where their operators belong to several parts of the other."""

    def partner(node: int) -> Place | None:
        silent = is_silent(side.wiring.nodes[node])
        return None if silent or node not in pairs else others.get(pairs[node])

    for unit, fragment in side.fragments.items():
        parts = [piece for part in fragment.parts for piece in _pieces(part, partner)]
        place = {node: position for position, part in enumerate(parts) for node in part.nodes}
        side.fragments[unit] = Fragment(unit, parts, place)


def _pieces(part: Part, partner: Callable[[int], Place | None]) -> list[Part]:
    if part.kind is not VertexKind.BOX:
        return [part]
    pieces = [Part(part.kind, [])]
    last: Place | None = None
    for node in part.nodes:
        place = partner(node)
        if place is not None:
            if last is not None and place != last:
                pieces.append(Part(part.kind, []))
            last = place
        pieces[-1].nodes.append(node)
    return pieces


def _paired_parts(before: Side, after: Side, pairs: Mapping[int, int]) -> dict[Place, Place]:
    others = after.places()
    taken: set[Place] = set()
    found: dict[Place, Place] = {}
    for unit, fragment in before.fragments.items():
        for position, part in enumerate(fragment.parts):
            keys = [pairs[node] for node in before.keys(part) if node in pairs]
            shares = Counter(others[node] for node in keys if node in others)
            # The first of several with equal shares: a counter keeps the order it was filled in.
            best = next((place for place, _ in shares.most_common() if place not in taken), None)
            if best is not None:
                taken.add(best)
                found[unit, position] = best
    return found


def _with_unnamed(before: Network, after: Network, alignment: Alignment) -> dict[int, int]:
    scopes = dict(alignment.scopes)
    taken = set(scopes.values())
    for a, b in sorted(alignment.nodes.items()):
        for left, right in zip(_unnamed(before, a), _unnamed(after, b), strict=False):
            alike = before.scope(left).definition == after.scope(right).definition
            if scopes.get(left, right) != right or (right in taken and left not in scopes) or not alike:
                break
            scopes[left] = right
            taken.add(right)
    return scopes


def _unnamed(network: Network, node: int) -> list[int]:
    """The scopes around a node inside of the innermost that has a name, outwards first."""
    chain = network.ancestry(network.node(node).scope)
    named = max(place for place, scope in enumerate(chain) if scope.name is not None or scope.parent is None)
    return [scope.id for scope in chain[named + 1 :]]
