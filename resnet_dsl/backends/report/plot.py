"""What plots share: the page of a self-contained SVG, its axes, ticks and grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, floor, log10
from typing import NamedTuple
from xml.sax.saxutils import escape

from resnet_dsl.backends.report.escape import printable

WIDTH, HEIGHT = 960, 600
LEFT, RIGHT, TOP, BOTTOM = 92, 924, 72, 536  # where the axes run

_STEPS = (1, 2, 5)


class Look(NamedTuple):
    """Colours: what is behind a plot, its text, its quiet text, and the lines of its grid."""

    page: str = "#ffffff"
    ink: str = "#1a1a1a"
    quiet: str = "#5f6368"
    grid: str = "#e4e6ea"


class Tick(NamedTuple):
    """A place on an axis, in pixels, and what stands there."""

    place: float
    text: str


class LogAxis(NamedTuple):
    """Decades from `low` to `high`, as powers of ten, on paper from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    @classmethod
    def around(cls, values: Sequence[float], start: float, end: float) -> LogAxis:
        """A tenth of a decade beyond the values, and a decade at least."""
        low = log10(min(values, default=1.0)) - 0.1
        high = log10(max(values, default=10.0)) + 0.1
        missing = max(0.0, 1.0 - (high - low)) / 2
        return cls(low - missing, high + missing, start, end)

    def at(self, value: float) -> float:
        share = (log10(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def marks(self) -> Iterator[float]:
        """Powers of ten, and between them 2 and 5 where there are few."""
        steps = _STEPS if self.high - self.low <= 2.5 else (1,)
        for power in range(floor(self.low), ceil(self.high) + 1):
            for step in steps:
                value = step * 10.0**power
                if self.low - 1e-9 <= log10(value) <= self.high + 1e-9:
                    yield value


class LinearAxis(NamedTuple):
    """Values from `low` to `high` on paper from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def marks(self, most: int = 10, least_step: float = 0.0) -> Iterator[float]:
        """Round numbers, at most about `most` of them."""
        rough = max((self.high - self.low) / most, least_step)
        power = 10.0 ** floor(log10(rough))
        step = next(size * power for size in (*_STEPS, 10) if size * power >= rough * (1 - 1e-9))
        first = ceil(self.low / step - 1e-9)
        for number in range(first, floor(self.high / step + 1e-9) + 1):
            yield number * step


def opening(title: str, condition: str, look: Look = Look()) -> Iterator[str]:  # noqa: B008 - immutable
    """The start of the SVG with its heading; ``</svg>`` ends it."""
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" role="img" font-family="Helvetica, Arial, sans-serif" font-size="12" '
        f'fill="{look.ink}">'
    )
    yield f"<title>{escape(printable(title))}</title>"
    yield f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{look.page}"/>'
    yield f'<text x="{LEFT}" y="32" font-size="18" font-weight="bold">{escape(printable(title))}</text>'
    yield f'<text x="{LEFT}" y="52" fill="{look.quiet}">{escape(printable(condition))}</text>'


def grid(
    across: Sequence[Tick],
    up: Sequence[Tick],
    words: tuple[str, str],
    look: Look = Look(),  # noqa: B008 - immutable
) -> Iterator[str]:
    """Lines and texts of both axes, and what each of them is."""
    for place, text in across:
        x = f"{place:.1f}"
        yield f'<line x1="{x}" y1="{TOP}" x2="{x}" y2="{BOTTOM}" stroke="{look.grid}"/>'
        yield f'<text x="{x}" y="{BOTTOM + 18}" text-anchor="middle" fill="{look.quiet}">{text}</text>'
    for place, text in up:
        yield f'<line x1="{LEFT}" y1="{place:.1f}" x2="{RIGHT}" y2="{place:.1f}" stroke="{look.grid}"/>'
        yield f'<text x="{LEFT - 8}" y="{place + 4:.1f}" text-anchor="end" fill="{look.quiet}">{text}</text>'
    middle = (LEFT + RIGHT) / 2
    yield f'<text x="{middle}" y="{BOTTOM + 42}" text-anchor="middle">{words[0]}</text>'
    height = (TOP + BOTTOM) / 2
    yield (
        f'<text x="20" y="{height}" text-anchor="middle" transform="rotate(-90 20 {height})">{words[1]}</text>'
    )
