"""From a diagram to Mermaid text, which GitHub and others draw where a page has it.

Mermaid lays out by itself, so what only guides Graphviz is left out: taps, and the form of a U.
Its pages refuse a text of more than `MAX_TEXT` characters or `MAX_LINES` lines, by default
(https://mermaid.js.org/config/schema-docs/config.html: `maxTextSize`, `maxEdges`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from resnet_dsl.backends.graphviz.diagram import diagram as diagram_of
from resnet_dsl.backends.graphviz.legend import Key, legend
from resnet_dsl.backends.graphviz.markup import safe_name
from resnet_dsl.backends.graphviz.mermaid_labels import quoted, shape
from resnet_dsl.backends.graphviz.mermaid_lines import IDLE_DASHES, arrow, drawn_edges, sample_line, stroke
from resnet_dsl.backends.graphviz.model import (
    Cluster,
    Diagram,
    Edge,
    Level,
    Matrix,
    Table,
    Vertex,
    VertexKind,
)
from resnet_dsl.backends.graphviz.palette import DARK, PAPER, Paint, Theme
from resnet_dsl.ir.graph import Network

MAX_TEXT = 50_000  # UTF-16 code units
MAX_LINES = 500
_WRAPPING_WIDTH = 600  # pixels; by default Mermaid breaks what is longer than 200
DIRECTIONS = ("TB", "LR")
_DASHES = {"auxiliary": "4 3", "idle": IDLE_DASHES}


class MermaidLimit(ValueError):
    """A picture of more than Mermaid takes; `str()` says of what, in a sentence."""


def mermaid(
    diagram: Diagram, direction: str = "TB", theme: Theme = PAPER, *, with_legend: bool = False
) -> str:
    """The Mermaid text of a diagram, top-down (``TB``) or left to right (``LR``).

    The same diagram gives the same bytes. Raises `ValueError` for another direction, and
    `MermaidLimit` where pages would refuse the text.
    """
    if direction not in DIRECTIONS:
        raise ValueError(f"{direction!r} is no direction: {' or '.join(DIRECTIONS)}")
    writer = _Writer(diagram, direction, theme, legend(diagram) if with_legend else ())
    if writer.lines > MAX_LINES:
        raise MermaidLimit(
            f"level {diagram.level.value} of {diagram.name} has {writer.lines:,} lines, "
            f"and pages draw Mermaid of at most {MAX_LINES:,}"
        )
    text = "\n".join(writer.text()) + "\n"
    size = len(text.encode("utf-16-le", "replace")) // 2
    if size > MAX_TEXT:
        raise MermaidLimit(
            f"level {diagram.level.value} of {diagram.name} takes {size:,} characters, "
            f"and pages draw Mermaid of at most {MAX_TEXT:,}"
        )
    return text


def fitting_level(network: Network) -> str:
    """The finest of ``block``, ``stage`` and ``model`` that Mermaid takes, with a legend too."""
    for level in (Level.BLOCK, Level.STAGE):
        try:
            mermaid(diagram_of(network, level.value), with_legend=True)
        except MermaidLimit:
            continue
        return level.value
    return Level.MODEL.value


class _Writer:
    def __init__(self, diagram: Diagram, direction: str, theme: Theme, keys: Sequence[Key]) -> None:
        self._diagram = diagram
        self._direction = direction
        self._theme = theme
        shown = [vertex for vertex in diagram.vertices if vertex.kind is not VertexKind.TAP]
        self._shown = {vertex.id: vertex for vertex in shown}
        self._name = {vertex.id: f"n{number}" for number, vertex in enumerate(shown)}
        self._frame = {cluster.id: f"s{number}" for number, cluster in enumerate(diagram.clusters)}
        self._parent = {cluster.id: cluster for cluster in diagram.clusters}
        self._edges = drawn_edges(diagram)
        self._keys = keys
        self._samples = [sample_line(key) for key in keys if key.line is not None]

    @property
    def lines(self) -> int:
        """The number of lines, samples included."""
        return len(self._edges) + len(self._samples) + bool(self._keys)

    def text(self) -> Iterator[str]:
        yield from ("---", "config:", "  flowchart:", f"    wrappingWidth: {_WRAPPING_WIDTH}")
        # Other themes leave lines and bare text to the page, which may itself be dark.
        yield from ("  theme: dark", "---") if self._theme is DARK else ("---",)
        yield f"flowchart {self._direction}"
        yield f"  accTitle: {safe_name(self._diagram.name)}"
        yield from self._shapes()
        for edge in self._edges:
            yield f"  {self._line(edge)}"
        yield from self._legend()
        yield from self._styles()

    def _shapes(self) -> Iterator[str]:
        open_frames: list[Cluster] = []
        for vertex in self._shown.values():
            frames = self._around(vertex.cluster)
            while open_frames != frames[: len(open_frames)]:
                open_frames.pop()
                yield f"{_indent(open_frames)}end"
            for frame in frames[len(open_frames) :]:
                title = " · ".join(line.text for line in frame.title)
                yield f"{_indent(open_frames)}subgraph {self._frame[frame.id]}[{quoted([title])}]"
                open_frames.append(frame)
            yield f"{_indent(open_frames)}{self._name[vertex.id]}{shape(vertex)}"
        while open_frames:
            open_frames.pop()
            yield f"{_indent(open_frames)}end"

    def _legend(self) -> Iterator[str]:
        if not self._keys:
            return
        yield '  subgraph key["legend"]'
        yield "    direction LR"
        for number, edge in enumerate(self._samples):
            ends = (f'k{number}{side}[" "]' for side in "ab")
            yield f"    {' '.join((next(ends), arrow(edge), next(ends)))}"
        rest = [key for key in self._keys if key.line is None]
        for number, key in enumerate(key for key in rest if key.box is not None):
            yield f"    c{number}[{quoted([key.meaning])}]"
        told = [
            f"{key.sign or key.text}: {key.meaning}"
            for key in rest
            if (key.sign or key.text) and not key.matrix
        ]
        told += [key.meaning for key in rest if key.box is None and not (key.sign or key.text)]
        yield f"    told[{quoted(told)}]"
        yield "  end"
        # An invisible line keeps it behind the picture; beside it, its height would stretch that.
        yield f"  {self._name[self._diagram.vertices[-1].id]} ~~~ key"

    def _around(self, frame: str | None) -> list[Cluster]:
        around: list[Cluster] = []
        while frame is not None:
            around.append(self._parent[frame])
            frame = self._parent[frame].parent
        return around[::-1]

    def _line(self, edge: Edge) -> str:
        return f"{self._name[edge.source]} {arrow(edge)} {self._name[edge.target]}"

    def _styles(self) -> Iterator[str]:
        """Colours, each kind of shape and line once."""
        theme = self._theme
        members: dict[str, list[str]] = {}
        paints: dict[str, tuple[Paint, str]] = {}
        for vertex in self._shown.values():
            if vertex.kind is VertexKind.TERMINAL:
                members.setdefault("terminal", []).append(self._name[vertex.id])
                continue
            kind, paint = self._paint(vertex)
            paints[kind] = paint, theme.quiet if vertex.auxiliary else theme.ink
            members.setdefault(kind, []).append(self._name[vertex.id])
        for cluster in self._diagram.clusters:
            kind = "stage" if cluster.strong else "frame"
            paints[kind] = theme.strong_frame if cluster.strong else theme.light_frame, theme.ink
            members.setdefault(kind, []).append(self._frame[cluster.id])
        if self._keys:
            members.setdefault("terminal", []).extend(self._bare_keys())
            for number, category in enumerate(key.box for key in self._keys if key.box is not None):
                members[category.name.lower()].append(f"c{number}")
        for kind, names in members.items():
            look = "fill:none,stroke:none"  # an input or output: bare text in the page's colour
            if kind in paints:
                (paint, ink) = paints[kind]
                look = f"fill:{paint.fill},stroke:{paint.outline},color:{ink}"
            dashes = f",stroke-dasharray:{_DASHES[kind]}" if kind in _DASHES else ""
            yield f"  classDef {kind} {look}{dashes}"
            yield f"  class {','.join(names)} {kind}"
        if self._keys:
            yield f"  style key fill:none,stroke:{theme.faint}"
        looks = sorted(
            (stroke(edge, self._theme), number) for number, edge in enumerate((*self._edges, *self._samples))
        )
        for look, entries in groupby(looks, key=lambda entry: entry[0]):
            if look:
                yield f"  linkStyle {','.join(str(number) for _, number in entries)} {look}"

    def _bare_keys(self) -> Iterator[str]:
        yield from (f"k{number}{side}" for number in range(len(self._samples)) for side in "ab")
        yield "told"

    def _paint(self, vertex: Vertex) -> tuple[str, Paint]:
        if vertex.auxiliary:
            return "idle" if vertex.idle else "auxiliary", self._theme.auxiliary
        if any(isinstance(entry, Matrix | Table) for entry in vertex.content):
            return "card", self._theme.card
        return vertex.category.name.lower(), self._theme.boxes[vertex.category]


def _indent(frames: Sequence[Cluster]) -> str:
    return "  " * (len(frames) + 1)
