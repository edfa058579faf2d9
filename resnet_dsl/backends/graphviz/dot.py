"""From a diagram to DOT text: the same diagram and direction give the same bytes.

The main path is kept straight by the weights of its edges; shortcuts leave and arrive at one side,
so that they run around it. In a top-down picture a frame's title stands to the left of its first
shape, where no edge crosses it; in a left-to-right one it stands at the frame's foot.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from resnet_dsl.backends.graphviz.labels import key_label, label, legend_label, one_line
from resnet_dsl.backends.graphviz.legend import legend
from resnet_dsl.backends.graphviz.lines import Lines
from resnet_dsl.backends.graphviz.markup import comment, quoted
from resnet_dsl.backends.graphviz.model import Cluster, Diagram, Level
from resnet_dsl.backends.graphviz.palette import PAPER, TEXT_SIZE, Theme
from resnet_dsl.backends.graphviz.shapes import colour, defaults, frame_attributes, listed, vertex_attributes

DIRECTIONS = ("TB", "LR")

_FRAME_MARGIN = {"TB": 11, "LR": 22}  # room for the bows of shortcuts, which dot lets run over a frame
_USUAL_LINES = 4  # of a box in a frame that has no more room than that

LEGEND_COLUMNS = {"TB": 1, "LR": 3}


def dot(diagram: Diagram, direction: str = "TB", theme: Theme = PAPER, *, with_legend: bool = False) -> str:
    """The DOT text of a diagram, top-down (``TB``) or left to right (``LR``).

    A legend stands below the picture, as its label, which no layout depends on.

    Raises `ValueError` for another direction.
    """
    if direction not in DIRECTIONS:
        raise ValueError(f"{direction!r} is no direction: {' or '.join(DIRECTIONS)}")
    return "\n".join(_Writer(diagram, direction, theme, with_legend).text()) + "\n"


class _Writer:
    def __init__(self, diagram: Diagram, direction: str, theme: Theme, with_legend: bool) -> None:
        self._keys = legend(diagram) if with_legend else ()
        self._diagram = diagram
        self._direction = direction
        self._theme = theme
        self._clusters = {cluster.id: cluster for cluster in diagram.clusters}
        self._lines = Lines(diagram, direction, theme)
        self._home = {vertex.id: vertex.cluster for vertex in diagram.vertices}
        # By frame: its taps that lead to a title, each with the frame whose title it is.
        self._titles: dict[str | None, list[tuple[str, str]]] = {}

    def text(self) -> Iterator[str]:
        name = self._diagram.name
        yield comment(name)
        yield f"digraph {quoted(name)} {{"
        yield from self._defaults()
        yield ""
        yield from self._shapes()
        yield ""
        # The main path first: what dot meets later it puts further to the side.
        for edge in sorted(self._diagram.edges, key=self._lines.distance):
            for statement in (*self._lines.statements(edge), *self._lines.order(edge)):
                yield f"  {statement}"
        for row in self._lines.across(None):
            yield f"  {row}"
        if self._diagram.legend is not None:
            yield ""
            yield f"  graph [label={legend_label(self._diagram.legend, self._theme)}, labelloc=t]"
        elif self._keys:
            columns = LEGEND_COLUMNS[self._direction]
            text = key_label(self._diagram.heading, self._keys, columns, self._theme)
            yield ""
            yield f"  graph [label={text}, labelloc=b, labeljust=l]"
        elif self._diagram.heading:  # last, so that frames do not inherit it
            yield ""
            yield f"  graph [label={quoted(self._diagram.heading)}, labelloc=t]"
        yield "}"

    def _defaults(self) -> Iterator[str]:
        ranks, neighbours = (0.22, 0.16) if self._direction == "LR" else (0.16, 0.2)
        if self._diagram.level is Level.STAGE:
            ranks, neighbours = 0.3, 0.3
        theme = self._theme
        gaps = {"ranksep": theme.scaled(ranks), "nodesep": theme.scaled(neighbours)}
        page = {"rankdir": self._direction, **gaps, "pad": "0.15", "bgcolor": colour(theme.background)}
        if self._direction == "TB" and (self._diagram.arms.level or self._has_frames_side_by_side()):
            page["newrank"] = "true"  # lets shapes of different frames stand at one height
        yield from defaults(page, theme)

    def _has_frames_side_by_side(self) -> bool:
        """Whether parallel branches of operators meet, each of which may be a frame.

        dot gives heights to frames one by one, and a join then stands beside its branches or above
        them: the picture goes down like stairs.
        """
        if self._diagram.level is not Level.OP:
            return False
        operands = Counter(edge.target for edge in self._diagram.edges if not edge.skips and edge.main)
        return any(count > 1 for count in operands.values())

    def _shapes(self) -> Iterator[str]:
        """Shapes inside their frames; those of a frame stand together in the diagram."""
        open_frames: list[str] = []
        for vertex in self._diagram.vertices:
            frames = self._frames_around(vertex.cluster)
            while open_frames != frames[: len(open_frames)]:
                yield from self._end(open_frames.pop(), _indent(open_frames))
            for frame in frames[len(open_frames) :]:
                yield from self._begin(frame, _indent(open_frames))
                open_frames.append(frame)
            for note in self._lines.notes(vertex.id):
                yield f"{_indent(open_frames)}{note}"
            yield f'{_indent(open_frames)}"{vertex.id}" [{listed(vertex_attributes(vertex, self._theme))}]'
        while open_frames:
            yield from self._end(open_frames.pop(), _indent(open_frames))
        for tap, titled in self._titles.pop(None, ()):
            yield f'  "{tap}" -> "{title_name(titled)}" [style=invis]'

    def _frames_around(self, frame: str | None) -> list[str]:
        around: list[str] = []
        while frame is not None:
            around.append(frame)
            frame = self._clusters[frame].parent
        return around[::-1]

    def _begin(self, frame: str, indent: str) -> Iterator[str]:
        cluster = self._clusters[frame]
        beside = self._stands_beside(cluster)
        below = one_line(cluster.title, self._theme) if cluster.title and not beside else '""'
        margin = f"{_FRAME_MARGIN[self._direction] + self._bulge(frame)}"
        attributes = {
            "label": below,
            "labelloc": "b",
            "labeljust": "l",
            "margin": margin,
            **frame_attributes(cluster, self._theme),
        }
        yield f'{indent}subgraph "cluster {frame}" {{'
        yield f"{indent}  graph [{listed(attributes)}]"
        if beside:
            # dot keeps shapes of one rank in the order it meets them, so the title comes first.
            text = label(cluster.title, self._theme, align="left")
            yield f'{indent}  "{title_name(frame)}" [shape=plain, style="", label={text}]'

    def _end(self, frame: str, indent: str) -> Iterator[str]:
        cluster = self._clusters[frame]
        if self._stands_beside(cluster):
            tap = self._lines.tap_before(cluster.anchor or "")
            if tap is None:
                yield f'{indent}  {{ rank=same; "{title_name(frame)}" -> "{cluster.anchor}" [style=invis] }}'
            else:
                # A tap keeps what it leads to in order: the title, the path, then the shortcut. The
                # line is written in the tap's own frame: whatever a frame names stands in it too,
                # and a shape that stands in two neighbours' frames crashes dot.
                self._titles.setdefault(self._home[tap], []).append((tap, frame))
        for tap, titled in self._titles.pop(frame, ()):
            yield f'{indent}  "{tap}" -> "{title_name(titled)}" [style=invis]'
        for row in self._lines.across(frame):
            yield f"{indent}  {row}"
        yield f"{indent}}}"

    def _bulge(self, frame: str) -> int:
        """What the bow around the tallest box of a frame needs more than others, in points."""
        if self._direction != "TB":
            return 0
        inside = {vertex.id: vertex for vertex in self._diagram.vertices if vertex.cluster == frame}
        if not any(
            edge.skips and edge.source in inside and edge.target in inside for edge in self._diagram.edges
        ):
            return 0
        lines = max(len(vertex.content) for vertex in inside.values()) - _USUAL_LINES
        if lines <= 0:
            return 0
        usual = _FRAME_MARGIN["TB"]
        return round((usual + 2 * lines) * self._theme.text_size / TEXT_SIZE) - usual

    def _stands_beside(self, cluster: Cluster) -> bool:
        """Whether the title is a shape of its own, to the left of the frame's first one."""
        if not cluster.title or cluster.anchor is None or self._direction != "TB":
            return False
        # dot loses a title's place to the left where it has two arms to put side by side.
        return not self._lines.holds_arms(cluster.id)


def title_name(frame: str) -> str:
    """The name of the shape that is a frame's title."""
    return f"{frame} title"


def _indent(frames: list[str]) -> str:
    return "  " * (len(frames) + 1)
