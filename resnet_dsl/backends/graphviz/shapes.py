"""How shapes and frames look: the attributes of DOT's nodes and clusters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from resnet_dsl.backends.graphviz.labels import label
from resnet_dsl.backends.graphviz.markup import MAX_TOOLTIP, quoted, quoted_lines
from resnet_dsl.backends.graphviz.model import Cluster, Edge, Line, Mark, Revision, Vertex, VertexKind
from resnet_dsl.backends.graphviz.palette import FONT, PAPER, Paint, Theme
from resnet_dsl.backends.graphviz.traces import trace

Attributes = dict[str, str]

_BARE = {"shape": "plaintext", "style": '""', "margin": '"0.05,0.02"'}
_POINT = {"shape": "point", "ordering": "out", "style": "filled", "width": "0.013", "height": "0.013"}


def listed(attributes: Mapping[str, str]) -> str:
    """Attributes as DOT writes them between brackets."""
    return ", ".join(f"{name}={value}" for name, value in attributes.items())


def vertex_attributes(vertex: Vertex, theme: Theme = PAPER) -> Attributes:
    """The attributes of a vertex, its label included."""
    attributes = _LOOKS[vertex.kind](vertex, theme)
    if vertex.tooltip:
        attributes["tooltip"] = quoted(vertex.tooltip, MAX_TOOLTIP)
    return attributes


def defaults(page: Mapping[str, str], theme: Theme) -> Iterator[str]:
    """What all shapes and lines of a picture share; `page` says how it is laid out."""
    font = {"fontname": f'"{FONT}"', "fontcolor": f'"{theme.ink}"', "fontsize": f"{theme.text_size}"}
    pen = {"penwidth": f"{theme.pen_width}"}
    box = {"shape": "box", "style": '"filled,rounded"', "height": theme.scaled(0.26)}
    box |= {"margin": _margin(theme, 0.12, 0.045)}
    line = {
        "color": f'"{theme.line}"',
        "arrowsize": f"{theme.arrow_size}",
        "fontcolor": f'"{theme.quiet}"',
        "fontsize": f"{theme.quiet_size}",
    }
    yield f"  graph [{listed({**page, **font})}]"
    yield f"  node [{listed(box | pen | font)}]"
    yield f"  edge [{listed(font | pen | line)}]"


def note_attributes(edge: Edge, theme: Theme = PAPER) -> Attributes:
    """The attributes of a shape that a shortcut runs through: the operators on it and their result."""
    lines = (edge.note, edge.shape) if edge.shape else (edge.note,)
    size = {
        "height": theme.scaled(0.2),
        "margin": _margin(theme, 0.06, 0.02),
        "fontsize": f"{theme.quiet_size}",
        "penwidth": f"{round(theme.pen_width - 0.2, 1)}",
    }
    if edge.mark is not None:
        look, plain = trace(edge.mark, theme), [Line(text) for text in lines]
        if look.sign:
            plain[0] = Line(f"{look.sign} {edge.note}")
        return {"label": label(edge.revised or plain, theme), **size, **_traced(edge.mark, theme)}
    color, ink = (theme.faint, theme.quiet) if edge.auxiliary else (theme.shortcut, theme.accent)
    return {
        "label": quoted_lines(list(lines)),
        "fillcolor": colour(theme.page),
        "color": f'"{color}"',
        "fontcolor": f'"{ink}"',
        **size,
        **({"style": '"filled,rounded,dotted"'} if edge.idle else {}),
    }


def frame_attributes(cluster: Cluster, theme: Theme = PAPER) -> Attributes:
    """The attributes of a frame apart from its label."""
    paint = theme.strong_frame if cluster.strong else theme.light_frame
    if cluster.mark in (Mark.ADDED, Mark.REMOVED):
        return _traced(cluster.mark, theme) | {"fillcolor": f'"{paint.fill}"'}
    return {"style": '"filled,rounded"', "fillcolor": f'"{paint.fill}"', "color": f'"{paint.outline}"'}


def colour(value: str) -> str:
    """A colour as DOT writes it: a name as it is, a number quoted."""
    return value if value.isalpha() else f'"{value}"'


def _margin(theme: Theme, width: float, height: float) -> str:
    return f'"{theme.scaled(width)},{theme.scaled(height)}"'


def _box(vertex: Vertex, theme: Theme) -> Attributes:
    attributes = {"label": label(vertex.content, theme)}
    if all(isinstance(entry, Line | Revision) for entry in vertex.content):
        return attributes | _painted(vertex, theme.boxes[vertex.category], theme)
    return attributes | {"margin": _margin(theme, 0.12, 0.09)} | _painted(vertex, theme.card, theme)


def _join(vertex: Vertex, theme: Theme) -> Attributes:
    attributes = {"label": label(vertex.content, theme)}
    if all(len(text) == 1 for text in vertex.texts):  # a sign, in a circle
        side = theme.scaled(0.2)
        attributes |= {"shape": "circle", "fixedsize": "true", "width": side, "height": side}
        attributes |= {"margin": "0", "fontsize": f"{theme.text_size * 6 // 5}"}
    else:
        attributes |= {"height": theme.scaled(0.2), "margin": _margin(theme, 0.08, 0.02)}
        attributes |= {"fontsize": f"{theme.quiet_size}"}
    return attributes | _painted(vertex, theme.boxes[vertex.category], theme)


def _terminal(vertex: Vertex, theme: Theme) -> Attributes:
    color = {"fontcolor": f'"{theme.quiet}"'} if vertex.auxiliary else {}
    return {"label": label(vertex.content, theme), **_BARE, **color}


def _tap(vertex: Vertex, theme: Theme) -> Attributes:
    color = f'"{theme.faint if vertex.auxiliary else theme.line}"'
    return {**_POINT, "fillcolor": color, "color": color}


def _traced(mark: Mark, theme: Theme) -> Attributes:
    """A part of two networks: what became of it is all that its colour tells."""
    look = trace(mark, theme)
    style = {"dashed": "filled,rounded,dashed"}.get(look.stroke, "filled,rounded")
    return {
        "fillcolor": f'"{look.paint.fill}"',
        "color": f'"{look.paint.outline}"',
        "fontcolor": f'"{look.ink}"',
        "style": f'"{style}"',
        "penwidth": f"{look.width}",
    }


def _painted(vertex: Vertex, paint: Paint, theme: Theme) -> Attributes:
    if vertex.mark is not None:
        return _traced(vertex.mark, theme)
    if not vertex.auxiliary:
        return {"fillcolor": f'"{paint.fill}"', "color": f'"{paint.outline}"'}
    return {
        "fillcolor": f'"{theme.auxiliary.fill}"',
        "color": f'"{theme.auxiliary.outline}"',
        "style": f'"filled,rounded,{"dotted" if vertex.idle else "dashed"}"',
        "fontcolor": f'"{theme.quiet}"',
    }


_LOOKS = {
    VertexKind.BOX: _box,
    VertexKind.JOIN: _join,
    VertexKind.TERMINAL: _terminal,
    VertexKind.TAP: _tap,
}
