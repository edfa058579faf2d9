"""The report as CSV: exact figures, one row an operator, block, stage or model."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO

from resnet_dsl.analysis.cost import CostReport
from resnet_dsl.analysis.grouping import Grouping, group
from resnet_dsl.backends.report.escape import csv_text
from resnet_dsl.backends.report.quantities import shape, shapes

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


def render_csv(reports: Sequence[CostReport], by: Grouping) -> str:
    """A header and the rows of every model; lines end with a bare newline."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_HEAD)
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
                )
            )
    return out.getvalue()
