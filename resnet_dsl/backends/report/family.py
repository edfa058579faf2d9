"""A table of many networks: text, Markdown, CSV and JSON."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from textwrap import fill
from typing import Literal

from resnet_dsl.analysis.family import FamilyRow
from resnet_dsl.backends.report.escape import csv_text, display_width, markdown_code, printable
from resnet_dsl.backends.report.quantities import byte_size, duration, scaled, shape
from resnet_dsl.ir.data import json_text

FamilyForm = Literal["table", "md", "csv", "json"]
_VERSION = 1
_PROSE_WIDTH = 100
_HEAD = ("spec", "model", "input", "params", "macs", "peak_bytes", "step_bytes", "depth", "seconds")


def render_family(rows: Sequence[FamilyRow], form: FamilyForm, condition: str = "") -> str:
    """The rows in their order. `condition` says at what batch, dtype and device figures hold."""
    match form:
        case "json":
            data = [row._asdict() for row in rows]
            return json_text({"version": _VERSION, "condition": condition, "models": data}) + "\n"
        case "csv":
            return _csv(rows)
        case "md":
            return "\n".join(_markdown(rows, condition)) + "\n"
        case "table":
            return "\n".join(_table(rows, condition)) + "\n"


def _titles(rows: Sequence[FamilyRow]) -> list[str]:
    """The file's column only where there are several."""
    several = len({row.spec for row in rows}) > 1
    timed = any(row.seconds is not None for row in rows)
    titles = ["model", "spec", "input", "params", "MACs", "peak memory", "step memory", "depth", "time"]
    left_out = {title for title, shown in (("spec", several), ("time", timed)) if not shown}
    return [title for title in titles if title not in left_out]


def _cells(row: FamilyRow, titles: Sequence[str]) -> list[str]:
    cells = {
        "model": printable(row.model),
        "spec": printable(row.spec),
        "input": shape(row.input),
        "params": scaled(row.params),
        "MACs": scaled(row.macs),
        "peak memory": byte_size(row.peak_bytes),
        "step memory": byte_size(row.step_bytes),
        "depth": str(row.depth),
        "time": duration(row.seconds) if row.seconds is not None else "-",
    }
    return [cells[title] for title in titles]


def _table(rows: Sequence[FamilyRow], condition: str) -> Iterator[str]:
    titles = _titles(rows)
    lines = [titles, *(_cells(row, titles) for row in rows)]
    widths = [max(display_width(line[column]) for line in lines) for column in range(len(titles))]
    for number, line in enumerate(lines):
        padded = [
            text + " " * (width - display_width(text))
            if title in {"model", "spec"}
            else " " * (width - display_width(text)) + text
            for title, text, width in zip(titles, line, widths, strict=True)
        ]
        yield "  ".join(padded).rstrip()
        if number == 0:
            yield "-" * (sum(widths) + 2 * (len(widths) - 1))
    if condition:
        yield fill(printable(condition), _PROSE_WIDTH)


def _markdown(rows: Sequence[FamilyRow], condition: str) -> Iterator[str]:
    titles = _titles(rows)
    yield "| " + " | ".join(titles) + " |"
    yield "|" + "|".join("---" if title in {"model", "spec"} else "---:" for title in titles) + "|"
    for row in rows:
        cells = zip(titles, _cells(row, titles), strict=True)
        yield (
            "| "
            + " | ".join(markdown_code(text) if title in {"model", "spec"} else text for title, text in cells)
            + " |"
        )
    if condition:
        yield ""
        yield condition


def _csv(rows: Sequence[FamilyRow]) -> str:
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_HEAD)
    for row in rows:
        seconds = "" if row.seconds is None else repr(row.seconds)
        writer.writerow(
            [
                csv_text(row.spec),
                csv_text(row.model),
                shape(row.input),
                row.params,
                row.macs,
                row.peak_bytes,
                row.step_bytes,
                row.depth,
                seconds,
            ]
        )
    return out.getvalue()
