"""A network and its costs as plain data, the way the page's scripts read it.

Texts, shapes and places repeat a great deal, so each stands once in `texts` and is told by its
number; what nodes have is told in columns. A network of a thousand layers takes some 200 kB.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from resnet_dsl.analysis.cost import CostReport, LayerCost, Runs
from resnet_dsl.analysis.grouping import Grouping, group
from resnet_dsl.analysis.receptive_field import Field, receptive_fields
from resnet_dsl.backends.graphviz.model import EdgeKind
from resnet_dsl.backends.graphviz.phrase import phrase
from resnet_dsl.backends.graphviz.shortcuts import Shortcuts
from resnet_dsl.backends.graphviz.wiring import Wiring, wire
from resnet_dsl.backends.html.box import Box
from resnet_dsl.backends.html.boxes import boxes
from resnet_dsl.backends.html.rising import rising_nodes
from resnet_dsl.backends.report.escape import printable
from resnet_dsl.backends.report.quantities import shape, shapes
from resnet_dsl.backends.report.summary import is_timed
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network
from resnet_dsl.ir.text import quoted, value_text
from resnet_dsl.ops.record import Operator
from resnet_dsl.source import Span

MAX_TEXT = 400  # characters of a line or a remark of the spec that a card shows
_ROWS: tuple[Grouping, ...] = ("block", "stage")


def scene(network: Network, report: CostReport) -> dict[str, Any]:
    """Everything that the page draws and tells of one model.

    `report` is the network's own, at any batch, with its resources or without.
    """
    return _Scene(network, report).data()


class _Texts:
    """Each text once; told by its number."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def __call__(self, text: str) -> int:
        shown = printable(text) if len(text) <= MAX_TEXT else printable(text[:MAX_TEXT]) + "…"
        return self.known.setdefault(shown, len(self.known))


class _Scene:
    def __init__(self, network: Network, report: CostReport) -> None:
        self.network = network
        self.report = report
        self.wiring: Wiring = wire(network, contract_shortcuts=False)
        self.texts = _Texts()
        self.places: dict[tuple[int, int], int] = {}
        self.place_rows: list[list[int]] = []
        self.boxes: list[dict[str, Any]] = []
        self.home = [0] * len(network)
        self.local_names = [""] * len(network)

    def data(self) -> dict[str, Any]:
        report, resources = self.report, self.report.resources
        times = resources.roofline if resources is not None else None
        self._add_box(boxes(self.wiring), -1, "")
        nodes = self._nodes()
        return {
            "title": printable(report.title),
            "doc": printable(_prose(self.network.doc)[:MAX_TEXT]),
            "batch": report.batch,
            "timed": is_timed(report),
            "training": times is not None and times.training,
            "seconds": times.seconds if times is not None else 0,
            "boxes": self.boxes,
            "nodes": nodes,
            "lines": self._lines(),
            "rising": rising_nodes(self.network),
            "outputs": [
                ["output", self.network.output, 0],
                *([printable(entry.name), entry.node, 1] for entry in self.network.auxiliary),
            ],
            "rows": {by: self._rows(by) for by in _ROWS},
            "places": self.place_rows,
            "texts": list(self.texts.known),
        }

    def _add_box(self, box: Box, parent: int, path: str) -> int:
        number = len(self.boxes)
        scope = box.scope
        row: dict[str, Any] = {"parent": parent, "opens": int(box.opens)}
        self.boxes.append(row)
        if scope is None:
            first = box.boxes[0].scope
            assert first is not None
            row |= {"kind": "run", "name": self.texts(""), "of": self.texts(first.definition)}
        else:
            row |= {
                "kind": scope.kind.value,
                "name": self.texts(_below(scope.path, path) if scope.name is not None else ""),
                "of": self.texts(scope.definition),
                "path": self.texts(scope.path or self.network.name),
                "args": self.texts(_pairs(scope.arguments)),
                "doc": self.texts(_prose(scope.doc)),
                "place": self._place(scope.span),
            }
            if scope.definition_span is not None:
                row["definition"] = self._place(scope.definition_span)
            path = scope.path
        members: list[int] = []
        for member in box.members:
            if isinstance(member, Box):
                members.append(-1 - self._add_box(member, number, path))
            else:
                self.home[member] = number
                self.local_names[member] = _below(self.wiring.nodes[member].path, path)
                members.append(member)
        row["members"] = members  # a box is told as -1 - its number
        return number

    def _nodes(self) -> dict[str, list[Any]]:
        costs = {layer.path: layer for layer in self.report.layers}
        fields = receptive_fields(self.network)
        columns: dict[str, list[Any]] = {}
        for node, field in zip(self.wiring.nodes, fields, strict=True):
            operator = cast(Operator, node.op)
            is_input = node.op.category is Category.INPUT
            cost = None if is_input else costs[node.path]
            row = {
                "name": self.texts(node.name if is_input else self.local_names[node.id]),
                "path": self.texts(node.name if is_input else node.path),
                "box": self.home[node.id],
                "op": self.texts(operator.name),
                "kind": self.texts(node.op.category.value),
                "label": self.texts(node.name if is_input else phrase(node)),
                "args": self.texts(_pairs(node.attributes)),
                "place": self._place(node.span),
                "in": self.texts(shapes(cost.in_shapes) if cost is not None else ""),
                "out": self.texts(shape(int(dim) for dim in node.shape.dims)),
                "field": self.texts(_field(field, node.shape.rank)),
                "spatial": int(node.shape.rank == 3),
                **_costs(cost, timed=is_timed(self.report)),
            }
            for name, value in row.items():
                columns.setdefault(name, []).append(value)
        return columns

    def _lines(self) -> list[list[int]]:
        """Of each node, for each line into it: where it starts, and 1 where a diagram draws a shortcut."""
        shortcuts = Shortcuts(self.wiring)
        return [
            [
                number
                for line in lines
                for number in (line.source, int(shortcuts.kind(line, target) is not EdgeKind.FLOW))
            ]
            for target, lines in enumerate(self.wiring.into)
        ]

    def _rows(self, by: Grouping) -> list[list[Any]]:
        """Path, kind and the number of layers of each row, in order: the rows of the other formats."""
        return [[self.texts(row.path), self.texts(row.kind), row.layers] for row in group(self.report, by)]

    def _place(self, span: Span) -> int:
        """A line of the spec: file, number, text."""
        line = span.start_position.line
        key = (id(span.source), line)
        if key not in self.places:
            self.places[key] = len(self.place_rows)
            file = span.source.name.replace("\\", "/").rsplit("/", 1)[-1]
            self.place_rows.append([self.texts(file), line, self.texts(span.source.line_text(line).strip())])
        return self.places[key]


_RUNS: dict[Runs, int] = {"always": 1, "training": 2, "never": 3}


def _costs(cost: LayerCost | None, *, timed: bool) -> dict[str, Any]:
    if cost is None:
        row: dict[str, Any] = dict.fromkeys(
            ("layer", "params", "buffers", "macs", "other", "activation", "saved"), 0
        )
        return row | ({"seconds": 0, "compute": 0, "flops": 0, "moved": 0} if timed else {})
    row = {
        "layer": _RUNS[cost.runs],
        "params": cost.params,
        "buffers": cost.buffers,
        "macs": cost.macs,
        "other": cost.other_ops,
        "activation": cost.activation_bytes,
        "saved": cost.saved_bytes,
    }
    if timed:
        row |= {
            "seconds": float(f"{cost.seconds:.6g}"),
            "compute": float(f"{cost.compute_seconds:.6g}"),
            "flops": cost.flops,
            "moved": cost.moved_bytes,
        }
    return row


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{quoted(name)}={value_text(value)}" for name, value in values.items())


def _below(path: str, outer: str) -> str:
    """A path told from the box around it."""
    return path[len(outer) + 1 :] if outer and path.startswith(outer + ".") else path


def _field(field: Field | None, rank: int) -> str:
    if field is None:
        return "whole input" if rank else ""
    return f"{field.height.size}x{field.width.size}"


def _prose(text: str) -> str:
    """A comment's lines as running text, which a page breaks by its width."""
    return text.replace("\n", " ")
