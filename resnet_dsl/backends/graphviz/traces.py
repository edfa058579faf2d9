"""How the parts of a picture of two networks look: what became of each is all that its colour tells.

Blue and vermilion are told apart by every kind of colour-blind eye (Okabe and Ito 2008, "Color
Universal Design"); signs, widths and dashes tell the same on a grey print.
"""

from __future__ import annotations

from dataclasses import dataclass

from resnet_dsl.backends.graphviz.model import Mark
from resnet_dsl.backends.graphviz.palette import Paint


@dataclass(frozen=True, slots=True)
class Trace:
    """A look: the colours of a shape and of its text, a stroke with its width, a sign for text."""

    paint: Paint
    ink: str
    stroke: str
    width: float
    sign: str = ""


TRACES = {
    Mark.SAME: Trace(Paint("#F4F5F6", "#A3AAB4"), "#4A525C", "solid", 0.9),
    Mark.ADDED: Trace(Paint("#DDEBF7", "#0B5FA5"), "#0B5FA5", "bold", 2.0, "+"),
    Mark.REMOVED: Trace(Paint("#FBE7DC", "#B5440A"), "#A63C06", "dashed", 1.2, "−"),
    Mark.CHANGED: Trace(Paint("#FFFFFF", "#1F2933"), "#1F2933", "solid", 1.4, "~"),
}
