"""How shapes and frames look: the attributes of DOT's nodes and clusters."""

from __future__ import annotations

from collections.abc import Mapping

from resnet_dsl.backends.graphviz.labels import label
from resnet_dsl.backends.graphviz.markup import MAX_TOOLTIP, quoted, quoted_lines
from resnet_dsl.backends.graphviz.model import Cluster, Edge, Line, Mark, Revision, Vertex, VertexKind
from resnet_dsl.backends.graphviz.palette import (
    AUXILIARY,
    BOXES,
    CARD,
    FAINT,
    LIGHT_FRAME,
    LINE,
    QUIET,
    QUIET_SIZE,
    SHORTCUT,
    STRONG_FRAME,
    Paint,
)
from resnet_dsl.backends.graphviz.traces import TRACES

Attributes = dict[str, str]

_SIGN = {
    "shape": "circle",
    "fixedsize": "true",
    "width": "0.2",
    "height": "0.2",
    "margin": "0",
    "fontsize": "12",
}
_WORD = {"height": "0.2", "margin": '"0.08,0.02"', "fontsize": f"{QUIET_SIZE}"}
_NOTE = {"height": "0.2", "margin": '"0.06,0.02"', "fontsize": f"{QUIET_SIZE}", "penwidth": "0.7"}
_BARE = {"shape": "plaintext", "style": '""', "margin": '"0.05,0.02"'}
_POINT = {"shape": "point", "ordering": "out", "style": "filled", "width": "0.013", "height": "0.013"}


def listed(attributes: Mapping[str, str]) -> str:
    """Attributes as DOT writes them between brackets."""
    return ", ".join(f"{name}={value}" for name, value in attributes.items())


def vertex_attributes(vertex: Vertex) -> Attributes:
    """The attributes of a vertex, its label included."""
    attributes = _LOOKS[vertex.kind](vertex)
    if vertex.tooltip:
        attributes["tooltip"] = quoted(vertex.tooltip, MAX_TOOLTIP)
    return attributes


def note_attributes(edge: Edge) -> Attributes:
    """The attributes of a shape that a shortcut runs through: the operators on it and their result."""
    lines = (edge.note, edge.shape) if edge.shape else (edge.note,)
    if edge.mark is not None:
        look, plain = TRACES[edge.mark], [Line(text) for text in lines]
        if look.sign:
            plain[0] = Line(f"{look.sign} {edge.note}")
        return {"label": label(edge.revised or plain), **_NOTE, **_traced(edge.mark)}
    color = f'"{FAINT if edge.auxiliary else SHORTCUT}"'
    return {
        "label": quoted_lines(list(lines)),
        "fillcolor": "white",
        "color": color,
        "fontcolor": color,
        **_NOTE,
    }


def frame_attributes(cluster: Cluster) -> Attributes:
    """The attributes of a frame apart from its label."""
    paint = STRONG_FRAME if cluster.strong else LIGHT_FRAME
    if cluster.mark in (Mark.ADDED, Mark.REMOVED):
        return _traced(cluster.mark) | {"fillcolor": f'"{paint.fill}"'}
    return {"style": '"filled,rounded"', "fillcolor": f'"{paint.fill}"', "color": f'"{paint.outline}"'}


def _box(vertex: Vertex) -> Attributes:
    if all(isinstance(entry, Line | Revision) for entry in vertex.content):
        return {"label": label(vertex.content), **_painted(vertex, BOXES[vertex.category])}
    return {"label": label(vertex.content), "margin": '"0.12,0.09"', **_painted(vertex, CARD)}


def _join(vertex: Vertex) -> Attributes:
    size = _SIGN if all(len(text) == 1 for text in vertex.texts) else _WORD
    return {"label": label(vertex.content), **size, **_painted(vertex, BOXES[vertex.category])}


def _terminal(vertex: Vertex) -> Attributes:
    color = {"fontcolor": f'"{QUIET}"'} if vertex.auxiliary else {}
    return {"label": label(vertex.content), **_BARE, **color}


def _tap(vertex: Vertex) -> Attributes:
    color = f'"{FAINT if vertex.auxiliary else LINE}"'
    return {**_POINT, "fillcolor": color, "color": color}


def _traced(mark: Mark) -> Attributes:
    """A part of two networks: what became of it is all that its colour tells."""
    look = TRACES[mark]
    style = {"dashed": "filled,rounded,dashed"}.get(look.stroke, "filled,rounded")
    return {
        "fillcolor": f'"{look.paint.fill}"',
        "color": f'"{look.paint.outline}"',
        "fontcolor": f'"{look.ink}"',
        "style": f'"{style}"',
        "penwidth": f"{look.width}",
    }


def _painted(vertex: Vertex, paint: Paint) -> Attributes:
    if vertex.mark is not None:
        return _traced(vertex.mark)
    if vertex.auxiliary:
        dashes = {"style": '"filled,rounded,dashed"', "fontcolor": f'"{QUIET}"'}
        return {"fillcolor": f'"{AUXILIARY.fill}"', "color": f'"{AUXILIARY.outline}"', **dashes}
    return {"fillcolor": f'"{paint.fill}"', "color": f'"{paint.outline}"'}


_LOOKS = {
    VertexKind.BOX: _box,
    VertexKind.JOIN: _join,
    VertexKind.TERMINAL: _terminal,
    VertexKind.TAP: _tap,
}
