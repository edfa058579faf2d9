"""Colours and type. Tints that differ in lightness as well as hue, so that they survive a grey
print and colour-blind eyes (hues after Okabe and Ito 2008); shortcuts differ by their dashes too.
"""

from __future__ import annotations

from dataclasses import dataclass

from resnet_dsl.backends.graphviz.model import EdgeKind
from resnet_dsl.ir.contract import Category

FONT = "Helvetica,Arial,sans-serif"
TEXT_SIZE = 10
QUIET_SIZE = 8

INK = "#1F2933"
LINE = "#4A525C"
QUIET = "#6B7280"
FAINT = "#A3AAB4"
SHORTCUT = "#C8501E"


@dataclass(frozen=True, slots=True)
class Paint:
    """The inside and the outline of a shape."""

    fill: str
    outline: str


BOXES = {
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
}
CARD = Paint("#F4F7FB", "#3B6EA5")
AUXILIARY = Paint("#FAFAFA", FAINT)
STRONG_FRAME = Paint("#F6F7F9", "#CBD1D9")
LIGHT_FRAME = Paint("#FFFFFF", "#C3CAD3")

STROKES = {
    EdgeKind.FLOW: "solid",
    EdgeKind.IDENTITY: "solid",
    EdgeKind.PROJECTION: "dashed",
    EdgeKind.BRANCH: "dashed",
    EdgeKind.PARAMETER_FREE: "dotted",
    EdgeKind.CARRY: "solid",
}
