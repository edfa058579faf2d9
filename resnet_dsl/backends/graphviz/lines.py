"""How lines run: which are straight, at which side shortcuts leave, what stands on them."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_dsl.backends.graphviz.mainpath import main_path
from resnet_dsl.backends.graphviz.markup import html_text, quoted
from resnet_dsl.backends.graphviz.model import Arms, Diagram, Edge, VertexKind
from resnet_dsl.backends.graphviz.palette import PAPER, STROKES, Theme
from resnet_dsl.backends.graphviz.shapes import Attributes, listed, note_attributes
from resnet_dsl.backends.graphviz.traces import trace

# Where shortcuts run. dot orders a rank from left to right, and turned, from bottom to top: what is
# met later, as the way around is, lands on these sides by itself.
_SIDE = {"TB": "e", "LR": "n"}
_STRAIGHT = 200  # weight of an edge that must not bend: dot compacts frames with a weight of 128
_TURNED = {"tailport": "headport", "headport": "tailport", "arrowhead": "arrowtail"}


class Lines:
    """Writes the edges of one diagram.

    The operators on a shortcut are a small shape that its line runs through. A label would do, if
    dot kept room for it in the frame around.
    """

    def __init__(self, diagram: Diagram, direction: str, theme: Theme = PAPER) -> None:
        self._theme = theme
        self._gap = " " * (1 + round(theme.pen_width / 2))  # between a line and what it carries
        self._side = _SIDE[direction]
        self._arms = diagram.arms if direction == "TB" else Arms()
        self._level = set(self._arms.level)
        self._bends = self._arms.turns | {(end, after) for _, end, after in self._arms.behind}
        self._frame = {vertex.id: vertex.cluster for vertex in diagram.vertices}
        self._parent = {cluster.id: cluster.parent for cluster in diagram.clusters}
        self._summits = self._frames_with_arms()
        self._into: dict[str, list[Edge]] = {}
        for edge in diagram.edges:
            self._into.setdefault(edge.target, []).append(edge)
        joins = {vertex.id for vertex in diagram.vertices if vertex.kind is VertexKind.JOIN}
        self._taps = {vertex.id for vertex in diagram.vertices if vertex.kind is VertexKind.TAP}
        self._tap_before = {
            edge.target: edge.source
            for edge in diagram.edges
            if edge.source in self._taps and (not edge.skips or edge.target in joins)
        }
        self._main = main_path(diagram)
        self._noted = notes_of(diagram)
        reached = {edge.target for edge in diagram.edges if not edge.skips}
        reached |= joins - {edge.source for edge in diagram.edges if edge.skips}
        # Operators that lie on a shortcut, and joins within one, are reached by nothing else.
        self._on_shortcut = {edge.target for edge in diagram.edges if edge.skips} - reached

    def distance(self, edge: Edge) -> int:
        """How far from the main path a line runs: 0 along it, 2 where it is a shortcut."""
        return 2 if edge.skips else int(edge.auxiliary)

    def notes(self, target: str) -> Iterator[str]:
        """The shapes that lines to a vertex run through; they stand in its frame, right of its box."""
        for number, edge in enumerate(self._noted.get(target, ())):
            if not self._is_level(edge):
                attributes = note_attributes(edge, self._theme)
                yield f'"{note_name(target, number)}" [{listed(attributes)}]'

    def across(self, frame: str | None) -> Iterator[str]:
        """The lines between the arms of a U that stay in a frame, with the notes on them.

        They stand where both of their ends do, else dot does not know which end is on the left.
        """
        for left, right in self._arms.level:
            if self._common_frame(left, right) != frame:
                continue
            names = [f'"{left}"', f'"{right}"']
            for edge in self._into.get(right, ()):
                if edge.source != left:
                    continue
                if edge.note:
                    names.insert(1, f'"{note_name(right, self._noted[right].index(edge))}"')
                    attributes = note_attributes(edge, self._theme)
                    yield f"{names[1]} [{listed(attributes)}]"
                yield from self._statements(edge)
            yield f"{{ rank=same; {'; '.join(names)} }}"

    def _frames_with_arms(self) -> dict[str, str]:
        """The frames that hold both arms, with the uppermost shape of the rising one in each."""
        both = {frame for left, _ in self._arms.level for frame in self._frames_around(left)}
        summits: dict[str, str] = {}
        for vertex in self._frame:
            if self.is_rising(vertex):
                summits |= {frame: vertex for frame in self._frames_around(vertex) if frame and frame in both}
        return summits

    def _common_frame(self, left: str, right: str) -> str | None:
        around = self._frames_around(left)
        return next((frame for frame in self._frames_around(right) if frame in around), None)

    def _frames_around(self, vertex: str) -> list[str | None]:
        frames = [self._frame[vertex]]
        while frames[-1] is not None:
            frames.append(self._parent[frames[-1]])
        return frames

    def holds_arms(self, frame: str) -> bool:
        """Whether both arms of a U stand in a frame."""
        return frame in self._summits

    def order(self, edge: Edge) -> Iterator[str]:
        """What keeps shapes in their places: see `Arms.behind` and `MainPath.fans`."""
        for fork, join in self._main.fans.get(edge, ()):
            if not self.is_rising(join):
                yield f'"{fork}" -> "{join}" [style=invis, weight={_STRAIGHT}]'
        for bottom, end, after in self._arms.behind:
            if (edge.source, edge.target) == (end, after):
                yield f'"{bottom}" -> "{after}" [style=invis]'
        inner, outer = (self._frames_around(name) for name in (edge.target, edge.source))
        for frame in inner:
            if frame is not None and frame in self._summits and frame not in outer:
                yield f'"{edge.source}" -> "{self._summits[frame]}" [style=invis]'

    def is_rising(self, name: str) -> bool:
        """Whether a vertex stands in an arm that leads upwards."""
        return name in self._arms.rising

    def _is_level(self, edge: Edge) -> bool:
        return (edge.source, edge.target) in self._level

    def tap_before(self, target: str) -> str | None:
        """The tap that a line to a vertex starts at, if it does."""
        return self._tap_before.get(target)

    def statements(self, edge: Edge) -> Iterator[str]:
        """An edge as one statement, or two where it runs through a note; see also `across`."""
        return iter(()) if self._is_level(edge) else self._statements(edge)

    def _statements(self, edge: Edge) -> Iterator[str]:
        attributes = self._stroke(edge)
        source, target = f'"{edge.source}"', f'"{edge.target}"'
        if edge.note:
            note = f'"{note_name(edge.target, self._noted[edge.target].index(edge))}"'
            away = {name: value for name, value in attributes.items() if name != "headport"}
            back = {name: value for name, value in attributes.items() if name != "tailport"}
            yield self._directed(edge, source, note, {**away, "arrowhead": "none"})
            yield self._directed(edge, note, target, back)
            return
        if edge.shape:
            attributes = {"label": self._told(edge.shape), **attributes}
        if edge in self._main.straight and (edge.source, edge.target) not in self._bends:
            attributes["weight"] = f"{_STRAIGHT}"
        if edge.target in self._taps:
            attributes["arrowhead"] = "none"
        yield self._directed(edge, source, target, attributes)

    def _directed(self, edge: Edge, source: str, target: str, attributes: Attributes) -> str:
        """An edge, turned around where it leads upwards: dot puts the first of two above the second."""
        rises = self.is_rising(edge.target)
        if rises and (self.is_rising(edge.source) or (edge.source, edge.target) in self._arms.turns):
            source, target = target, source
            attributes = {_TURNED.get(name, name): value for name, value in attributes.items()}
            attributes["dir"] = "back"
        elif rises and not self._is_level(edge):
            attributes = {**attributes, "constraint": "false"}
        return f"{source} -> {target} [{listed(attributes)}]" if attributes else f"{source} -> {target}"

    def _told(self, shape: str) -> str:
        """The text beside a line, with a gap on the side where the line is."""
        if self._side == _SIDE["TB"]:
            return quoted(f"{self._gap}{shape}")
        gap = f'<tr><td height="{1 + round(self._theme.pen_width)}"></td></tr>'
        return f'<<table border="0" cellspacing="0" cellpadding="0"><tr><td>{html_text(shape)}</td></tr>{gap}</table>>'

    def _stroke(self, edge: Edge) -> Attributes:
        attributes: Attributes = {}
        if edge.skips:
            # What never runs lies anywhere beside the main path: no side is the one around it.
            aside = self._on_shortcut if not edge.idle and not self._is_level(edge) else None
            if aside is not None and edge.source not in aside:
                attributes["tailport"] = self._side
            if aside is not None and edge.target not in aside:
                attributes["headport"] = self._side
            attributes |= {"style": STROKES[edge.kind], "color": f'"{self._theme.shortcut}"'}
        if edge.mark is not None:
            look = trace(edge.mark, self._theme)
            attributes |= {"style": look.stroke, "color": f'"{look.paint.outline}"'}
            if look.width != self._theme.pen_width:
                attributes["penwidth"] = f"{look.width}"
        elif edge.auxiliary:
            attributes |= {"style": "dotted" if edge.idle else "dashed", "color": f'"{self._theme.faint}"'}
        return attributes


def notes_of(diagram: Diagram) -> dict[str, list[Edge]]:
    """The lines with a note, by the vertex they lead to; equal ones once."""
    noted: dict[str, list[Edge]] = {}
    for edge in diagram.edges:
        if edge.note and edge not in noted.setdefault(edge.target, []):
            noted[edge.target].append(edge)
    return noted


def note_name(target: str, number: int) -> str:
    """The name of the shape of one of the notes on lines to a vertex."""
    return f"{target} note {number}"
