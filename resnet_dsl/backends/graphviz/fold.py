"""Folding: a long run of equal blocks is drawn once, with a count.

Blocks are equal when their definition, the texts and lines of their contraction and the shape of
their result are; results may also grow by the same number of channels each time, as those of
dense layers do. The rates of what only regularises may differ where the picture tells all of them.
A run is a chain: each block reads the one before it and nothing else, and nobody
else looks inside. So what is drawn is true of every block that it stands for.

A picture folds throughout or not at all: where one run is too long to be drawn block by block, or
all of them together are, short ones are folded too.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from resnet_dsl.backends.graphviz.content import part_lines, telling
from resnet_dsl.backends.graphviz.contract import Fragment
from resnet_dsl.backends.graphviz.groups import Container, Unit
from resnet_dsl.backends.graphviz.phrase import phrase, without_rate
from resnet_dsl.backends.graphviz.wiring import Wiring
from resnet_dsl.ir.shape import Shape

MAX_DRAWN = 6  # equal blocks in a row that are still drawn one by one
MAX_PARTS = 24  # boxes and joins of a picture without folding: about a page of a paper
FEW_DRAWN = 1  # blocks in a row that are drawn one by one where the picture folds
MAX_PERIOD = 4
MIN_TIMES = 4  # of a pattern of several blocks


@dataclass(frozen=True, slots=True)
class Run:
    """`drawn` stands for itself and for the units in `hidden`, `times` over in all.

    `hidden` is in execution order, a whole number of patterns. `growth` is the number of channels
    that each time adds; `whole` says that there is nothing else in the container.
    """

    drawn: tuple[Unit, ...]
    hidden: tuple[Unit, ...]
    times: int
    growth: int = 0
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Boundary:
    """What a unit has to do with the rest: values it reads, values it gives, who reads those.

    `returned` says that the network itself returns one of the values.
    """

    sources: frozenset[int]
    exports: frozenset[int]
    readers: frozenset[int]
    returned: bool


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a container as folding sees it; `signature` is None where it cannot fold.

    `linked` says that it is chained to the member before it, `results` are what it yields, by network.
    """

    unit: Unit | None
    signature: Hashable = None
    linked: bool = False
    results: tuple[Shape, ...] = ()


class Repetition(NamedTuple):
    """`period` members from `start` on, `times` over; `growth` in channels each time, by network."""

    start: int
    period: int
    times: int
    growth: tuple[int, ...]

    @property
    def end(self) -> int:
        return self.start + self.period * self.times


def repetitions(members: Sequence[Member], most: int) -> list[Repetition]:
    """What repeats among the members of a container, in order and disjoint.

    `most` is the number of equal blocks that are still drawn one by one.
    """
    found: list[Repetition] = []
    start = 0
    while start < len(members):
        best = None
        for period in range(1, MAX_PERIOD + 1):
            entry = _repetition(members, start, period, most)
            if entry is not None and (best is None or entry.end > best.end):
                best = entry
            if best is not None and best.end == len(members):
                break  # no other goes further
        if best is not None:
            found.append(best)
        start = start + 1 if best is None else best.end
    return found


def _repetition(members: Sequence[Member], start: int, period: int, most: int) -> Repetition | None:
    if start + period > len(members) or members[start].signature is None:
        return None
    if not all(member.linked for member in members[start + 1 : start + period]):
        return None
    end, growth = start + period, tuple(0 for _ in members[start].results)
    while end < len(members) and members[end].linked:
        here, earlier = members[end], members[end - period]
        step = _step(earlier.results, here.results)
        if here.signature is None or here.signature != earlier.signature or step is None:
            break
        if end > start + period and step != growth:
            break
        growth = step
        end += 1
    times = (end - start) // period
    if times * period <= most or times < 2 or (period > 1 and times < MIN_TIMES):
        return None
    return Repetition(start, period, times, growth)


def _step(before: Sequence[Shape], after: Sequence[Shape]) -> tuple[int, ...] | None:
    """By how many channels results grow, or None where they change in another way."""
    if len(before) != len(after):
        return None
    if any(a.rank != b.rank or a.spatial != b.spatial for a, b in zip(before, after, strict=True)):
        return None
    return tuple(int(b.channels) - int(a.channels) for a, b in zip(before, after, strict=True))


def boundary(wiring: Wiring, unit: Unit) -> Boundary:
    """The values that cross a unit's edge. Contracted operators count as part of their line."""
    own, network = set(unit.nodes), wiring.network
    returned = {network.output, *(entry.node for entry in network.auxiliary)}
    sources = {line.source for node in own for line in wiring.into[node] if line.source not in own}
    exports: set[int] = set()
    readers: set[int] = set()
    for node in own:
        outside = [reader for reader in _drawn_readers(wiring, node) if reader not in own]
        if outside or node in returned:
            exports.add(node)
            readers.update(outside)
    return Boundary(frozenset(sources), frozenset(exports), frozenset(readers), bool(exports & returned))


def _drawn_readers(wiring: Wiring, node: int) -> list[int]:
    found: list[int] = []
    pending = list(wiring.readers[node])
    while pending:
        reader = pending.pop()
        if reader in wiring.contracted:
            pending.extend(wiring.readers[reader])
        else:
            found.append(reader)
    return found


def are_chained(before: Unit, after: Unit, left: Boundary, right: Boundary) -> bool:
    """Whether `after` reads the result of `before`, and that is all between them and others."""
    output = frozenset({before.scopes[-1].output})
    return right.sources == output == left.exports and left.readers <= set(after.nodes) and not left.returned


class Folder:
    """Finds runs among the members of a container.

    With `rates`, blocks that drop activations or paths at other rates are not equal; without, who
    draws them tells the rates of all (see `peers`).
    """

    def __init__(
        self, wiring: Wiring, fragments: dict[Unit, Fragment], usual: frozenset[str], *, rates: bool = True
    ) -> None:
        self._told = phrase if rates else without_rate
        self._wiring = wiring
        self._fragments = fragments
        self._usual = usual

    def runs(self, containers: Sequence[Container]) -> dict[Container, list[Run]]:
        """The runs of a picture that are worth folding, in order and disjoint, by container."""
        members = {container: self.members(container) for container in containers}
        parts = sum(len(fragment.parts) for fragment in self._fragments.values())
        long = {container: _runs(entries, MAX_DRAWN) for container, entries in members.items()}
        if parts <= MAX_PARTS and not any(long.values()):
            return long
        return {container: _runs(entries, FEW_DRAWN) for container, entries in members.items()}

    def members(self, container: Container) -> list[Member]:
        """The members of a container, in order."""
        members: list[Member] = []
        before: tuple[Unit, Boundary] | None = None
        for part in container.members:
            if not isinstance(part, Unit) or part.scope is None:
                members.append(Member(None))
                before = None
                continue
            edge = boundary(self._wiring, part)
            linked = before is not None and are_chained(before[0], part, before[1], edge)
            signature = self._signature(part) if len(edge.sources) == 1 else None
            result = self._wiring.nodes[part.scopes[-1].output].shape
            members.append(Member(part, signature, linked, (result,)))
            before = (part, edge)
        return members

    def _signature(self, unit: Unit) -> Hashable:
        """What two units must have in common to be drawn as one; None where nothing can be."""
        fragment, scope = self._fragments[unit], unit.scopes[0]
        if scope.output not in fragment.place:
            return None
        parts = tuple(
            (
                part.kind,
                part_lines(part.kind, [self._wiring.nodes[n] for n in part.nodes], self._usual, self._told),
            )
            for part in fragment.parts
        )
        lines = tuple(
            (
                place,
                fragment.place.get(line.source, -1),
                line.shortcut,
                *telling(self._wiring.nodes[node] for node in line.via),
            )
            for node, place in fragment.place.items()
            for line in self._wiring.into[node]
            if fragment.place.get(line.source) != place
        )
        return scope.definition, parts, lines, fragment.place[scope.output]


def _runs(members: Sequence[Member], most: int) -> list[Run]:
    found: list[Run] = []
    for start, period, times, growth in repetitions(members, most):
        repeated = members[start : start + period * times]
        units = [entry.unit for entry in repeated if entry.unit is not None]
        whole = len(repeated) == len(members)
        found.append(Run(tuple(units[:period]), tuple(units[period:]), times, growth[0], whole))
    return found
