"""The legend of a picture: what the lines, signs and colours mean that occur in it, and no others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from resnet_dsl.backends.graphviz.model import (
    Diagram,
    EdgeKind,
    Line,
    Matrix,
    Revision,
    Table,
    VertexKind,
)
from resnet_dsl.backends.graphviz.palette import STROKES, Theme
from resnet_dsl.backends.graphviz.phrase import listing
from resnet_dsl.ir.contract import Category

_STRIDE = re.compile(r"[, ] ?/\d")
_GROUPS = re.compile(r", g\d")
_UPSAMPLING = re.compile(r", ×\d")

_LINES = {
    EdgeKind.FLOW: "main path",
    EdgeKind.IDENTITY: "identity shortcut",
    EdgeKind.PROJECTION: "shortcut with weights of its own",
    EdgeKind.BRANCH: "shortcut through a residual unit",
    EdgeKind.PARAMETER_FREE: "shortcut without weights, to another shape",
    EdgeKind.CARRY: "earlier tensors, taken along",
}
_SIGNS = {"+": "sum", "×": "product", "concat": "concatenation of channels"}
_BOXES = {
    Category.CONV: "convolution",
    Category.LINEAR: "linear layer",
    Category.POOLING: "pooling",
    Category.NORM: "normalisation",
    Category.ACTIVATION: "activation",
    Category.RESHAPE: "change of shape or size",
    Category.REGULARISER: "regularisation, in training",
}


@dataclass(frozen=True, slots=True)
class Key:
    """One row: a sample, and what it means.

    The sample is a line (of a kind, one that only training has, or one that never runs), a box in the colour of a
    category, a join's sign, or a piece of text; a row that has none is a remark.
    """

    meaning: str
    line: EdgeKind | None = None
    training_only: bool = False
    idle: bool = False
    box: Category | None = None
    sign: str = ""
    text: str = ""
    matrix: bool = False  # about the brackets around the layers of a block


def legend(diagram: Diagram) -> tuple[Key, ...]:
    """The rows of a picture's legend: lines, joins, colours, abbreviations, what is left out."""
    return *_line_keys(diagram), *_sign_keys(diagram), *_box_keys(diagram), *_text_keys(diagram)


def line_look(key: Key, theme: Theme) -> tuple[str, str]:
    """Colour and stroke of a sample line: as in the picture."""
    if key.idle:
        return theme.faint, "dotted"
    if key.training_only or key.line is None:
        return theme.faint, "dashed"
    return theme.line if key.line is EdgeKind.FLOW else theme.shortcut, STROKES[key.line]


def _line_keys(diagram: Diagram) -> Iterator[Key]:
    kinds = {edge.kind for edge in diagram.edges if not edge.auxiliary}
    for kind, meaning in _LINES.items():
        if kind in kinds:
            yield Key(meaning, line=kind)
    if any(edge.auxiliary and not edge.idle for edge in diagram.edges):
        yield Key("training only", line=EdgeKind.FLOW, training_only=True)
    if any(edge.idle for edge in diagram.edges):
        yield Key("never runs: no output needs it", line=EdgeKind.FLOW, training_only=True, idle=True)


def _sign_keys(diagram: Diagram) -> Iterator[Key]:
    joins = {text for vertex in diagram.vertices if vertex.kind is VertexKind.JOIN for text in vertex.texts}
    for sign, meaning in _SIGNS.items():
        if sign in joins:
            yield Key(meaning, sign=sign)


def _box_keys(diagram: Diagram) -> Iterator[Key]:
    boxes = [vertex for vertex in diagram.vertices if vertex.kind is VertexKind.BOX and not vertex.auxiliary]
    found = {
        vertex.category
        for vertex in boxes
        if all(isinstance(entry, Line | Revision) for entry in vertex.content)
    }
    for category, meaning in _BOXES.items():
        if category in found:
            yield Key(meaning, box=category)


def _text_keys(diagram: Diagram) -> Iterator[Key]:
    matrices = [entry for vertex in diagram.vertices for entry in vertex.content if isinstance(entry, Matrix)]
    texts = [text for vertex in diagram.vertices for text in vertex.texts]
    texts += [row for matrix in matrices for row in matrix.rows]
    tables = [entry for vertex in diagram.vertices for entry in vertex.content if isinstance(entry, Table)]
    texts += [row[1] for table in tables for row in table.rows]
    texts += [edge.note for edge in diagram.edges]
    texts += [line.text for edge in diagram.edges for line in edge.revised]
    if matrices:
        around = ", a shortcut around them" if any(matrix.shortcut for matrix in matrices) else ""
        yield Key(f"the layers of one block{around}", text="[ ]", matrix=True)
    if any(cluster.times > 1 for cluster in diagram.clusters):
        yield Key("what the frame holds, N times in a row", text="× N")
    if any(text.startswith("like ") for text in texts):
        yield Key("the same operators as A", text="like A")
    if any(_STRIDE.search(text) for text in texts):
        yield Key("stride", text="/2")
    if any(_GROUPS.search(text) for text in texts):
        yield Key("in N groups of channels, each by itself", text="gN")
    if any(_UPSAMPLING.search(text) for text in texts):
        yield Key("upsampling", text="×2")
    if any("×" in edge.shape for edge in diagram.edges):
        yield Key("channels × height × width of a tensor", text="C×H×W")
    if diagram.unsaid:
        yield Key(f"not drawn: {listing(diagram.unsaid)} behind layers and joins")
