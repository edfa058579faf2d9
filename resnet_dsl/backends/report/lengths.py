"""The lengths of paths as a self-contained SVG: how many paths, and what they weigh, by length.

Each length has two bars, its share of the paths and its share of the weight; the band
behind them is the middle 95 % of the weight. Same paths, same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple
from xml.sax.saxutils import escape

from resnet_dsl.analysis.paths import Lengths, Paths
from resnet_dsl.backends.graphviz.palette import PAPER, Theme
from resnet_dsl.backends.report.path_rows import (
    WORDS,
    Measure,
    default_measure,
    number,
    share_text,
    total_text,
)
from resnet_dsl.backends.report.plot import BOTTOM, LEFT, RIGHT, TOP, LinearAxis, Look, Tick, grid, opening
from resnet_dsl.ir.contract import Category

_MOST_TOLD = 200  # lengths that tell their figures when they are pointed at
_WIDEST = 100.0  # pixels that the bars of a length take
_BESIDE = 24.0  # from which width on they stand beside each other
_LETTER = 6.6


class Series(NamedTuple):
    """Colours of the chart: the page, the bars of paths, those of weight, and the band."""

    look: Look
    paths: str
    weight: str
    band: str


def themed(theme: Theme) -> Series:
    """A chart in the colours of diagrams."""
    page = "#FFFFFF" if theme.page == "white" else theme.page
    look = Look(page, theme.ink, theme.quiet, _blend(page, theme.quiet, 0.16))
    return Series(look, theme.boxes[Category.CONV].outline, theme.shortcut, _blend(page, theme.quiet, 0.08))


def _blend(below: str, above: str, share: float) -> str:
    """A colour with a share of another over it; both are ``#RRGGBB``."""
    pairs = [(int(below[at : at + 2], 16), int(above[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join([f"{round(low + share * (high - low)):02X}" for low, high in pairs])


_PAPER = themed(PAPER)


def render_lengths(title: str, paths: Paths, measure: Measure | None = None, colours: Series = _PAPER) -> str:
    """The chart of one network; `measure` as in `paths.render_paths`."""
    return "\n".join(_document(title, paths, measure or default_measure(paths), colours)) + "\n"


def _document(title: str, paths: Paths, measure: Measure, colours: Series) -> Iterator[str]:
    lengths = paths.branches if measure == "branches" else paths.layers
    rows = lengths.rows
    shares = [row.paths / paths.total for row in rows]
    weights = [row.weight for row in rows]
    weighs = paths.joins > 0
    # A margin of a bar's width on both sides, and of some lengths where there are few.
    margin = max(1.0, 0.02 * (rows[-1].length - rows[0].length))
    across = LinearAxis(rows[0].length - margin, rows[-1].length + margin, LEFT, RIGHT)
    up = LinearAxis(0.0, 100 * max([*shares, *(weights if weighs else ())]) * 1.12, BOTTOM, TOP)
    steps = _gaps(lengths)
    width = min(_WIDEST, 0.84 * steps * (across.at(1) - across.at(0)))

    condition = f"{total_text(paths.total)} path{'s' if paths.total > 1 else ''}"
    if weighs:
        condition += f"; weight: {paths.decay:g}^branches, scaled to a sum of one"
    yield from opening(f"Paths through {title}", condition, colours.look)
    if weighs:
        low, high = (across.at(length) for length in lengths.effective)
        left, right = max(LEFT, low - 0.6 * width), min(RIGHT, high + 0.6 * width)
        yield (
            f'<rect x="{left:.1f}" y="{TOP}" width="{right - left:.1f}" height="{BOTTOM - TOP}" '
            f'fill="{colours.band}"/>'
        )
    yield from grid(
        [
            Tick(across.at(mark), f"{mark:.0f}")
            for mark in across.marks(16, least_step=1.0)
            if rows[0].length <= mark <= rows[-1].length
        ],
        [Tick(up.at(mark), f"{mark:g} %") for mark in up.marks(8)],
        (f"{WORDS[measure]} on a path", "share"),
        colours.look,
    )
    places = [across.at(row.length) for row in rows]
    tops = [up.at(100 * share) for share in shares]
    if weighs:
        heavy = [up.at(100 * weight) for weight in weights]
        beside = width / 4 if width >= _BESIDE else 0.0
        yield _bars([place - beside for place in places], tops, width - 2 * beside, colours.paths)
        yield _bars([place + beside for place in places], heavy, width - 2 * beside, colours.weight)
        tops = [min(pair) for pair in zip(tops, heavy, strict=True)]
    else:
        yield _bars(places, tops, width, colours.paths)
    if len(rows) <= _MOST_TOLD:
        for place, row, share in zip(places, rows, shares, strict=True):
            told = f"{row.length} {WORDS[measure]}: {number(row.paths)} paths, {share_text(share)}"
            told += f", weight {share_text(row.weight)}" if weighs else ""
            yield (
                f'<rect x="{place - width / 2:.1f}" y="{TOP}" width="{width:.1f}" height="{BOTTOM - TOP}" '
                f'fill-opacity="0"><title>{escape(told)}</title></rect>'
            )
    yield from _legend(lengths, paths, colours, list(zip(places, tops, strict=True)))
    yield "</svg>"


def _gaps(lengths: Lengths) -> int:
    """The least distance of two lengths; 1 where there is one."""
    rows = lengths.rows
    return min([after.length - before.length for before, after in pairwise(rows)] or [1])


def _bars(places: Sequence[float], tops: Sequence[float], width: float, colour: str) -> str:
    """All bars of one kind as one shape."""
    outline = [
        f"M{place - width / 2:.2f} {BOTTOM}V{top:.2f}h{width:.2f}V{BOTTOM}z"
        for place, top in zip(places, tops, strict=True)
        if BOTTOM - top >= 0.05
    ]
    return f'<path d="{"".join(outline)}" fill="{colour}" fill-opacity="0.6"/>'


def _legend(
    lengths: Lengths, paths: Paths, colours: Series, bars: Sequence[tuple[float, float]]
) -> Iterator[str]:
    """What the colours are, on the right, or on the left where bars stand there."""
    entries = [(colours.paths, f"share of the paths, mean {lengths.mean:.4g}")]
    if paths.joins:
        low, high = lengths.effective
        on = share_text(lengths.effective_paths / paths.total)
        entries.append((colours.weight, f"share of the weight, mean {lengths.weighted_mean:.4g}"))
        entries.append((colours.band, f"{low} to {high}: 95 % of the weight, {on} of the paths"))
    size = max(len(text) for _, text in entries) * _LETTER + 24
    foot = TOP + 20 * len(entries) + 4
    on_right = any(place > RIGHT - size and top < foot for place, top in bars)
    on_left = any(place < LEFT + size and top < foot for place, top in bars)
    left = LEFT + 12 if on_right and not on_left else RIGHT - size
    yield (
        f'<rect x="{left - 6:.1f}" y="{TOP}" width="{size + 6:.1f}" height="{foot - TOP}" '
        f'fill="{colours.look.page}" fill-opacity="0.85"/>'
    )
    for line, (colour, text) in enumerate(entries):
        y = TOP + 14 + 20 * line
        opacity = "1" if colour == colours.band else "0.6"
        yield (
            f'<rect x="{left:.1f}" y="{y - 9}" width="12" height="12" fill="{colour}" '
            f'fill-opacity="{opacity}" stroke="{colours.look.quiet}" stroke-width="0.5"/>'
        )
        yield f'<text x="{left + 18:.1f}" y="{y + 1}">{escape(text)}</text>'
