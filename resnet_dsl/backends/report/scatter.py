"""Cost against size as a self-contained SVG: one dot a network, both axes logarithmic.

Same rows, same bytes. Where names would lie over each other, those of later rows are left out; every
dot tells its name and figures when it is pointed at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, floor, log10
from typing import NamedTuple
from xml.sax.saxutils import escape

from resnet_dsl.analysis.family import FamilyRow
from resnet_dsl.backends.report.escape import display_width, printable
from resnet_dsl.backends.report.quantities import byte_size, duration, scaled

_WIDTH, _HEIGHT = 960, 600
_LEFT, _RIGHT, _TOP, _BOTTOM = 92, 924, 72, 536
_INK, _FAINT, _GRID, _DOT = "#1a1a1a", "#5f6368", "#e4e6ea", "#0072b2"
_RADIUS = 4.5
_LETTER, _LINE = 6.6, 13.0  # of names, in pixels
_LONGEST = 40


class _Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: _Box) -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


class _Axis(NamedTuple):
    """Decades from `low` to `high`, as powers of ten, on paper from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        share = (log10(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> Iterator[float]:
        """Powers of ten, and between them 2 and 5 where there are few."""
        steps = (1, 2, 5) if self.high - self.low <= 2.5 else (1,)
        for power in range(floor(self.low), ceil(self.high) + 1):
            for step in steps:
                value = step * 10.0**power
                if self.low - 1e-9 <= log10(value) <= self.high + 1e-9:
                    yield value


def render_scatter(rows: Sequence[FamilyRow], condition: str = "") -> str:
    """The plot: parameters to the right; upwards the time where rows have one, else MACs."""
    return "\n".join(_document(rows, condition)) + "\n"


def _document(rows: Sequence[FamilyRow], condition: str) -> Iterator[str]:
    timed = bool(rows) and all(row.seconds is not None for row in rows)
    title = f"{'Time' if timed else 'MACs'} against parameters"
    # What has no cost stands at the least that a logarithm shows.
    sizes = [max(row.params, 1) for row in rows]
    costs = [max(row.seconds or 0.0, 1e-12) if timed else float(max(row.macs, 1)) for row in rows]
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
        f'height="{_HEIGHT}" role="img" font-family="Helvetica, Arial, sans-serif" font-size="12" '
        f'fill="{_INK}">'
    )
    yield f"<title>{title}</title>"
    yield f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>'
    yield f'<text x="{_LEFT}" y="32" font-size="18" font-weight="bold">{title}</text>'
    yield f'<text x="{_LEFT}" y="52" fill="{_FAINT}">{escape(printable(condition))}</text>'
    across, up = _axis(sizes, _LEFT, _RIGHT), _axis(costs, _BOTTOM, _TOP)
    yield from _grid(across, up, timed=timed)
    yield from _dots(rows, [across.at(size) for size in sizes], [up.at(cost) for cost in costs])
    yield "</svg>"


def _axis(values: Sequence[float], start: float, end: float) -> _Axis:
    """A tenth of a decade beyond the values, and a decade at least."""
    low = log10(min(values, default=1.0)) - 0.1
    high = log10(max(values, default=10.0)) + 0.1
    missing = max(0.0, 1.0 - (high - low)) / 2
    return _Axis(low - missing, high + missing, start, end)


def _grid(across: _Axis, up: _Axis, *, timed: bool) -> Iterator[str]:
    for tick in across.ticks():
        x = f"{across.at(tick):.1f}"
        yield f'<line x1="{x}" y1="{_TOP}" x2="{x}" y2="{_BOTTOM}" stroke="{_GRID}"/>'
        yield f'<text x="{x}" y="{_BOTTOM + 18}" text-anchor="middle" fill="{_FAINT}">{_tick(tick)}</text>'
    for tick in up.ticks():
        y = up.at(tick)
        yield f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_RIGHT}" y2="{y:.1f}" stroke="{_GRID}"/>'
        text = duration(tick) if timed else _tick(tick)
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="{_FAINT}">{text}</text>'
    middle = (_LEFT + _RIGHT) / 2
    yield f'<text x="{middle}" y="{_BOTTOM + 42}" text-anchor="middle">parameters</text>'
    height = (_TOP + _BOTTOM) / 2
    word = "time of a batch, at least" if timed else "multiply-adds of one sample"
    yield (
        f'<text x="20" y="{height}" text-anchor="middle" transform="rotate(-90 20 {height})">{word}</text>'
    )


def _tick(value: float) -> str:
    """``20 M``: a round number with its unit."""
    number, _, unit = scaled(round(value)).partition(" ")
    return f"{float(number):g} {unit}".rstrip()


def _dots(rows: Sequence[FamilyRow], xs: Sequence[float], ys: Sequence[float]) -> Iterator[str]:
    taken = [_Box(x - _RADIUS, y - _RADIUS, x + _RADIUS, y + _RADIUS) for x, y in zip(xs, ys, strict=True)]
    for row, x, y in zip(rows, xs, ys, strict=True):
        told = f"{printable(row.model)}: {scaled(row.params)} parameters, {scaled(row.macs)} MACs, "
        told += f"peak {byte_size(row.peak_bytes)}, depth {row.depth}"
        if row.seconds is not None:
            told += f", {duration(row.seconds)}"
        yield (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_RADIUS}" fill="{_DOT}" fill-opacity="0.75">'
            f"<title>{escape(told)}</title></circle>"
        )
    for row, x, y in zip(rows, xs, ys, strict=True):
        name = printable(row.model)
        name = name if len(name) <= _LONGEST else name[: _LONGEST - 3] + "..."
        width = display_width(name) * _LETTER
        for anchor, left, top in (
            ("start", x + 7, y - _LINE / 2),
            ("end", x - 7 - width, y - _LINE / 2),
            ("middle", x - width / 2, y - 7 - _LINE),
            ("middle", x - width / 2, y + 7),
        ):
            box = _Box(left, top, left + width, top + _LINE)
            inside = box.left >= _LEFT and box.right <= _WIDTH - 4 and box.top >= _TOP - _LINE
            if inside and box.bottom <= _BOTTOM and not any(box.meets(other) for other in taken):
                taken.append(box)
                at = {"start": box.left, "middle": x, "end": box.right}[anchor]
                yield (
                    f'<text x="{at:.1f}" y="{box.bottom - 3:.1f}" text-anchor="{anchor}">{escape(name)}</text>'
                )
                break
