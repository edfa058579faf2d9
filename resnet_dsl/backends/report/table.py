"""The report as plain text for a terminal: aligned, within the width given, without colour."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill, wrap

from resnet_dsl.analysis.cost import CostReport
from resnet_dsl.analysis.grouping import Grouping, group
from resnet_dsl.backends.report.columns import Column, columns
from resnet_dsl.backends.report.escape import display_width, printable
from resnet_dsl.backends.report.quantities import byte_size, count, duration, shape
from resnet_dsl.backends.report.summary import totals

_GAP = "  "
_ELLIPSIS = "..."
_PROSE_WIDTH = 100
_LEAST_PROSE = 24


def render_table(reports: Sequence[CostReport], by: Grouping, width: int | None) -> str:
    """One table a model; by model, one table of all. `width` None: as wide as it takes."""
    if by == "model":
        return _grid(reports, by, width) + "\n" + _convention(reports[0], width)
    return "\n".join(_one(report, by, width) for report in reports)


def _one(report: CostReport, by: Grouping, width: int | None) -> str:
    head = (
        f"{printable(report.title)}: {shape(report.input)} -> {shape(report.output)}"
        f", depth {report.depth}, batch {report.batch}"
    )
    parts = [_fit(head, width), "", _grid([report], by, width), *_totals(report, width), ""]
    if any(layer.runs == "training" for layer in report.layers):
        parts.append(_fit("* runs in training only; its MACs are not in the total", width))
    return "\n".join(parts) + "\n" + _convention(report, width)


def _grid(reports: Sequence[CostReport], by: Grouping, width: int | None) -> str:
    every = columns(by, reports)
    rows = [(row, report) for report in reports for row in group(report, by)]
    cells = {column.title: [printable(column.cell(row, report)) for row, report in rows] for column in every}
    if by != "model":
        for column in every:
            cells[column.title].append(_total_of(column, reports[0]))
    shown, widths = _layout(every, cells, width)
    lines = [_line([column.title for column in shown], shown, widths), _rule(widths)]
    lines += [
        _line([cells[column.title][index] for column in shown], shown, widths) for index in range(len(rows))
    ]
    if by != "model":
        total = _line([cells[column.title][-1] for column in shown], shown, widths)
        lines += [_rule(widths), total]
    return "\n".join(lines) + "\n"


def _total_of(column: Column, report: CostReport) -> str:
    if column.rank == 0 and column.name:
        return "total"
    figures = {
        "ops": count(len(report.layers)),
        "params": count(report.params),
        "MACs": count(report.macs),
        "other ops": count(report.other_ops),
        "activations": byte_size(report.activation_bytes),
        "time": duration(sum(layer.seconds for layer in report.layers)),
    }
    return figures.get(column.title, "")


def _layout(
    every: Sequence[Column], cells: dict[str, list[str]], width: int | None
) -> tuple[list[Column], list[int]]:
    """The columns that fit and their widths; names are cut where they must be."""
    natural = {
        column.title: max(display_width(text) for text in (column.title, *cells[column.title]))
        for column in every
    }
    shown = list(every) if width is None else _choose(every, natural, width)
    widths = {column.title: natural[column.title] for column in shown}
    if width is not None:
        for column in sorted((column for column in shown if column.name), key=lambda column: -column.rank):
            excess = sum(widths.values()) + len(_GAP) * (len(shown) - 1) - width
            if excess > 0:
                widths[column.title] = max(len(_ELLIPSIS) + 1, widths[column.title] - excess)
    return shown, [widths[column.title] for column in shown]


def _choose(every: Sequence[Column], natural: dict[str, int], width: int) -> list[Column]:
    """As many columns as fit, the most important first, while names keep a readable part."""
    chosen: list[Column] = []
    free = width + len(_GAP)
    for column in sorted(every, key=lambda column: column.rank):
        least = min(natural[column.title], column.least_width) if column.name else natural[column.title]
        free -= least + len(_GAP)
        if free < 0 and column.rank > 0:
            break
        chosen.append(column)
    return [column for column in every if column in chosen]


def _line(texts: Sequence[str], shown: Sequence[Column], widths: Sequence[int]) -> str:
    padded = (
        _pad(_shorten(text, size, keep_end=column.rank == 0), size, right=column.numeric)
        for text, column, size in zip(texts, shown, widths, strict=True)
    )
    return _GAP.join(padded).rstrip()


def _rule(widths: Sequence[int]) -> str:
    return "-" * (sum(widths) + len(_GAP) * (len(widths) - 1))


def _pad(text: str, width: int, *, right: bool) -> str:
    space = " " * (width - display_width(text))
    return space + text if right else text + space


def _shorten(text: str, width: int, *, keep_end: bool = False) -> str:
    """Cut to a width; in the middle where both ends tell, as those of a path do."""
    if display_width(text) <= width:
        return text
    keep = width - len(_ELLIPSIS)
    if keep < 2:
        return _take(text, width)
    if not keep_end:
        return _take(text, keep) + _ELLIPSIS
    return _take(text, keep // 2) + _ELLIPSIS + _take(text[::-1], keep - keep // 2)[::-1]


def _take(text: str, width: int) -> str:
    """As many leading characters as fit."""
    taken = 0
    for index, char in enumerate(text):
        taken += display_width(char)
        if taken > width:
            return text[:index]
    return text


def _totals(report: CostReport, width: int | None) -> list[str]:
    rows = totals(report)
    sizes = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = []
    for name, exact, short, remark in rows:
        figures = f"{name:<{sizes[0]}}{_GAP}{exact:>{sizes[1]}}{_GAP}{short:>{sizes[2]}}"
        whole = f"{figures}{_GAP}{remark}".rstrip()
        if width is None or len(whole) <= width:
            lines.append(whole)
            continue
        lines.append(_fit(figures.rstrip(), width))
        indent = " " * (sizes[0] + len(_GAP))
        lines += wrap(remark, max(_LEAST_PROSE, width), initial_indent=indent, subsequent_indent=indent)
    return lines


def _convention(report: CostReport, width: int | None) -> str:
    return fill(report.convention, max(_LEAST_PROSE, min(width or _PROSE_WIDTH, _PROSE_WIDTH))) + "\n"


def _fit(text: str, width: int | None) -> str:
    return text if width is None else _shorten(text, width)
