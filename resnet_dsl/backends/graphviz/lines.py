"""How lines run: which are straight, at which side shortcuts leave, what stands on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from resnet_dsl.backends.graphviz.markup import quoted
from resnet_dsl.backends.graphviz.model import Diagram, Edge, VertexKind
from resnet_dsl.backends.graphviz.palette import FAINT, SHORTCUT, STROKES
from resnet_dsl.backends.graphviz.shapes import Attributes, listed, note_attributes

# Where shortcuts run. dot orders a rank from left to right, and turned, from bottom to top: what is
# met later, as the way around is, lands on these sides by itself.
_SIDE = {"TB": "e", "LR": "n"}
_STRAIGHT = 200  # weight of an edge that must not bend: dot compacts frames with a weight of 128
_FAN = 2  # more lines than this spread evenly, and none of them is the straight one


class Lines:
    """Writes the edges of one diagram.

    The operators on a shortcut are a small shape that its line runs through. A label would do, if
    dot kept room for it in the frame around.
    """

    def __init__(self, diagram: Diagram, direction: str) -> None:
        self._side = _SIDE[direction]
        self._taps = {vertex.id for vertex in diagram.vertices if vertex.kind is VertexKind.TAP}
        self._tap_before = {edge.target: edge.source for edge in diagram.edges if edge.source in self._taps}
        self._straight = _main_path(diagram)
        self._noted: dict[str, list[Edge]] = {}
        for edge in diagram.edges:
            noted = self._noted.setdefault(edge.target, [])
            if edge.note and edge not in noted:
                noted.append(edge)
        reached = {edge.target for edge in diagram.edges if not edge.skips}
        reached |= {vertex.id for vertex in diagram.vertices if vertex.kind is VertexKind.JOIN}
        # Operators that lie on a shortcut are reached by nothing else.
        self._on_shortcut = {edge.target for edge in diagram.edges if edge.skips} - reached

    def notes(self, target: str) -> Iterator[str]:
        """The shapes that lines to a vertex run through; they stand in its frame, right of its box."""
        for number, edge in enumerate(self._noted.get(target, ())):
            attributes = note_attributes(edge.note, auxiliary=edge.auxiliary)
            yield f"{_note(target, number)} [{listed(attributes)}]"

    def tap_before(self, target: str) -> str | None:
        """The tap that a line to a vertex starts at, if it does."""
        return self._tap_before.get(target)

    def statements(self, edge: Edge) -> Iterator[str]:
        """An edge as one statement, or two where it runs through a note."""
        attributes = self._stroke(edge)
        source, target = f'"{edge.source}"', f'"{edge.target}"'
        if edge.note:
            note = _note(edge.target, self._noted[edge.target].index(edge))
            away = {name: value for name, value in attributes.items() if name != "headport"}
            back = {name: value for name, value in attributes.items() if name != "tailport"}
            yield f"{source} -> {note} [{listed({**away, 'arrowhead': 'none'})}]"
            yield f"{note} -> {target} [{listed(back)}]"
            return
        if edge.shape:
            attributes = {"label": quoted(f" {edge.shape}"), **attributes}
        if edge in self._straight:
            attributes["weight"] = f"{_STRAIGHT}"
        if edge.target in self._taps:
            attributes["arrowhead"] = "none"
        yield f"{source} -> {target} [{listed(attributes)}]" if attributes else f"{source} -> {target}"

    def _stroke(self, edge: Edge) -> Attributes:
        attributes: Attributes = {}
        if edge.skips:
            if edge.source not in self._on_shortcut:
                attributes["tailport"] = self._side
            if edge.target not in self._on_shortcut:
                attributes["headport"] = self._side
            attributes |= {"style": STROKES[edge.kind], "color": f'"{SHORTCUT}"'}
        if edge.auxiliary:
            attributes |= {"style": "dashed", "color": f'"{FAINT}"', "fontcolor": f'"{FAINT}"'}
        return attributes


def _note(target: str, number: int) -> str:
    return f'"{target} note {number}"'


def _main_path(diagram: Diagram) -> set[Edge]:
    """The edges of the main path: from each output back along first operands."""
    into: dict[str, list[Edge]] = {}
    fan_out: Counter[str] = Counter()
    for edge in diagram.edges:
        if not edge.skips and not edge.auxiliary:
            into.setdefault(edge.target, []).append(edge)
            fan_out[edge.source] += 1
    found: set[Edge] = set()
    seen: set[str] = set()
    pending = [vertex.id for vertex in diagram.vertices if vertex.kind is VertexKind.TERMINAL]
    while pending:
        target = pending.pop()
        if target in seen or target not in into:
            continue
        seen.add(target)
        edges = into[target]
        edge = next((edge for edge in edges if edge.main), edges[0])
        if len(edges) <= _FAN and fan_out[edge.source] <= _FAN:
            found.add(edge)
        pending.append(edge.source)
    return found
