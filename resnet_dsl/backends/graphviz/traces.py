"""How the parts of a picture of two networks look: what became of each is all that its colour tells.

Blue and vermilion are told apart by every kind of colour-blind eye (Okabe and Ito 2008, "Color
Universal Design"); signs, widths and dashes tell the same on a grey print.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from resnet_dsl.backends.graphviz.model import Mark
from resnet_dsl.backends.graphviz.palette import DARK, PAPER, SLIDES, Paint, Theme


@dataclass(frozen=True, slots=True)
class Trace:
    """A look: the colours of a shape and of its text, a stroke with its width, a sign for text."""

    paint: Paint
    ink: str
    stroke: str
    width: float
    sign: str = ""


# By the name of a theme. Every ink has a contrast of 4.5 to 1 on every fill: revisions mix them.
TRACES: Mapping[str, Mapping[Mark, Trace]] = {
    PAPER.name: {
        Mark.SAME: Trace(Paint("#F4F5F6", "#A3AAB4"), "#4A525C", "solid", 0.9),
        Mark.ADDED: Trace(Paint("#DDEBF7", "#0B5FA5"), "#0B5FA5", "bold", 2.0, "+"),
        Mark.REMOVED: Trace(Paint("#FBE7DC", "#B5440A"), "#A63C06", "dashed", 1.2, "−"),
        Mark.CHANGED: Trace(Paint("#FFFFFF", "#1F2933"), "#1F2933", "solid", 1.4, "~"),
    },
    SLIDES.name: {
        Mark.SAME: Trace(Paint("#F0F1F2", "#8A929C"), "#4A5360", "solid", 1.6),
        Mark.ADDED: Trace(Paint("#D2E5F6", "#0B5FA5"), "#0A5494", "bold", 3.4, "+"),
        Mark.REMOVED: Trace(Paint("#FADFD0", "#B5440A"), "#8F3304", "dashed", 2.2, "−"),
        Mark.CHANGED: Trace(Paint("#FFFFFF", "#11181F"), "#11181F", "solid", 2.4, "~"),
    },
    DARK.name: {
        Mark.SAME: Trace(Paint("#1F252D", "#6A7480"), "#B4BCC6", "solid", 1.0),
        Mark.ADDED: Trace(Paint("#16314A", "#7DB8EE"), "#9CCBF5", "bold", 2.2, "+"),
        Mark.REMOVED: Trace(Paint("#40230F", "#F0884F"), "#FFB48A", "dashed", 1.4, "−"),
        Mark.CHANGED: Trace(Paint("#12171E", "#E8ECF1"), "#E8ECF1", "solid", 1.6, "~"),
    },
}


def trace(mark: Mark, theme: Theme) -> Trace:
    """How a mark looks in a theme."""
    return TRACES[theme.name][mark]
