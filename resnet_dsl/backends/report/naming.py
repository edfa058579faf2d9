"""Where the names of a plot's dots stand: beside them, else a little away at the end of a leader line.

No name lies over a dot, a leader or another name; what finds no place goes without.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, cos, hypot, radians, sin
from typing import NamedTuple

_LINE = 13.0  # height of a name, in pixels
_BESIDE = 7.0  # from a dot's middle to its name
_AWAY = (20.0, 32.0, 46.0, 62.0, 80.0)  # lengths of leaders
_ANGLES = (
    0,
    180,
    -30,
    210,
    30,
    150,
    -60,
    240,
    60,
    120,
    -90,
    90,
    -15,
    195,
    15,
    165,
    -45,
    225,
    45,
    135,
    -75,
    255,
    75,
    105,
)
_STEP = 2.0  # a leader is looked at in pieces of this length

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


class Name(NamedTuple):
    """A place for one name. `leader` runs from its dot to it, or is empty where it stands beside."""

    box: Box
    anchor: str
    leader: tuple[Point, ...] = ()


def place_names(
    dots: Sequence[Point], widths: Sequence[float], radius: float, page: Box
) -> list[Name | None]:
    """A place for the name of each dot, in order; None where there is none left on the page.

    Names that fit beside their dots go first, so that no leader takes their room.
    """
    circles = [Box(x - radius, y - radius, x + radius, y + radius) for x, y in dots]
    taken = list(circles)
    thin = set(circles)  # dots and leaders
    found: list[Name | None] = [None] * len(dots)
    for candidates in (_beside, _away):
        for index, (dot, width) in enumerate(zip(dots, widths, strict=True)):
            if found[index] is not None:
                continue
            # Dots that lie over each other are one blot, from which several leaders may start.
            blot = Box(*(side + sign * 4 for side, sign in zip(circles[index], (-1, -1, 1, 1), strict=True)))
            others = [box for box in taken if not (box in thin and box.meets(blot))]
            for name in candidates(dot, width, radius):
                pieces = _pieces(name.leader)
                free = not any(name.box.meets(box) for box in taken)
                if free and name.box.within(page) and not any(a.meets(b) for a in pieces for b in others):
                    found[index] = name
                    taken += [name.box, *pieces]
                    thin.update(pieces)
                    break
    return found


def _beside(dot: Point, width: float, _radius: float) -> Iterator[Name]:
    x, y = dot
    for anchor, left, top in (
        ("start", x + _BESIDE, y - _LINE / 2),
        ("end", x - _BESIDE - width, y - _LINE / 2),
        ("middle", x - width / 2, y - _BESIDE - _LINE),
        ("middle", x - width / 2, y + _BESIDE),
    ):
        yield Name(Box(left, top, left + width, top + _LINE), anchor)


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
            yield Name(Box(left, top, left + width, top + _LINE), anchor, (start, end))


def _pieces(leader: tuple[Point, ...]) -> list[Box]:
    """Small boxes along a leader."""
    if not leader:
        return []
    (x, y), (far_x, far_y) = leader
    count = max(1, ceil(hypot(far_x - x, far_y - y) / _STEP))
    middles = [
        (x + (far_x - x) * (i + 0.5) / count, y + (far_y - y) * (i + 0.5) / count) for i in range(count)
    ]
    return [Box(a - 1, b - 1, a + 1, b + 1) for a, b in middles]
