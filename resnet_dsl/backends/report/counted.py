"""What another tool would count, term by term, beside our own figure."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO
from textwrap import fill
from typing import Any, NamedTuple

from resnet_dsl.analysis.conventions import Convention, Counted
from resnet_dsl.backends.report.escape import csv_text, markdown_text, printable
from resnet_dsl.ir.data import json_text

_WIDTH = 100


class CountedModel(NamedTuple):
    """A model's title and its figure by a convention."""

    model: str
    counted: Counted


def render_counted(models: Sequence[CountedModel], format: str, width: int | None = None) -> str:
    """The terms as text that ends with a newline; `format` is table, json, csv or md."""
    if format == "json":
        objects = [json_text(_data(entry)) for entry in models]
        return objects[0] + "\n" if len(objects) == 1 else "[\n" + ",\n".join(objects) + "\n]\n"
    if format == "csv":
        return _csv(models)
    write = _markdown if format == "md" else _table
    return "\n".join(write(entry, width) for entry in models)


def _data(entry: CountedModel) -> dict[str, Any]:
    convention, counted = entry.counted.convention, entry.counted
    return {
        "model": entry.model,
        "convention": convention.name,
        "tool": convention.tool,
        "unit": convention.unit,
        "total": counted.total,
        "macs": counted.base,
        "lines": [line._asdict() for line in counted.lines],
    }


def _csv(models: Sequence[CountedModel]) -> str:
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("model", "convention", "what", "operators", "amount"))
    for entry in models:
        for line in entry.counted.lines:
            name = entry.counted.convention.name
            writer.writerow((csv_text(entry.model), name, line.what, line.operators, line.amount))
    return out.getvalue()


def _table(entry: CountedModel, width: int | None) -> str:
    counted = entry.counted
    convention = counted.convention
    rows = [(f"{line.amount:,}", str(line.operators), line.what) for line in counted.lines]
    total = f"{counted.total:,}"
    sizes = [max([len(row[column]) for row in rows] + [least]) for column, least in ((0, len(total)), (1, 3))]
    room = max(24, min(width or _WIDTH, _WIDTH))
    head = f"{printable(entry.model)} as {convention.tool} {_counts(convention)}: {total} {convention.unit}"
    lines = [fill(head, room), ""]
    lines.append(f"{'amount':>{sizes[0]}}  {'ops':>{sizes[1]}}  what")
    indent = " " * (sum(sizes) + 4)
    for amount, operators, what in rows:
        start = f"{amount:>{sizes[0]}}  {operators:>{sizes[1]}}  "
        lines.append(fill(what, max(room, len(indent) + 24), initial_indent=start, subsequent_indent=indent))
    lines += ["-" * sizes[0], f"{total:>{sizes[0]}}", "", fill(_beside(counted), room)]
    return "\n".join(lines) + "\n"


def _markdown(entry: CountedModel, width: int | None) -> str:
    counted = entry.counted
    convention = counted.convention
    lines = [f"# {markdown_text(entry.model)} as {markdown_text(convention.tool)} {_counts(convention)}", ""]
    lines += ["| what | operators | amount |", "|---|---:|---:|"]
    lines += [f"| {line.what} | {line.operators} | {line.amount:,} |" for line in counted.lines]
    lines += [f"| total {convention.unit} | | {counted.total:,} |", "", _beside(counted)]
    return "\n".join(lines) + "\n"


def _counts(convention: Convention) -> str:
    return "count" if convention.name == "paper" else "counts"  # papers are many, a tool is one


def _beside(counted: Counted) -> str:
    """Our figure beside the total, and what else the tool's name for it needs."""
    difference = counted.total - counted.base
    share = f"{100 * difference / counted.base:+.2f} %" if counted.base else "no share"
    remark = f" Note: {counted.convention.remark}." if counted.convention.remark else ""
    if counted.with_functions and "`--function`" in remark:
        remark = " Some operators are taken to be called as functions."
    return f"Our MACs: {counted.base:,}; the difference is {difference:+,} ({share}).{remark}"
