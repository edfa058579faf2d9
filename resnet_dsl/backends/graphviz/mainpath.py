"""The main path of a picture: what of it must not bend."""

from __future__ import annotations

from dataclasses import dataclass, field

from resnet_dsl.backends.graphviz.model import Diagram, Edge, VertexKind

MAX_FAN = 2  # more lines than this spread evenly, and none of them is the straight one


@dataclass(slots=True)
class MainPath:
    """The lines that must not bend.

    Where the path fans out into branches, their join stays straight below the place where they
    part. `fans` holds both, by the branch in whose place a straight line would be: what dot meets
    in the middle it puts there.
    """

    straight: set[Edge] = field(default_factory=set)
    fans: dict[Edge, list[tuple[str, str]]] = field(default_factory=dict)


def main_path(diagram: Diagram) -> MainPath:
    """The main path, from each output back around gates, shortcuts and auxiliary heads."""
    order = {vertex.id: position for position, vertex in enumerate(diagram.vertices)}
    into: dict[str, list[Edge]] = {}
    fan_out: dict[str, list[Edge]] = {}
    for edge in diagram.edges:
        if not edge.skips and not edge.auxiliary:
            into.setdefault(edge.target, []).append(edge)
            fan_out.setdefault(edge.source, []).append(edge)
    found = MainPath()
    seen: set[str] = set()
    for vertex in diagram.vertices:
        target = vertex.id if vertex.kind is VertexKind.TERMINAL else ""
        fan_in = ""  # the join of the branches that the walk is among
        while target in into and target not in seen:
            seen.add(target)
            # Of several operands, the one that is made last has come the longest way.
            edge = max(into[target], key=lambda edge: (edge.main, order[edge.source]))
            many = len(into[target]) > MAX_FAN
            fan_in = target if many else fan_in
            branches = fan_out[edge.source]
            if len(branches) > MAX_FAN:
                if fan_in:
                    middle = branches[len(branches) // 2 - 1]
                    found.fans.setdefault(middle, []).append((edge.source, fan_in))
                fan_in = ""
            elif not many:
                found.straight.add(edge)
            target = edge.source
    return found
