"""Where Graphviz puts the parts of a diagram, for writers that draw them themselves.

Lengths are in big points (1/72 inch), y grows upwards, the origin is the lower left corner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from resnet_dsl.backends.graphviz.dot import dot, title_name
from resnet_dsl.backends.graphviz.lines import note_name, notes_of
from resnet_dsl.backends.graphviz.model import Diagram, Edge
from resnet_dsl.backends.graphviz.palette import PAPER, STROKES, Theme
from resnet_dsl.backends.graphviz.render import SECONDS, layout

_POINTS = 72  # an inch

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Spot:
    """A rectangle by its centre."""

    x: float
    y: float
    width: float
    height: float

    @property
    def left(self) -> float:
        return self.x - self.width / 2

    @property
    def low(self) -> float:
        return self.y - self.height / 2


@dataclass(frozen=True, slots=True)
class Route:
    """How a line runs, or half of one that runs through a note.

    `start` and `end` are names of shapes. `points` are those of a chain of Bezier curves: a place,
    then two controls and a place each. `told` is the room of the text on the line.
    """

    edge: Edge
    start: str
    end: str
    points: tuple[Point, ...]
    arrow: bool
    told: Spot | None = None


@dataclass(slots=True)
class Placing:
    """The places of a picture: shapes and notes by name, frames and their titles by the frame's id.

    `runs_across` says that lines run from left to right, so that text stands above them; `notes` tells
    the line that each note belongs to; titles in `foot` stand at the foot of their frame.
    """

    size: Point
    runs_across: bool = False
    shapes: dict[str, Spot] = field(default_factory=dict)
    notes: dict[str, Edge] = field(default_factory=dict)
    frames: dict[str, Spot] = field(default_factory=dict)
    titles: dict[str, Spot] = field(default_factory=dict)
    foot: set[str] = field(default_factory=set)
    routes: list[Route] = field(default_factory=list)
    heading: Point | None = None


def placing(
    diagram: Diagram, direction: str = "TB", theme: Theme = PAPER, *, seconds: float = SECONDS
) -> Placing:
    """Lays a diagram out. Raises `RenderError` where there is nothing to do it with, or no time."""
    found = layout(dot(diagram, direction, theme), seconds=seconds)
    right, top = _numbers(found["bb"])[2:]
    placed = Placing((right, top), runs_across=direction == "LR")
    if diagram.heading:
        placed.heading = _point(found["lp"])
    named = {note_name(target, i): e for target, es in notes_of(diagram).items() for i, e in enumerate(es)}
    titles = {title_name(cluster.id): cluster.id for cluster in diagram.clusters}
    frames = {f"cluster {cluster.id}": cluster.id for cluster in diagram.clusters}
    names: dict[int, str] = {}
    for part in found.get("objects", ()):
        name = names[part["_gvid"]] = part["name"]
        if name in frames:
            placed.frames[frames[name]] = _frame(part)
            if "lp" in part:
                placed.titles[frames[name]] = _title(part)
                placed.foot.add(frames[name])
        elif name in titles:
            placed.titles[titles[name]] = _shape(part)
        elif "pos" in part:
            placed.shapes[name] = _shape(part)
            if name in named:
                placed.notes[name] = named[name]
    drawn = [part for part in found.get("edges", ()) if part.get("style") != "invis"]
    placed.routes = _routes(diagram, drawn, names, named, theme)
    return placed


def _routes(
    diagram: Diagram,
    drawn: Sequence[Mapping[str, Any]],
    names: Mapping[int, str],
    notes: Mapping[str, Edge],
    theme: Theme,
) -> list[Route]:
    waiting: dict[tuple[str, str], list[Edge]] = {}
    for edge in diagram.edges:
        waiting.setdefault((edge.source, edge.target), []).append(edge)
    routes: list[Route] = []
    for part in sorted(drawn, key=lambda part: int(part["_gvid"])):
        start, end = names[part["tail"]], names[part["head"]]
        back = part.get("dir") == "back"
        if back:
            start, end = end, start
        arrow = part.get("arrowtail" if back else "arrowhead") != "none"
        if start in notes or end in notes:
            edge = notes[start if start in notes else end]
        else:
            # Two lines between the same shapes differ in looks, or are equal.
            looks = part.get("style", "solid"), part.get("color") == theme.shortcut
            edges = waiting[start, end]
            edge = next((one for one in edges if (STROKES[one.kind], one.skips) == looks), edges[0])
            if len(edges) > 1:
                edges.remove(edge)
        told = _text(part) if "lp" in part else None
        routes.append(Route(edge, start, end, _points(part["pos"], back=back), arrow, told))
    return routes


def _points(text: str, *, back: bool) -> tuple[Point, ...]:
    """The curve of an edge, with the tips of its arrows, from where it leaves to where it arrives."""
    tips: dict[str, Point] = {}
    points: list[Point] = []
    for entry in text.split():
        if entry.startswith(("s,", "e,")):
            tips[entry[0]] = _point(entry[2:])
        else:
            points.append(_point(entry))
    points[0] = tips.get("s", points[0])
    points[-1] = tips.get("e", points[-1])
    return tuple(reversed(points) if back else points)


def _text(part: Mapping[str, Any]) -> Spot:
    """Where the text on a line stands; its size is told where it is drawn."""
    x, y = _point(part["lp"])
    drawn = [entry for entry in part["_ldraw_"] if entry["op"] == "T"]
    return Spot(x, y, max(float(entry["width"]) for entry in drawn), 0)


def _numbers(text: str) -> list[float]:
    return [float(entry) for entry in text.split(",")]


def _point(text: str) -> Point:
    x, y = _numbers(text)
    return x, y


def _shape(part: Mapping[str, Any]) -> Spot:
    x, y = _point(part["pos"])
    return Spot(x, y, float(part["width"]) * _POINTS, float(part["height"]) * _POINTS)


def _frame(part: Mapping[str, Any]) -> Spot:
    left, low, right, top = _numbers(part["bb"])
    return Spot((left + right) / 2, (low + top) / 2, right - left, top - low)


def _title(part: Mapping[str, Any]) -> Spot:
    x, y = _point(part["lp"])
    return Spot(x, y, float(part["lwidth"]) * _POINTS, float(part["lheight"]) * _POINTS)
