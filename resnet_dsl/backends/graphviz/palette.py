"""Themes: every colour, width and size of type of a picture, in one place.

Tints differ in lightness as well as hue, so that they survive a grey print and colour-blind eyes
(hues after Okabe and Ito 2008); shortcuts differ by their dashes too. Text has a contrast of at
least 4.5 to 1 with what it stands on (WCAG 2.2, success criterion 1.4.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from resnet_dsl.backends.graphviz.model import EdgeKind
from resnet_dsl.ir.contract import Category

FONT = "Helvetica,Arial,sans-serif"
TEXT_SIZE = 10  # points; what the sizes of shapes are made for

STROKES = {
    EdgeKind.FLOW: "solid",
    EdgeKind.IDENTITY: "solid",
    EdgeKind.PROJECTION: "dashed",
    EdgeKind.BRANCH: "dashed",
    EdgeKind.PARAMETER_FREE: "dotted",
    EdgeKind.CARRY: "solid",
}


@dataclass(frozen=True, slots=True)
class Paint:
    """The inside and the outline of a shape."""

    fill: str
    outline: str


@dataclass(frozen=True, slots=True)
class Theme:
    """How a picture looks. Sizes of type are in points, widths in points, colours ``#RRGGBB``.

    `background` is a colour or ``transparent``; `page` is the colour that text without a shape is
    read on, and the inside of what covers a line. `line` is the main path, `faint` what only
    training needs; `quiet` is small text.
    """

    name: str
    text_size: int
    quiet_size: int
    pen_width: float
    arrow_size: float
    background: str
    page: str
    ink: str
    line: str
    quiet: str
    faint: str
    shortcut: str
    boxes: Mapping[Category, Paint]
    card: Paint
    auxiliary: Paint
    strong_frame: Paint
    light_frame: Paint

    def scaled(self, inches: float) -> str:
        """A length that is made for type of `TEXT_SIZE` points, for this theme's type."""
        return f"{round(inches * self.text_size / TEXT_SIZE, 3):g}"


PAPER = Theme(
    name="paper",
    text_size=10,
    quiet_size=8,
    pen_width=0.9,
    arrow_size=0.5,
    background="white",
    page="white",
    ink="#1F2933",
    line="#4A525C",
    quiet="#6B7280",
    faint="#A3AAB4",
    shortcut="#C8501E",
    boxes={
        Category.CONV: Paint("#DCE8F4", "#3B6EA5"),
        Category.LINEAR: Paint("#DCEFE6", "#2B7A62"),
        Category.POOLING: Paint("#FBE9D2", "#B8741A"),
        Category.NORM: Paint("#EEF0F2", "#8A939C"),
        Category.ACTIVATION: Paint("#FDF6D8", "#A8922A"),
        Category.MERGE: Paint("#FFFFFF", "#333B44"),
        Category.RESHAPE: Paint("#F3EAF4", "#8D6A96"),
        Category.REGULARISER: Paint("#F7F7F7", "#9AA1AB"),
        Category.IDENTITY: Paint("#FFFFFF", "#8A939C"),
        Category.INPUT: Paint("#FFFFFF", "#333B44"),
    },
    card=Paint("#F4F7FB", "#3B6EA5"),
    auxiliary=Paint("#FAFAFA", "#A3AAB4"),
    strong_frame=Paint("#F6F7F9", "#CBD1D9"),
    light_frame=Paint("#FFFFFF", "#C3CAD3"),
)

THEMES = {theme.name: theme for theme in (PAPER,)}


def theme_named(name: str) -> Theme:
    """The theme of a name. Raises `ValueError` with the names there are."""
    try:
        return THEMES[name]
    except KeyError:
        raise ValueError(f"{name!r} is no theme: {', '.join(THEMES)}") from None

# The default theme's, for writers that know no other.
QUIET_SIZE = PAPER.quiet_size
INK = PAPER.ink
LINE = PAPER.line
QUIET = PAPER.quiet
FAINT = PAPER.faint
SHORTCUT = PAPER.shortcut
BOXES = PAPER.boxes
CARD = PAPER.card
AUXILIARY = PAPER.auxiliary
STRONG_FRAME = PAPER.strong_frame
LIGHT_FRAME = PAPER.light_frame
