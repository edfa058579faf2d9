"""One box of a page, and members of boxes in an order in which they can be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from heapq import heapify, heappop, heappush

from resnet_dsl.backends.graphviz.wiring import Wiring
from resnet_dsl.ir.graph import Scope, ScopeKind


class Level(IntEnum):
    """How far a picture is opened, as `draw --level` has it."""

    MODEL = 0
    STAGE = 1
    BLOCK = 2
    OP = 3


@dataclass(slots=True, eq=False)
class Box:
    """A scope, or a run of boxes that are alike: then `scope` is None.

    `members` are boxes and node ids, each behind what it reads; `opens` is the coarsest level at
    which the box is drawn open.
    """

    scope: Scope | None
    members: list[Box | int] = field(default_factory=list)
    opens: Level = Level.OP

    @property
    def boxes(self) -> list[Box]:
        return [member for member in self.members if isinstance(member, Box)]

    def nodes(self) -> list[int]:
        """Every node inside, those of inner boxes too."""
        found: list[int] = []
        pending: list[Box | int] = [self]
        while pending:
            member = pending.pop()
            if isinstance(member, Box):
                pending.extend(reversed(member.members))
            else:
                found.append(member)
        return found


# Which box goes where several stand in each other's way: what only names goes first.
_GOES = (ScopeKind.GROUP, ScopeKind.SEQ, ScopeKind.REPEAT, ScopeKind.BLOCK, ScopeKind.STAGE)


def in_order(members: Sequence[Box | int], wiring: Wiring) -> list[Box | int]:
    """The members, each behind those that it reads, else in the order of execution.

    Where boxes read each other, as lists do whose members are used in turn, no order is right: then
    what is in them stands in their place.
    """
    members = list(members)
    while True:
        ordered, stuck = _sorted(members, wiring)
        if not stuck:
            return ordered
        box = min(stuck, key=lambda box: _GOES.index(box.scope.kind) if box.scope is not None else -1)
        place = members.index(box)
        members[place : place + 1] = box.members


def _sorted(members: list[Box | int], wiring: Wiring) -> tuple[list[Box | int], list[Box]]:
    """The members that can be ordered, and the boxes that cannot."""
    nodes = [member.nodes() if isinstance(member, Box) else [member] for member in members]
    firsts = [min(inside) for inside in nodes]
    home = {node: index for index, inside in enumerate(nodes) for node in inside}
    readers: list[set[int]] = [set() for _ in members]
    waiting = [0] * len(members)
    for node, index in home.items():
        for line in wiring.into[node]:
            source = home.get(line.source, index)
            if source != index and index not in readers[source]:
                readers[source].add(index)
                waiting[index] += 1
    ready = [(firsts[index], index) for index, count in enumerate(waiting) if not count]
    heapify(ready)
    ordered: list[Box | int] = []
    while ready:
        _, index = heappop(ready)
        ordered.append(members[index])
        for reader in readers[index]:
            waiting[reader] -= 1
            if not waiting[reader]:
                heappush(ready, (firsts[reader], reader))
    left = [member for index, member in enumerate(members) if waiting[index]]
    return ordered, [member for member in left if isinstance(member, Box)]
