"""Reading a diagram in tests: by what it says, not by how its parts are numbered."""

from __future__ import annotations

from resnet_dsl.backends.graphviz.model import SHORTCUTS, Diagram, Edge, Line, Tone, Vertex, VertexKind


def boxes(picture: Diagram) -> list[tuple[str, ...]]:
    """The lines of each box that are set in normal type, in order."""
    return [plain(vertex) for vertex in picture.vertices if vertex.kind is VertexKind.BOX]


def plain(vertex: Vertex) -> tuple[str, ...]:
    return toned(vertex, Tone.NORMAL)


def toned(vertex: Vertex, tone: Tone) -> tuple[str, ...]:
    return tuple(entry.text for entry in vertex.content if isinstance(entry, Line) and entry.tone is tone)


def joins(picture: Diagram) -> list[str]:
    return [vertex.texts[0] for vertex in picture.vertices if vertex.kind is VertexKind.JOIN]


def shortcuts(picture: Diagram) -> list[tuple[str, str]]:
    """Kind and note of each line in the colour of shortcuts."""
    return [(edge.kind.value, edge.note) for edge in picture.edges if edge.kind in SHORTCUTS]


def into(picture: Diagram, target: str) -> list[Edge]:
    return [edge for edge in picture.edges if edge.target == target]


def by_id(picture: Diagram, name: str) -> Vertex:
    return next(vertex for vertex in picture.vertices if vertex.id == name)


def titles(picture: Diagram) -> list[tuple[str, ...]]:
    """The lines of each frame's title."""
    return [tuple(line.text for line in cluster.title) for cluster in picture.clusters]
