"""Which block and which stage a node stands in."""

from __future__ import annotations

from typing import NamedTuple

from resnet_dsl.ir.graph import Network, ScopeKind


class Place(NamedTuple):
    """Paths and definitions of the enclosing block and stage; None and "" where there is none."""

    block: str | None = None
    block_type: str = ""
    stage: str | None = None
    stage_type: str = ""


def places(network: Network) -> list[Place]:
    """The place of each scope's own nodes, by scope id.

    The stage is the innermost one. The block is the outermost one inside that stage: a unit such
    as a bottleneck is one block, its projection is part of it. Instances that the spec gave no
    label add no path, so they make no place of their own.
    """
    found: list[Place] = []
    for scope in network.scopes:
        place = found[scope.parent] if scope.parent is not None else Place()
        if scope.name is not None:
            if scope.kind is ScopeKind.STAGE:
                place = Place(stage=scope.path, stage_type=scope.definition)
            elif scope.kind is ScopeKind.BLOCK and place.block is None:
                place = place._replace(block=scope.path, block_type=scope.definition)
        found.append(place)
    return found
