"""Folding in a picture of two networks: equal neighbours that became the same, as one with a count.

Blocks of both networks are equal where both their old and their new contents are, so that what is
drawn is true of each; blocks of one network fold among themselves.
"""

from __future__ import annotations

from collections.abc import Hashable

from resnet_dsl.analysis.beside import interleave
from resnet_dsl.backends.graphviz.contract import Part
from resnet_dsl.backends.graphviz.difference.contents import Details, Told
from resnet_dsl.backends.graphviz.difference.pairing import Pairing, Side
from resnet_dsl.backends.graphviz.fold import FEW_DRAWN, Folder, Member, Run, repetitions
from resnet_dsl.backends.graphviz.groups import Container, Unit
from resnet_dsl.backends.graphviz.model import VertexKind

Runs = dict[Container, list[Run]]
_Entry = tuple[Unit | Container | None, Unit | Container | None]


class JointFolder:
    """Finds the runs of two networks beside each other."""

    def __init__(
        self, before: Side, after: Side, pairing: Pairing, usual: frozenset[str], details: Details
    ) -> None:
        self._sides = before, after
        self._pairing = pairing
        self._details = details
        self._folders = [Folder(side.wiring, side.fragments, usual) for side in self._sides]
        self._partners: dict[Unit, set[Unit]] = {}
        for (a, _), (b, _) in pairing.parts.items():
            self._partners.setdefault(a, set()).add(b)
            self._partners.setdefault(b, set()).add(a)

    def runs(self) -> tuple[Runs, Runs]:
        """The runs of each network, drawn at the same places of both."""
        found: tuple[Runs, Runs] = {}, {}
        right = {container.scope.id: container for container in _containers(self._sides[1].root)}
        taken: set[Container] = set()
        for container in _containers(self._sides[0].root):
            partner = right.get(self._pairing.scopes.get(container.scope.id, -1))
            if partner is not None:
                taken.add(partner)
            self._fold(container, partner, found)
        for container in right.values():
            if container not in taken:
                self._fold(None, container, found)
        return found

    def _fold(self, a: Container | None, b: Container | None, found: tuple[Runs, Runs]) -> None:
        known = [self._known(side, container) for side, container in enumerate((a, b))]
        pairs = self._paired(a, b)
        entries = interleave(a.members if a else [], b.members if b else [], pairs)
        members = [
            self._member(known, entry, entries[i - 1] if i else (None, None))
            for i, entry in enumerate(entries)
        ]
        for start, period, times, growth in repetitions(members, FEW_DRAWN):
            repeated = entries[start : start + period * times]
            growths = iter(growth)
            for side, container in enumerate((a, b)):
                units = [entry[side] for entry in repeated if isinstance(entry[side], Unit)]
                if container is not None and units:
                    drawn = tuple(unit for unit in units if isinstance(unit, Unit))
                    whole = len(repeated) == len(entries)
                    run = Run(drawn[:period], drawn[period:], times, next(growths), whole)
                    found[side].setdefault(container, []).append(run)

    def _known(self, side: int, container: Container | None) -> dict[Unit, tuple[Member, Unit | None]]:
        """The members of a container as folding sees them, each with the unit before it."""
        if container is None:
            return {}
        members = self._folders[side].members(container)
        before = [None, *(member.unit for member in members)]
        return {
            member.unit: (member, last)
            for member, last in zip(members, before, strict=False)
            if member.unit is not None
        }

    def _paired(self, a: Container | None, b: Container | None) -> dict[Unit | Container, Unit | Container]:
        if a is None or b is None:
            return {}
        right = {_scope(member): member for member in b.members if _scope(member) is not None}
        pairs = {}
        for member in a.members:
            scope = _scope(member)
            partner = right.get(self._pairing.scopes.get(scope, -1)) if scope is not None else None
            if partner is not None:
                pairs[member] = partner
        free = {unit for unit in b.members if isinstance(unit, Unit) and not unit.scopes}
        for member in a.members:
            if isinstance(member, Unit) and not member.scopes:
                common = [
                    unit for unit in b.members if unit in free and unit in self._partners.get(member, ())
                ]
                if common:
                    pairs[member] = common[0]
                    free.discard(common[0])
        return pairs

    def _member(
        self, known: list[dict[Unit, tuple[Member, Unit | None]]], entry: _Entry, last: _Entry
    ) -> Member:
        """A pair, or a unit of one network, as one member; it folds where each of its units does."""
        there = [(side, unit) for side, unit in enumerate(entry) if unit is not None]
        if not all(isinstance(unit, Unit) and unit in known[side] for side, unit in there):
            return Member(None)
        units = [(side, unit) for side, unit in there if isinstance(unit, Unit)]
        members = [known[side][unit] for side, unit in units]
        linked = [unit is not None for unit in last] == [unit is not None for unit in entry] and all(
            member.linked and before is last[side]
            for (member, before), (side, _) in zip(members, units, strict=True)
        )
        signature = self._signature(tuple(unit for _, unit in units), [member for member, _ in members])
        results = tuple(shape for member, _ in members for shape in member.results)
        side, unit = units[-1]
        return Member(unit, (side, signature) if signature is not None else None, linked, results)

    def _signature(self, units: tuple[Unit, ...], members: list[Member]) -> Hashable:
        partners = set().union(*(self._partners.get(unit, ()) for unit in units))
        if any(member.signature is None for member in members) or not partners <= set(units):
            return None
        told = tuple(member.signature for member in members)
        if len(units) == 1:
            return told
        a, b = units
        fragments = self._sides[0].fragments[a], self._sides[1].fragments[b]
        parts = []
        for position, part in enumerate(fragments[0].parts):
            partner = self._pairing.parts.get((a, position))
            pattern = () if partner is None else self._pattern(part, fragments[1].parts[partner[1]])
            parts.append(
                (
                    partner and partner[1],
                    pattern,
                    self._details.of_nodes(part.nodes, box=part.kind is not VertexKind.JOIN),
                )
            )
        return told, tuple(parts), self._on_lines(a)

    def _pattern(self, a: Part, b: Part) -> tuple[int | None, ...]:
        """Which operator of one part is which of the other, by position."""
        places = {node: place for place, node in enumerate(b.nodes)}
        return tuple(places.get(self._pairing.nodes.get(node, -1)) for node in a.nodes)

    def _on_lines(self, unit: Unit) -> tuple[Told, ...]:
        """What changed in operators that lie on the lines into a unit of the first network."""
        wiring = self._sides[0].wiring
        lines = [line for node in unit.nodes for line in wiring.into[node] if line.via]
        return tuple(self._details.of_nodes(line.via, box=False) for line in lines)


def _scope(member: Unit | Container) -> int | None:
    scope = member.scope
    return scope.id if scope is not None else None


def _containers(root: Container) -> list[Container]:
    found = [root]
    for container in found:
        found.extend(member for member in container.members if isinstance(member, Container))
    return found
