"""Paths by length for programs: JSON and CSV, with exact counts.

JSON has them as strings, since most readers of JSON round integers beyond 2^53.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO
from typing import Any

from resnet_dsl.analysis.paths import Lengths
from resnet_dsl.backends.report.escape import csv_text
from resnet_dsl.backends.report.path_rows import WORDS, Measure, PathsModel, chosen


def paths_csv(models: Sequence[PathsModel], measure: Measure | None) -> str:
    """A row a length; by both measures where none is named."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("model", "measure", "length", "paths", "share", "weight"))
    for entry in models:
        for name in WORDS if measure is None else [measure]:
            for row in chosen(entry.paths, name).rows:
                share = _rounded(row.paths / entry.paths.total)
                writer.writerow(
                    (csv_text(entry.model), name, row.length, row.paths, share, _rounded(row.weight))
                )
    return out.getvalue()


def paths_data(entry: PathsModel) -> dict[str, Any]:
    """Plain values: what the JSON holds."""
    paths = entry.paths
    return {
        "model": entry.model,
        "paths": str(paths.total),
        "residual_joins": paths.joins,
        "decay": paths.decay,
        **{name: _lengths_data(chosen(paths, name), paths.total) for name in WORDS},
    }


def _lengths_data(lengths: Lengths, total: int) -> dict[str, Any]:
    low, high = lengths.effective
    return {
        "shortest": lengths.rows[0].length,
        "longest": lengths.rows[-1].length,
        "mean": _rounded(lengths.mean),
        "median": lengths.median,
        "weighted_mean": _rounded(lengths.weighted_mean),
        "effective": {"shortest": low, "longest": high, "paths": str(lengths.effective_paths)},
        "lengths": [
            {
                "length": row.length,
                "paths": str(row.paths),
                "share": _rounded(row.paths / total),
                "weight": _rounded(row.weight),
            }
            for row in lengths.rows
        ],
    }


def _rounded(value: float) -> float:
    """Ten digits: the last ones of a logarithm differ between machines."""
    return float(f"{value:.10g}")
