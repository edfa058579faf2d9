"""Lines of Mermaid: which there are, and how they look."""

from __future__ import annotations

from dataclasses import replace

from resnet_dsl.backends.graphviz.legend import Key
from resnet_dsl.backends.graphviz.mermaid_labels import quoted
from resnet_dsl.backends.graphviz.model import SHORTCUTS, Diagram, Edge, EdgeKind, VertexKind
from resnet_dsl.backends.graphviz.palette import Theme

_DASHES = {EdgeKind.PROJECTION: "6 4", EdgeKind.BRANCH: "6 4", EdgeKind.PARAMETER_FREE: "2 4"}
IDLE_DASHES = "1.5 3"  # of what never runs
_ARROWS = {
    EdgeKind.FLOW: "-->",
    EdgeKind.IDENTITY: "==>",
    EdgeKind.PROJECTION: "-.->",
    EdgeKind.BRANCH: "-.->",
    EdgeKind.PARAMETER_FREE: "-.->",
    EdgeKind.CARRY: "-->",
}


def sample_line(key: Key) -> Edge:
    """The line that a legend shows for an entry."""
    return Edge(
        "", "", key.line or EdgeKind.FLOW, note=key.meaning, auxiliary=key.training_only, idle=key.idle
    )


def drawn_edges(diagram: Diagram) -> list[Edge]:
    """The lines with those that meet in a tap taken on to where it is reached from."""
    taps = {vertex.id for vertex in diagram.vertices if vertex.kind is VertexKind.TAP}
    lead = {edge.target: edge for edge in diagram.edges if edge.target in taps}
    told: set[str] = set()
    edges: list[Edge] = []
    for edge in diagram.edges:
        if edge.target in taps:
            continue
        shape, source = edge.shape, edge.source
        while source in taps:
            # The shape on the common part is told once, on the main path where that is one.
            if not shape and source not in told and not edge.skips:
                shape = lead[source].shape
            told.update([source] if shape else [])
            source = lead[source].source
        edges.append(replace(edge, source=source, shape=shape))
    return edges


def arrow(edge: Edge) -> str:
    """A line without its ends, with what it carries."""
    drawn = "-.->" if edge.auxiliary else _ARROWS[edge.kind]
    told = [text for text in (edge.note, edge.shape) if text]
    return f"{drawn}|{quoted(told)}|" if told else drawn


def stroke(edge: Edge, theme: Theme) -> str:
    """The style of a line; nothing for the main path."""
    if edge.auxiliary:
        return f"stroke:{theme.faint},stroke-dasharray:{IDLE_DASHES if edge.idle else '4 3'}"
    if not edge.skips:
        return ""
    width = ",stroke-width:2px" if edge.kind in SHORTCUTS else ""
    dashes = f",stroke-dasharray:{_DASHES[edge.kind]}" if edge.kind in _DASHES else ""
    return f"stroke:{theme.shortcut}{width}{dashes}"
