"""From a diagram to TikZ: a document that compiles by itself, and that its author can edit.

Shapes and lines stand where Graphviz puts them, so that the picture is that of the SVG. Every kind
of box and line is a style, every colour and size is said once, in front of the picture.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from resnet_dsl.backends.graphviz.latex import latex
from resnet_dsl.backends.graphviz.legend import Key
from resnet_dsl.backends.graphviz.markup import safe_name
from resnet_dsl.backends.graphviz.model import (
    Cluster,
    Content,
    Diagram,
    Edge,
    Line,
    Matrix,
    Revision,
    Table,
    Tone,
    Vertex,
    VertexKind,
)
from resnet_dsl.backends.graphviz.palette import PAPER, Theme
from resnet_dsl.backends.graphviz.placing import Placing, Point, Route, Spot
from resnet_dsl.backends.graphviz.preamble import line_style, preamble

_NEAR = 1.5  # points: what a line may end beside the middle of a side and still be said to end there
_STRAIGHT = 0.6  # points: how far a line may bend and still be written as straight
_GAP = 0.35  # sizes of type: between a line and the text on it
_WIDER = 1.04  # LaTeX's digits and signs, against the type that room is kept for
_ROW = 1.5  # of a legend, in sizes of its type
_PART = re.compile(r"[^A-Za-z0-9]+")


def tikz(
    diagram: Diagram, placed: Placing, theme: Theme = PAPER, keys: Sequence[Key] = (), columns: int = 1
) -> str:
    """The LaTeX text of a diagram whose parts stand where `placed` says.

    `keys` are the rows of its legend, which stands below in so many columns. The same arguments
    give the same bytes.
    """
    return "\n".join(_Writer(diagram, placed, theme).text(keys, columns)) + "\n"


class _Writer:
    def __init__(self, diagram: Diagram, placed: Placing, theme: Theme) -> None:
        self._diagram = diagram
        self._placed = placed
        self._theme = theme
        self._names: dict[str, str] = {}
        straight = [(route.points[0], route.points[-1]) for route in placed.routes if _is_straight(route)]
        self._uprights = [  # by their place across: from where up to where they run
            (a[0], min(a[1], b[1]), max(a[1], b[1])) for a, b in straight if abs(a[0] - b[0]) <= _NEAR
        ]
        taken: set[str] = set()
        for shape in placed.shapes:
            name = wanted = _PART.sub("-", shape).strip("-") or "shape"
            number = 1
            while name in taken:
                number += 1
                name = f"{wanted}-{number}"
            taken.add(name)
            self._names[shape] = name

    def text(self, keys: Sequence[Key], columns: int) -> Iterator[str]:
        diagram, theme = self._diagram, self._theme
        body = list(self._picture(keys, columns))
        used = set(re.findall(r"\[([a-z ]+)", "\n".join(body)))
        name = safe_name(diagram.name)
        yield f"% {name} at level {diagram.level.value}. As a picture of its own: pdflatex."
        yield "% In a paper: take over what stands between the two lines of equals signs, and the picture."
        border = 0 if theme.background.startswith("#") else 4
        yield f"\\documentclass[tikz, border={border}bp]{{standalone}}"
        yield from preamble(theme, used)
        yield r"\begin{document}"
        yield r"\begin{tikzpicture}[x=1bp, y=1bp, every node/.style={inner sep=0bp, align=center}, page]"
        yield from (f"  {line}" if line else "" for line in body)
        yield r"\end{tikzpicture}"
        yield r"\end{document}"

    def _picture(self, keys: Sequence[Key], columns: int) -> Iterator[str]:
        yield "% frames"
        for cluster in self._diagram.clusters:
            yield from self._frame(cluster)
        yield "% boxes, joins, inputs and outputs"
        for vertex in self._diagram.vertices:
            yield from self._shape(vertex)
        if self._placed.notes:
            yield "% operators on shortcuts"
            for name, edge in self._placed.notes.items():
                yield self._note(name, edge)
        yield "% lines"
        for route in self._placed.routes:
            yield self._line(route)
        if self._diagram.heading and self._placed.heading is not None:
            yield f"\\node at {_at(self._placed.heading)} {{\\archtitle{{{latex(self._diagram.heading)}}}}};"
        if keys:
            yield "% legend"
            yield from self._legend(keys, columns)

    def _frame(self, cluster: Cluster) -> Iterator[str]:
        spot = self._placed.frames[cluster.id]
        corners = (spot.left, spot.low), (spot.left + spot.width, spot.low + spot.height)
        style = "stage" if cluster.strong else "frame"
        yield f"\\draw[{style}] {_at(corners[0])} rectangle {_at(corners[1])};"
        if cluster.id in self._placed.titles:
            title = self._placed.titles[cluster.id]
            between = r"\enspace " if cluster.id in self._placed.foot else r" \\ "
            told = between.join(self._entry(line) for line in cluster.title)
            yield f"\\node[title] at {_at((title.left, title.y))} {{{told}}};"

    def _shape(self, vertex: Vertex) -> Iterator[str]:
        spot, name = self._placed.shapes[vertex.id], self._names[vertex.id]
        if vertex.kind is VertexKind.TAP:
            yield f"\\coordinate ({name}) at {_at((spot.x, spot.y))};"
            return
        told = r" \\ ".join(self._entry(entry) for entry in vertex.content)
        yield f"\\node[{_style(vertex)}{_size(spot)}] ({name}) at {_at((spot.x, spot.y))} {{{told}}};"

    def _note(self, name: str, edge: Edge) -> str:
        spot = self._placed.shapes[name]
        told = r" \\ ".join(latex(text) for text in (edge.note, edge.shape) if text)
        style = "note in training" if edge.auxiliary else "note"
        style += ", never runs box" if edge.idle else ""
        return f"\\node[{style}{_size(spot)}] ({self._names[name]}) at {_at((spot.x, spot.y))} {{{told}}};"

    def _entry(self, entry: Content) -> str:
        if isinstance(entry, Matrix):
            rows = r" \\ ".join(latex(row) for row in entry.rows)
            return f"\\{'archresidual' if entry.shortcut else 'archlayers'}{{{rows}}}"
        if isinstance(entry, Table):
            return _table(entry)
        text = latex(entry.text)
        return {
            Tone.NORMAL: text,
            Tone.TITLE: f"\\archtitle{{{text}}}",
            Tone.QUIET: f"\\archquiet{{{text}}}",
            Tone.ACCENT: f"\\archaccent{{{text}}}",
        }[entry.tone]

    def _line(self, route: Route) -> str:
        style = line_style(route.edge.kind, training_only=route.edge.auxiliary, idle=route.edge.idle)
        bare = "" if route.arrow else ", -"
        told = ""
        if route.told is not None and route.edge.shape:
            told = f" node[tensor] at {_at(self._beside(route.told))} {{{latex(route.edge.shape)}}}"
        return f"\\draw[{style}{bare}] {self._path(route)}{told};"

    def _beside(self, room: Spot) -> Point:
        """Where the text on a line begins: above it, or right of it and well before the next one."""
        if self._placed.runs_across:
            return room.x - _WIDER * room.width / 2, room.y
        gap = _GAP * self._theme.quiet_size
        left = room.left + gap
        for x, low, high in self._uprights:
            if room.x < x and low <= room.y <= high:
                left = min(left, x - gap - _WIDER * room.width)
        return left, room.y

    def _path(self, route: Route) -> str:
        first, last = route.points[0], route.points[-1]
        if _is_straight(route):
            ends = [self._placed.shapes[route.start], self._placed.shapes[route.end]]
            if all(_away((spot.x, spot.y), first, last) <= _STRAIGHT for spot in ends):
                # Between the middles of two shapes, TikZ ends a line at their outlines by itself.
                return f"({self._names[route.start]}) -- ({self._names[route.end]})"
            return f"{self._end(route.start, first)} -- {self._end(route.end, last)}"
        path = self._end(route.start, first)
        for place in range(1, len(route.points), 3):
            one, other, end = route.points[place : place + 3]
            at = self._end(route.end, end) if end is last else _at(end)
            path += f" .. controls {_at(one)} and {_at(other)} .. {at}"
        return path

    def _end(self, name: str, point: Point) -> str:
        """A place as the side of a shape where it is one, so that the line follows the shape."""
        spot = self._placed.shapes[name]
        across, up = point[0] - spot.x, point[1] - spot.y
        for side, dx, dy in (("north", 0, 0.5), ("south", 0, -0.5), ("east", 0.5, 0), ("west", -0.5, 0)):
            if math.hypot(across - dx * spot.width, up - dy * spot.height) <= _NEAR:
                return f"({self._names[name]}.{side})"
        return _at(point)

    def _legend(self, keys: Sequence[Key], columns: int) -> Iterator[str]:
        size = self._theme.quiet_size
        rows = math.ceil(len(keys) / columns)
        for number, key in enumerate(keys):
            x = 26 * size * (number // rows)
            y = -_ROW * size * (number % rows + 2)
            start, middle, end = (x, y), (x + 2 * size, y), (x + 4 * size, y)
            if key.line is not None:
                style = line_style(key.line, training_only=key.training_only, idle=key.idle)
                yield f"\\draw[{style}] {_at(start)} -- {_at(end)};"
            elif key.box is not None:
                spot = Spot(*middle, 3 * size, size)
                yield f"\\node[{key.box.value}{_size(spot)}] at {_at(middle)} {{}};"
            elif key.sign or key.text:
                yield f"\\node[sample] at {_at(middle)} {{{latex(key.sign or key.text)}}};"
            yield f"\\node[meaning] at {_at((end[0] + size / 2, y))} {{{latex(key.meaning)}}};"


def _style(vertex: Vertex) -> str:
    if vertex.kind is VertexKind.TERMINAL:
        return "end in training" if vertex.auxiliary else "end"
    if vertex.kind is VertexKind.JOIN:
        sign = all(len(text) == 1 for text in vertex.texts)
        style = "sign" if sign else "word"
    elif all(isinstance(entry, Line | Revision) for entry in vertex.content):
        style = vertex.category.value
    else:
        style = "card"
    if vertex.idle:
        return f"{style}, never runs box"
    return f"{style}, training only box" if vertex.auxiliary else style


def _table(table: Table) -> str:
    heading = " & ".join(f"\\archquiet{{{latex(cell)}}}" for cell in table.heading)
    rows = r" \\ ".join(" & ".join(latex(cell) for cell in row) for row in table.rows)
    total = " & ".join(f"\\archtitle{{{latex(cell)}}}" if cell else "" for cell in table.total)
    columns = "ll" + "r" * (len(table.heading) - 2)
    body = rf"{heading} \\ \hline {rows} \\ \hline {total}"
    return rf"\archspread\begin{{tabular}}{{{columns}}} {body} \end{{tabular}}"


def _size(spot: Spot) -> str:
    return f", size={{{_number(spot.width)}}}{{{_number(spot.height)}}}"


def _at(point: Point) -> str:
    return f"({_number(point[0])}, {_number(point[1])})"


def _number(value: float) -> str:
    return f"{round(value, 1) + 0:g}" if abs(value) < 10_000 else f"{round(value)}"


def _is_straight(route: Route) -> bool:
    return all(_away(point, route.points[0], route.points[-1]) <= _STRAIGHT for point in route.points)


def _away(point: Point, first: Point, last: Point) -> float:
    """How far a point lies from the straight line through two others."""
    along, up = last[0] - first[0], last[1] - first[1]
    length = math.hypot(along, up) or 1.0
    return abs((point[0] - first[0]) * up - (point[1] - first[1]) * along) / length
