"""The unravelled view of a stack of residual blocks: every path a row.

``y = x + f(x)`` put into itself, block by block, gives 2^n paths for n blocks (Veit, Wilber and
Belongie 2016, arXiv 1605.06431, figure 1). The first block stands there 2^(n-1)
times, the last one once: a block works on the sum of what comes to it, since it is not linear. So the
picture computes what the stack does, and all copies of a block share their weights.

Everything has its place, so nothing is laid out: the text asks for neato, which keeps the places.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from resnet_dsl.analysis.stacks import ResidualBlock
from resnet_dsl.backends.graphviz.markup import comment, quoted
from resnet_dsl.backends.graphviz.model import Edge, EdgeKind, Line, Tone, Vertex, VertexKind
from resnet_dsl.backends.graphviz.palette import PAPER, STROKES, TEXT_SIZE, Theme
from resnet_dsl.backends.graphviz.phrase import CHAIN, is_join, is_silent, phrase, record, shape_text
from resnet_dsl.backends.graphviz.shapes import (
    Attributes,
    colour,
    defaults,
    listed,
    note_attributes,
    vertex_attributes,
)
from resnet_dsl.diagnostics.visible import cell
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network, Node

_LAYERS = 3  # that a box lists
_NARROWEST, _MARGIN = 0.7, 0.3  # of boxes, in inches as all lengths here, at type of `TEXT_SIZE`
_TITLE, _LETTER = (0.084, 0.17), (0.062, 0.15)  # width and height of a letter in a title, and of a quiet one
_PILL = 0.75  # the least width of a join that is a word
_CLEAR = 0.12  # between a line and a box beside it
_LEAD, _AWAY, _ENDS = 0.3, 0.25, 0.55  # before a box, from it to its join, and at both ends
_POINTS = 72


class _Place(NamedTuple):
    """How far along the paths something stands, and how far across them."""

    along: float
    across: float


def unravelled(
    network: Network, stack: Sequence[ResidualBlock], direction: str = "LR", theme: Theme = PAPER
) -> str:
    """The stack's unravelled view as DOT text; paths run left to right (``LR``) or down (``TB``)."""
    return "\n".join(_Unravelling(network, stack, direction, theme).text()) + "\n"


class _Unravelling:
    def __init__(
        self, network: Network, stack: Sequence[ResidualBlock], direction: str, theme: Theme
    ) -> None:
        self._network = network
        self._stack = stack
        self._across_page = direction == "LR"
        self._theme = theme
        self._contents = [self._content(block) for block in stack]
        self._shortcuts = [self._shortcut(block) for block in stack]
        self._rows = 2 ** len(stack)
        sizes = [_size(content) for content in self._contents]
        self._box = (max(width for width, _ in sizes), max(height for _, height in sizes))
        notes = [_note_size(edge) for edge in self._shortcuts if edge.note]
        note = (max([w for w, _ in notes], default=0.0), max([h for _, h in notes], default=0.0))
        way = (0, 1) if self._across_page else (1, 0)
        self._along = max(self._box[way[0]], note[way[0]])
        signs = [record(network.node(block.join)).short for block in stack]
        words = [max(_PILL, _note_width(sign)) / 2 for sign in signs if len(sign) > 1 and self._across_page]
        self._away = max([_AWAY, *(half + _CLEAR + 0.05 for half in words)])
        self._lead = _LEAD - _AWAY + self._away
        self._ends = _ENDS - _AWAY + self._away + (0.15 if self._across_page else 0.0)
        self._pitch = (self._box[way[1]] + note[way[1]]) / 2 + _CLEAR

    def text(self) -> Iterator[str]:
        name = self._network.name
        yield comment(name)
        yield f"digraph {quoted(name)} {{"
        page = {"layout": "neato", "inputscale": f"{_POINTS}", "splines": "line", "overlap": "true"}
        page |= {"outputorder": "edgesfirst", "pad": "0.15", "bgcolor": colour(self._theme.background)}
        yield from defaults(page, self._theme)
        yield f"  graph [label={quoted(self._heading())}, labelloc=t]"
        yield ""
        yield from self._entrance()
        for number in range(1, len(self._stack) + 1):
            yield ""
            for copy in range(self._rows >> number):
                yield from self._block(number, copy)
        yield ""
        last = len(self._stack)
        yield from self._terminal("output", self._stack[-1].output, self._join_at(last, 0).along + self._ends)
        yield f'  "{last} sum 0" -> "output"'
        yield "}"

    def _heading(self) -> str:
        first, last = self._stack[0].scope.path, self._stack[-1].scope.path
        if first == last:
            return f"{self._network.title}, {first}: 2 paths"
        return f"{self._network.title}, {first} to {last}: {len(self._stack)} blocks, {self._rows} paths"

    def _entrance(self) -> Iterator[str]:
        """The input, and the line beside all rows from which each of them starts."""
        middle = (self._rows - 1) / 2
        yield from self._terminal("input", self._stack[0].start, 0.0, middle)
        corners = [(f"0 sum {row}", float(row)) for row in range(self._rows)]
        corners.insert(self._rows // 2, ("in", middle))
        for name, row in corners:
            yield self._shape(name, _Place(_ENDS, row), _tap(self._theme, self._theme.line))
        yield '  "input" -> "in" [arrowhead=none]'
        names = [name for name, _ in corners]
        half = self._rows // 2
        for way in (names[half::-1], names[half:]):  # from the middle to both ends
            for before, after in pairwise(way):
                yield f'  "{before}" -> "{after}" [arrowhead=none]'

    def _block(self, number: int, copy: int) -> Iterator[str]:
        """A copy of a block on its row, its join behind it, and the shortcut from the row above."""
        block, edge = self._stack[number - 1], self._shortcuts[number - 1]
        name, join = f"{number} block {copy}", f"{number} sum {copy}"
        at = self._join_at(number, copy)
        middle = at.along - self._away - self._along / 2
        yield self._shape(name, _Place(middle, at.across), self._box_attributes(number))
        yield self._shape(join, at, vertex_attributes(self._join(block), self._theme))
        yield f'  "{number - 1} sum {2 * copy + 1}" -> "{name}"'
        yield f'  "{name}" -> "{join}"'

        start = f"{number - 1} sum {2 * copy}"
        row = self._row(number - 1, 2 * copy)
        stroke = {"style": STROKES[edge.kind], "color": colour(self._theme.shortcut)}
        line = listed({**stroke, "arrowhead": "none"})
        if edge.note:
            note = f"{number} shortcut {copy}"
            yield self._shape(note, _Place(middle, row), note_attributes(edge, self._theme))
            yield f'  "{start}" -> "{note}" [{line}]'
            start = note
        corner = f"{number} corner {copy}"
        yield self._shape(corner, _Place(at.along, row), _tap(self._theme, self._theme.shortcut))
        yield f'  "{start}" -> "{corner}" [{line}]'
        yield f'  "{corner}" -> "{join}" [{listed(stroke)}]'

    def _row(self, number: int, copy: int) -> float:
        """The row that a copy of the first `number` blocks ends on: the last of its own."""
        return float((copy + 1) * 2**number - 1)

    def _join_at(self, number: int, copy: int) -> _Place:
        step = self._lead + self._along + self._away
        return _Place(_ENDS + number * step, self._row(number, copy))

    def _shape(self, name: str, at: _Place, attributes: Attributes) -> str:
        scale = _POINTS * self._theme.text_size / TEXT_SIZE
        along, across = at.along * scale, at.across * self._pitch * scale
        x, y = (along, -across) if self._across_page else (across, -along)
        return f'  "{name}" [{listed({**attributes, "pos": _position(x, y)})}]'

    def _terminal(self, word: str, node: int, along: float, row: float | None = None) -> Iterator[str]:
        shape = shape_text(self._network.node(node).shape)
        content = (Line(word, Tone.TITLE), Line(shape, Tone.QUIET))
        vertex = Vertex(word, VertexKind.TERMINAL, content, tooltip=word)
        place = _Place(along, self._rows - 1.0 if row is None else row)
        yield self._shape(word, place, vertex_attributes(vertex, self._theme))

    def _box_attributes(self, number: int) -> Attributes:
        block = self._stack[number - 1]
        nodes = self._nodes(block.branch)
        layers = [node for node in nodes if record(node).counts_depth]
        category = layers[0].op.category if layers else Category.IDENTITY
        told = f"{block.scope.path}: {CHAIN.join(phrase(node) for node in nodes)}"
        vertex = Vertex("", VertexKind.BOX, self._contents[number - 1], category, tooltip=told)
        width, height = (self._theme.scaled(size) for size in self._box)
        return {**vertex_attributes(vertex, self._theme), "width": width, "height": height}

    def _content(self, block: ResidualBlock) -> tuple[Line, ...]:
        lines = [phrase(node) for node in self._nodes(block.branch) if record(node).counts_depth]
        if len(lines) > _LAYERS:
            lines = [*lines[: _LAYERS - 1], f"… {len(lines) - _LAYERS + 1} more"]
        return (Line(block.scope.path, Tone.TITLE), *(Line(line, Tone.QUIET) for line in lines))

    def _join(self, block: ResidualBlock) -> Vertex:
        node = self._network.node(block.join)
        told = CHAIN.join(phrase(entry) for entry in self._nodes((block.join, *block.behind)))
        return Vertex("", VertexKind.JOIN, (Line(record(node).short),), Category.MERGE, tooltip=told)

    def _shortcut(self, block: ResidualBlock) -> Edge:
        nodes = self._nodes(block.shortcut)
        weighted = any(record(node).has_weights for node in nodes)
        spoken = [node for node in nodes if not is_silent(node) or (weighted and len(nodes) == 1)]
        note = ", ".join("gated" if is_join(node) and record(node).gates else phrase(node) for node in spoken)
        kind = EdgeKind.PARAMETER_FREE if spoken else EdgeKind.IDENTITY
        return Edge("", "", EdgeKind.PROJECTION if weighted else kind, note=note)

    def _nodes(self, ids: Sequence[int]) -> list[Node]:
        return [self._network.node(node) for node in ids]


def _tap(theme: Theme, color: str) -> Attributes:
    point = vertex_attributes(Vertex("", VertexKind.TAP), theme)
    return {**point, "color": colour(color), "fillcolor": colour(color), "penwidth": "0"}


def _position(x: float, y: float) -> str:
    return f'"{round(x, 1) + 0.0:g},{round(y, 1) + 0.0:g}!"'


def _size(content: Sequence[Line]) -> tuple[float, float]:
    """About the width and height of a box; boxes grow where a text takes more."""
    sizes = [_TITLE if line.tone is Tone.TITLE else _LETTER for line in content]
    widths = [size[0] * _columns(line.text) for line, size in zip(content, sizes, strict=True)]
    return max(_NARROWEST, _MARGIN + max(widths)), sum(size[1] for size in sizes) + 0.15


def _note_size(edge: Edge) -> tuple[float, float]:
    return _note_width(edge.note), 0.24


def _note_width(text: str) -> float:
    return _LETTER[0] * _columns(text) + 0.2


def _columns(text: str) -> int:
    return sum(cell(char)[1] for char in text)
