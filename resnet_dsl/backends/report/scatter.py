"""Cost against size as a self-contained SVG: one dot a network, both axes logarithmic.

Same rows, same bytes. Names stand beside their dots or at the end of a line; the heading says how many
found no room. Every dot tells its name and figures when it is pointed at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from resnet_dsl.analysis.family import FamilyRow
from resnet_dsl.backends.report.escape import display_width, printable
from resnet_dsl.backends.report.naming import Box, Name, place_names
from resnet_dsl.backends.report.plot import BOTTOM, LEFT, RIGHT, TOP, WIDTH, LogAxis, Tick, grid, opening
from resnet_dsl.backends.report.quantities import byte_size, duration, scaled

_DOT = "#0072b2"
_LEADER = "#9aa0a6"
_RADIUS = 4.5
_LETTER, _LINE = 6.6, 13.0  # of names, in pixels
_LONGEST = 40


def render_scatter(rows: Sequence[FamilyRow], condition: str = "") -> str:
    """The plot: parameters to the right; upwards the time where rows have one, else MACs.

    `condition` says under which conditions what is plotted holds.
    """
    return "\n".join(_document(rows, condition)) + "\n"


def _document(rows: Sequence[FamilyRow], condition: str) -> Iterator[str]:
    timed = bool(rows) and all(row.seconds is not None for row in rows)
    title = f"{'Time' if timed else 'MACs'} against parameters"
    # What has no cost stands at the least that a logarithm shows.
    sizes = [max(row.params, 1) for row in rows]
    costs = [max(row.seconds or 0.0, 1e-12) if timed else float(max(row.macs, 1)) for row in rows]
    across, up = LogAxis.around(sizes, LEFT, RIGHT), LogAxis.around(costs, BOTTOM, TOP)
    dots = [(across.at(size), up.at(cost)) for size, cost in zip(sizes, costs, strict=True)]
    called = _called(rows)
    widths = [display_width(_shortened(name)) * _LETTER for name in called]
    names = place_names(dots, widths, _RADIUS, Box(LEFT, TOP - _LINE, WIDTH - 4, BOTTOM))
    unnamed = names.count(None)
    if unnamed:
        told = f"no room for {unnamed:,} of {len(rows):,} names, which dots tell when pointed at"
        condition = f"{condition}; {told}" if condition else told
    yield from opening(title, condition)
    yield from grid(
        [Tick(across.at(value), _tick(value)) for value in across.marks()],
        [Tick(up.at(value), duration(value) if timed else _tick(value)) for value in up.marks()],
        ("parameters", "time of a batch, at least" if timed else "multiply-adds of one sample"),
    )
    yield from _dots(rows, called, dots, names)
    yield "</svg>"


def _tick(value: float) -> str:
    """``20 M``: a round number with its unit."""
    number, _, unit = scaled(round(value)).partition(" ")
    return f"{float(number):g} {unit}".rstrip()


def _dots(
    rows: Sequence[FamilyRow],
    called: Sequence[str],
    dots: Sequence[tuple[float, float]],
    names: Sequence[Name | None],
) -> Iterator[str]:
    for row, full, (x, y) in zip(rows, called, dots, strict=True):
        told = f"{full}: {scaled(row.params)} parameters, {scaled(row.macs)} MACs, "
        told += f"peak {byte_size(row.peak_bytes)}, depth {row.depth}"
        if row.seconds is not None:
            told += f", {duration(row.seconds)}"
        yield (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_RADIUS}" fill="{_DOT}" fill-opacity="0.75">'
            f"<title>{escape(told)}</title></circle>"
        )
    for full, name in zip(called, names, strict=True):
        if name is None:
            continue
        if name.leader:
            (x, y), (far_x, far_y) = name.leader
            yield f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{far_x:.1f}" y2="{far_y:.1f}" stroke="{_LEADER}"/>'
        box = name.box
        at = {"start": box.left, "middle": (box.left + box.right) / 2, "end": box.right}[name.anchor]
        yield (
            f'<text x="{at:.1f}" y="{box.bottom - 3:.1f}" text-anchor="{name.anchor}">'
            f"{escape(_shortened(full))}</text>"
        )


def _called(rows: Sequence[FamilyRow]) -> list[str]:
    """What each dot is called: its model, of several files' models of one name with the file."""
    times = Counter([row.model for row in rows])
    return [printable(row.model if times[row.model] == 1 else f"{row.spec}: {row.model}") for row in rows]


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST else name[: _LONGEST - 3] + "..."
