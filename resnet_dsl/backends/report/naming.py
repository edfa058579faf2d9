"""Where the names of a plot's dots stand: beside them, else away at the end of a leader line.

No name lies over a dot, a leader or another name; what finds no place goes without.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from math import cos, radians, sin
from typing import NamedTuple

_LINE = 13.0  # height of a name, in pixels
_BESIDE = 7.0  # from a dot's middle to its name
_AWAY = (20.0, 32.0, 46.0, 62.0, 80.0, 100.0, 125.0, 155.0, 190.0, 230.0)  # lengths of leaders
_ANGLES = (
    *(0, 180, -30, 210, 30, 150, -60, 240, 60, 120, -90, 90),
    *(-15, 195, 15, 165, -45, 225, 45, 135, -75, 255, 75, 105),
)
_CLEAR = 2.0  # from a leader to what it passes
_APART = 5.0  # from a name to the next one on its line
_PRICE = 40.0  # of sending a name away, in pixels of leaders; and how much it grows each time
_STEPS = 8  # of the search, for each name,
_MOST_STEPS = 600  # and for all of them

Point = tuple[float, float]


class Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def within(self, other: Box) -> bool:
        return (
            self.left >= other.left
            and self.top >= other.top
            and self.right <= other.right
            and self.bottom <= other.bottom
        )

    def grown(self, by: float) -> Box:
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def widened(self) -> Box:
        return Box(self.left - _APART, self.top, self.right + _APART, self.bottom)

    def meets_line(self, line: Line) -> bool:
        """Whether some of a line lies inside (after Liang and Barsky 1984, "Line Clipping")."""
        (x, y), (far_x, far_y) = line
        enters, leaves = 0.0, 1.0
        for start, step, low, high in (
            (x, far_x - x, self.left, self.right),
            (y, far_y - y, self.top, self.bottom),
        ):
            if step == 0:
                if not low < start < high:
                    return False
                continue
            ends = sorted(((low - start) / step, (high - start) / step))
            enters, leaves = max(enters, ends[0]), min(leaves, ends[1])
        return enters < leaves


Line = tuple[Point, Point]


class Name(NamedTuple):
    """A place for one name. `leader` runs from its dot to it; None where it stands beside.

    `room` is around both; a place of less `cost` is nearer.
    """

    box: Box
    anchor: str
    room: Box
    cost: float
    leader: Line | None = None


def place_names(
    dots: Sequence[Point], widths: Sequence[float], radius: float, page: Box
) -> list[Name | None]:
    """A place for the name of each dot, in order; None where there is none left on the page.

    Each name goes to its best place, beside its dot before away from it. A name without a free place
    takes that of others, which then look for another one; whoever was sent away is dearer to send
    away again, and thinks less of that place. What counts is the state with the most names, and of
    these the shortest leaders.
    """
    return _Search(dots, widths, radius, page).names()


class _Search:
    def __init__(self, dots: Sequence[Point], widths: Sequence[float], radius: float, page: Box) -> None:
        self._circles = [Box(x - radius, y - radius, x + radius, y + radius) for x, y in dots]
        self._prices = [_PRICE] * len(dots)
        self._placed: dict[int, Name] = {}
        self._lost: dict[tuple[int, Name], float] = {}  # places that others needed more
        self._dots, self._widths, self._radius, self._page = dots, widths, radius, page
        self._places: dict[int, list[Name]] = {}

    def names(self) -> list[Name | None]:
        waiting = deque(range(len(self._dots)))
        best: dict[int, Name] = {}
        steps = min(_STEPS * len(self._dots), _MOST_STEPS)
        while waiting and steps:
            steps -= 1
            index = waiting.popleft()
            name, gone = self._chosen(index)
            if name is None:
                continue
            for other in gone:
                self._prices[other] += _PRICE
                contested = other, self._placed.pop(other)
                self._lost[contested] = self._lost.get(contested, 0.0) + _PRICE
            waiting.extend(gone)
            self._placed[index] = name
            if _worth(self._placed) > _worth(best):
                best = dict(self._placed)
        self._placed = best
        self._tidy()
        return [best.get(index) for index in range(len(self._dots))]

    def _tidy(self) -> None:
        """Takes names that the search has sent further than needed back, the furthest first."""
        moved = True
        while moved:
            moved = False
            for index in sorted(self._placed, key=lambda index: -self._placed[index].cost):
                placed = self._placed.pop(index)
                self._placed[index] = next(
                    name
                    for name in self._candidates(index)
                    if name.cost >= placed.cost
                    or not any(
                        self._collide(index, name, other, there) for other, there in self._placed.items()
                    )
                )
                if self._placed[index].cost >= placed.cost:
                    self._placed[index] = placed
                else:
                    moved = True

    def _chosen(self, index: int) -> tuple[Name | None, list[int]]:
        """The cheapest place of a name, and whose names have to go for it."""
        chosen: Name | None = None
        sent: list[int] = []
        least = float("inf")
        for name in self._candidates(index):
            if name.cost >= least:
                break
            cost, gone = name.cost + self._lost.get((index, name), 0.0), list[int]()
            for other, placed in self._placed.items():
                if self._collide(index, name, other, placed):
                    cost += self._prices[other]
                    gone.append(other)
                    if cost >= least:
                        break
            if cost < least:
                chosen, sent, least = name, gone, cost
        return chosen, sent

    def _candidates(self, index: int) -> list[Name]:
        """Places on the page, over no dot and with a leader that passes none, the cheapest first."""
        if index not in self._places:
            # Dots that lie over each other are one blot, from which several leaders may start.
            own = self._circles[index]
            passed = [circle.grown(_CLEAR) for circle in self._circles if not circle.meets(own)]
            dot, width = self._dots[index], self._widths[index]
            self._places[index] = [
                name
                for name in (*_beside(dot, width), *_away(dot, width, self._radius))
                if name.box.within(self._page)
                and not any(name.box.meets(circle) for circle in self._circles)
                and not (name.leader and any(box.meets_line(name.leader) for box in passed))
            ]
        return self._places[index]

    def _collide(self, index: int, name: Name, other: int, placed: Name) -> bool:
        if not name.room.meets(placed.room):
            return False
        if name.box.widened().meets(placed.box):
            return True
        if name.leader and placed.box.grown(_CLEAR).meets_line(name.leader):
            return True
        if placed.leader and name.box.grown(_CLEAR).meets_line(placed.leader):
            return True
        if not (name.leader and placed.leader) or self._circles[other].meets(self._circles[index]):
            return False
        return _cross(name.leader, placed.leader)


def _worth(placed: Mapping[int, Name]) -> tuple[int, float]:
    return len(placed), -sum(name.cost for name in placed.values())


def _cross(one: Line, other: Line) -> bool:
    return _parts(one, other) and _parts(other, one)


def _parts(line: Line, other: Line) -> bool:
    """Whether the ends of the other line lie on two sides of this one."""
    (x, y), (far_x, far_y) = line
    a, b = ((far_x - x) * (py - y) - (far_y - y) * (px - x) for px, py in other)
    return a * b <= 0


def _beside(dot: Point, width: float) -> Iterator[Name]:
    x, y = dot
    places = (
        ("start", x + _BESIDE, y - _LINE / 2),
        ("end", x - _BESIDE - width, y - _LINE / 2),
        ("middle", x - width / 2, y - _BESIDE - _LINE),
        ("middle", x - width / 2, y + _BESIDE),
    )
    for cost, (anchor, left, top) in enumerate(places):
        box = Box(left, top, left + width, top + _LINE)
        yield Name(box, anchor, box.widened(), cost)


def _away(dot: Point, width: float, radius: float) -> Iterator[Name]:
    x, y = dot
    for length in _AWAY:
        for angle in _ANGLES:
            across, down = cos(radians(angle)), sin(radians(angle))
            end = x + length * across, y + length * down
            start = x + radius * across, y + radius * down
            if abs(across) < 0.1:
                anchor, left, top = "middle", end[0] - width / 2, end[1] - (_LINE if down < 0 else 0)
            else:
                anchor = "start" if across > 0 else "end"
                left, top = (end[0] + 2 if across > 0 else end[0] - 2 - width), end[1] - _LINE / 2
            box = Box(left, top, left + width, top + _LINE)
            room = Box(min(left, x), min(top, y), max(box.right, x), max(box.bottom, y)).grown(_APART)
            yield Name(box, anchor, room, length, (start, end))
