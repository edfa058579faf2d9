"""Cost against size as a self-contained SVG: one dot a network, both axes logarithmic.

Same rows, same bytes. Where names would lie over each other, those of later rows are left out; every
dot tells its name and figures when it is pointed at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

from resnet_dsl.analysis.family import FamilyRow
from resnet_dsl.backends.report.escape import display_width, printable
from resnet_dsl.backends.report.plot import BOTTOM, LEFT, RIGHT, TOP, WIDTH, LogAxis, Tick, grid, opening
from resnet_dsl.backends.report.quantities import byte_size, duration, scaled

_DOT = "#0072b2"
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


def render_scatter(rows: Sequence[FamilyRow], condition: str = "") -> str:
    """The plot: parameters to the right; upwards the time where rows have one, else MACs."""
    return "\n".join(_document(rows, condition)) + "\n"


def _document(rows: Sequence[FamilyRow], condition: str) -> Iterator[str]:
    timed = bool(rows) and all(row.seconds is not None for row in rows)
    title = f"{'Time' if timed else 'MACs'} against parameters"
    # What has no cost stands at the least that a logarithm shows.
    sizes = [max(row.params, 1) for row in rows]
    costs = [max(row.seconds or 0.0, 1e-12) if timed else float(max(row.macs, 1)) for row in rows]
    yield from opening(title, condition)
    across, up = LogAxis.around(sizes, LEFT, RIGHT), LogAxis.around(costs, BOTTOM, TOP)
    yield from grid(
        [Tick(across.at(value), _tick(value)) for value in across.marks()],
        [Tick(up.at(value), duration(value) if timed else _tick(value)) for value in up.marks()],
        ("parameters", "time of a batch, at least" if timed else "multiply-adds of one sample"),
    )
    yield from _dots(rows, [across.at(size) for size in sizes], [up.at(cost) for cost in costs])
    yield "</svg>"


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
            inside = box.left >= LEFT and box.right <= WIDTH - 4 and box.top >= TOP - _LINE
            if inside and box.bottom <= BOTTOM and not any(box.meets(other) for other in taken):
                taken.append(box)
                at = {"start": box.left, "middle": x, "end": box.right}[anchor]
                yield (
                    f'<text x="{at:.1f}" y="{box.bottom - 3:.1f}" text-anchor="{anchor}">{escape(name)}</text>'
                )
                break
