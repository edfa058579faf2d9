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
    training needs; `quiet` is small text, `accent` small text on or about shortcuts.
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
    accent: str
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
    quiet="#586271",
    faint="#8B939E",
    shortcut="#C8501E",
    accent="#A23C0C",
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
    auxiliary=Paint("#FAFAFA", "#8B939E"),
    strong_frame=Paint("#F6F7F9", "#CBD1D9"),
    light_frame=Paint("#FFFFFF", "#C3CAD3"),
)

# Larger and bolder, for light slides of any tint: nothing is painted behind the picture.
SLIDES = Theme(
    name="slides",
    text_size=15,
    quiet_size=12,
    pen_width=1.8,
    arrow_size=0.8,
    background="transparent",
    page="white",
    ink="#11181F",
    line="#333B44",
    quiet="#4A5360",
    faint="#8A929C",
    shortcut="#C8450C",
    accent="#943104",
    boxes={
        Category.CONV: Paint("#BBD6F0", "#1F5C9E"),
        Category.LINEAR: Paint("#B4E0CF", "#0F6B50"),
        Category.POOLING: Paint("#FAD9A8", "#9C5C05"),
        Category.NORM: Paint("#E1E5E9", "#6B747E"),
        Category.ACTIVATION: Paint("#FBECA6", "#857012"),
        Category.MERGE: Paint("#FFFFFF", "#11181F"),
        Category.RESHAPE: Paint("#E6D3EA", "#764A82"),
        Category.REGULARISER: Paint("#F0F1F2", "#7C848E"),
        Category.IDENTITY: Paint("#FFFFFF", "#6B747E"),
        Category.INPUT: Paint("#FFFFFF", "#11181F"),
    },
    card=Paint("#E6F0FA", "#1F5C9E"),
    auxiliary=Paint("#F7F7F7", "#8A929C"),
    strong_frame=Paint("#F1F3F6", "#A9B2BD"),
    light_frame=Paint("#FFFFFF", "#A9B2BD"),
)

# For dark pages and slides; says its own background, so that it is readable anywhere.
DARK = Theme(
    name="dark",
    text_size=10,
    quiet_size=8,
    pen_width=1.0,
    arrow_size=0.5,
    background="#12171E",
    page="#12171E",
    ink="#E8ECF1",
    line="#CBD3DC",
    quiet="#A9B2BD",
    faint="#6A7480",
    shortcut="#F0762B",
    accent="#FFB07C",
    boxes={
        Category.CONV: Paint("#1F3A56", "#6FA8DC"),
        Category.LINEAR: Paint("#17433A", "#5BBFA0"),
        Category.POOLING: Paint("#4A3414", "#D9A04A"),
        Category.NORM: Paint("#2A313A", "#8A939C"),
        Category.ACTIVATION: Paint("#413A15", "#C9B44C"),
        Category.MERGE: Paint("#12171E", "#D5DBE2"),
        Category.RESHAPE: Paint("#3D2B45", "#B98FC4"),
        Category.REGULARISER: Paint("#252B33", "#8A939C"),
        Category.IDENTITY: Paint("#12171E", "#8A939C"),
        Category.INPUT: Paint("#12171E", "#D5DBE2"),
    },
    card=Paint("#1A2735", "#6FA8DC"),
    auxiliary=Paint("#1A2027", "#6A7480"),
    strong_frame=Paint("#1A2028", "#414B57"),
    light_frame=Paint("#151B22", "#414B57"),
)

THEMES = {theme.name: theme for theme in (PAPER, SLIDES, DARK)}


def theme_named(name: str) -> Theme:
    """The theme of a name. Raises `ValueError` with the names there are."""
    try:
        return THEMES[name]
    except KeyError:
        raise ValueError(f"{name!r} is no theme: {', '.join(THEMES)}") from None
