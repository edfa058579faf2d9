"""The report as CSV: exact figures, one row an operator, block, stage or model."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO

from resnet_dsl.analysis.cost import CostReport
from resnet_dsl.analysis.grouping import Grouping, group
from resnet_dsl.backends.report.escape import csv_text
from resnet_dsl.backends.report.quantities import shape, shapes
from resnet_dsl.backends.report.summary import is_timed

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
)
_MODEL = ("inference_params", "inference_buffers", "training_macs", "weight_bytes", "inference_weight_bytes")
_TIMES = ("flops", "moved_bytes", "seconds", "bound")


def render_csv(reports: Sequence[CostReport], by: Grouping) -> str:
    """A header and the rows of every model; lines end with a bare newline.

    By model, figures of inference and of training stand beside each other.
    """
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    timed = any(is_timed(report) for report in reports)
    writer.writerow((*_HEAD, *(_MODEL if by == "model" else ()), *(_TIMES if timed else ())))
    for report in reports:
        for row in group(report, by):
            writer.writerow(
                (
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
                    *([getattr(report, name) for name in _MODEL] if by == "model" else ()),
                    *((row.flops, row.moved_bytes, f"{row.seconds:.9g}", row.bound) if timed else ()),
                )
            )
    return out.getvalue()
