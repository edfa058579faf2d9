"""The report as CSV: exact figures, one row an operator, block, stage or model."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO
from typing import TYPE_CHECKING

from resnet_dsl.analysis.cost import CostReport
from resnet_dsl.analysis.grouping import Grouping, group
from resnet_dsl.backends.report.escape import csv_text
from resnet_dsl.backends.report.quantities import shape, shapes
from resnet_dsl.backends.report.summary import is_timed

if TYPE_CHECKING:
    from resnet_dsl.analysis.receptive_field import FieldSize
    from resnet_dsl.analysis.resources import Resources

_HEAD = (
    "model",
    "path",
    "kind",
    "detail",
    "layers",
    "in_shapes",
    "out_shape",
    "params",
    "buffers",
    "macs",
    "other_ops",
    "activation_bytes",
    "saved_bytes",
    "inference",
    "runs",
)
_MODEL = ("inference_params", "inference_buffers", "training_macs", "weight_bytes", "inference_weight_bytes")
_WORK = ("flops", "moved_bytes", "intensity")
_MEMORY = ("peak_bytes", "step_bytes", "receptive_field", "jump")
_FIT = ("memory_bytes", "largest_inference_batch", "largest_training_batch")
_FIELD = ("receptive_field", "jump")
_TIMES = ("seconds", "bound")


def render_csv(reports: Sequence[CostReport], by: Grouping) -> str:
    """A header and the rows of every model; lines end with a bare newline.

    By operator, rows have receptive fields; by model, figures of inference and of training stand
    beside each other.
    """
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    timed = any(is_timed(report) for report in reports)
    worked = any(report.resources is not None for report in reports)
    fits = any(report.resources is not None and report.resources.fit is not None for report in reports)
    of_model = (*_MODEL, *(_MEMORY if worked else ()), *(_FIT if fits else ()))
    heads = {"model": of_model, "op": _FIELD if worked else ()}.get(by, ())
    writer.writerow((*_HEAD, *heads, *(_WORK if worked else ()), *(_TIMES if timed else ())))
    for report in reports:
        found = report.resources
        fields = {} if found is None else {size.path: size for size in found.fields}
        for row in group(report, by):
            cells: list[object] = [
                csv_text(report.title),
                csv_text(row.path),
                csv_text(row.kind),
                csv_text(row.detail),
                row.layers,
                shapes(row.in_shapes),
                shape(row.out_shape),
                row.params,
                row.buffers,
                row.macs,
                row.other_ops,
                row.activation_bytes,
                row.saved_bytes,
                str(row.inference).lower(),
                row.runs,
            ]
            if by == "model":
                cells += [getattr(report, name) for name in _MODEL]
                cells += _memory(found, fits=fits) if found is not None else []
            if by == "op" and worked:
                cells += _field(fields.get(row.path))
            if worked:
                cells += [row.flops, row.moved_bytes, f"{row.intensity:.9g}"]
            if timed:
                cells += [f"{row.seconds:.9g}", row.bound]
            writer.writerow(cells)
    return out.getvalue()


def _field(field: FieldSize | None) -> list[object]:
    return ["", ""] if field is None else [shape((field.height, field.width)), f"{field.jump:g}"]


def _memory(found: Resources, *, fits: bool) -> list[object]:
    """A model's peak, step and field, and what fits into the device's memory."""
    cells = [found.peak.bytes, found.training.peak_bytes, *_field(found.field)]
    if fits:
        fit = found.fit
        cells += (
            ["", "", ""]
            if fit is None
            else [fit.memory_bytes, fit.inference.largest_batch, fit.training.largest_batch]
        )
    return cells
