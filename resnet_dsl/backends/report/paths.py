"""Paths by length: a table with bars and Markdown, and for programs JSON and CSV (`path_data`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import fill

from resnet_dsl.analysis.paths import Paths
from resnet_dsl.backends.report.escape import markdown_text, printable
from resnet_dsl.backends.report.path_data import paths_csv, paths_data
from resnet_dsl.backends.report.path_rows import (
    WORDS,
    Bin,
    Measure,
    PathsModel,
    binned,
    chosen,
    default_measure,
    number,
    share_text,
    total_text,
)
from resnet_dsl.ir.data import json_text

_WIDTH = 100
_BAR, _LEAST_BAR = 24, 6


def render_paths(
    models: Sequence[PathsModel], format: str, measure: Measure | None = None, width: int | None = None
) -> str:
    """Text that ends with a newline; `format` is table, json, csv or md.

    `measure` says what a length is; None: residual branches where there are any, and both in CSV. JSON
    has both.
    """
    if format == "json":
        objects = [json_text(paths_data(entry)) for entry in models]
        return objects[0] + "\n" if len(objects) == 1 else "[\n" + ",\n".join(objects) + "\n]\n"
    if format == "csv":
        return paths_csv(models, measure)
    write = _markdown if format == "md" else _table
    return "\n".join(write(entry, measure or default_measure(entry.paths), width) for entry in models)


def _table(entry: PathsModel, measure: Measure, width: int | None) -> str:
    paths = entry.paths
    bins = binned(chosen(paths, measure))
    most = max(max(row.paths / paths.total, row.weight) for row in bins)
    cells = [
        (_span(row), number(row.paths), share_text(row.paths / paths.total), share_text(row.weight))
        for row in bins
    ]
    heads = (measure, "paths", "share", "weight")
    sizes = [max(len(row[column]) for row in (heads, *cells)) for column in range(4)]
    room = max(24, min(width or _WIDTH, _WIDTH))
    bar = min(_BAR, (room - sum(sizes) - 10) // 2)
    bar = bar if bar >= _LEAST_BAR else 0
    lines = [
        fill(f"{printable(entry.model)}: {_heading(paths)}", room),
        "",
        _line(heads, ("", ""), sizes, bar),
    ]
    lines.append("-" * (sum(sizes) + 6 + (2 * bar + 4 if bar else 0)))
    for row, texts in zip(bins, cells, strict=True):
        bars = [_bar(share / most, bar) for share in (row.paths / paths.total, row.weight)]
        lines.append(_line(texts, bars, sizes, bar))
    lines.append("")
    for topic, text in _summary(paths):
        indent = " " * 11
        lines.append(fill(text, max(room, 40), initial_indent=f"{topic:<9}  ", subsequent_indent=indent))
    lines += ["", fill(_convention(paths), room)]
    return "\n".join(lines) + "\n"


def _line(texts: Sequence[str], bars: Sequence[str], sizes: Sequence[int], bar: int) -> str:
    """Length, paths, share and its bar, weight and its bar."""
    length, paths, share, weight = (f"{text:>{size}}" for text, size in zip(texts, sizes, strict=True))
    first, second = (f"  {drawn:<{bar}}" if bar else "" for drawn in bars)
    return f"{length}  {paths}  {share}{first}  {weight}{second}".rstrip()


def _bar(share: float, size: int) -> str:
    return "#" * round(share * size)


def _span(row: Bin) -> str:
    return str(row.low) if row.low == row.high else f"{row.low} .. {row.high}"


def _heading(paths: Paths) -> str:
    if paths.total == 1:
        return "1 path"
    joins = f"{paths.joins:,} residual join{'' if paths.joins == 1 else 's'}"
    return f"{total_text(paths.total)} paths, {joins if paths.joins else 'no residual joins'}"


def _summary(paths: Paths) -> Iterator[tuple[str, str]]:
    measures: list[Measure] = ["branches", "layers"] if paths.joins else ["layers"]
    for place, measure in enumerate(measures):
        lengths = chosen(paths, measure)
        low, high = lengths.rows[0].length, lengths.rows[-1].length
        if low == high:
            yield "lengths", f"{low} {WORDS[measure]}"
        else:
            text = f"{low} .. {high} {WORDS[measure]}, mean {lengths.mean:.4g}, median {lengths.median}"
            yield "" if place else "lengths", text
    for place, measure in enumerate(measures if paths.joins else []):
        lengths = chosen(paths, measure)
        low, high = lengths.effective
        share = share_text(lengths.effective_paths / paths.total)
        text = f"{low} .. {high} {WORDS[measure]}, mean {lengths.weighted_mean:.4g}"
        yield "" if place else "effective", f"{text}, {share} of the paths"


def _convention(paths: Paths) -> str:
    text = (
        "Paths run along the tensors of inference from input to output; gates are no paths. Branches: "
        "residual branches that a path takes, where it could take a shortcut. Layers: convolutions and "
        "linear layers on it."
    )
    if not paths.joins:
        return text
    return (
        f"{text} Weight: {paths.decay:g}^branches, scaled to a sum of one; a model of how gradients fall "
        "off along paths (Veit et al. 2016), not a measurement. Effective: the middle 95 % of the weight."
    )


def _markdown(entry: PathsModel, measure: Measure, width: int | None) -> str:
    paths = entry.paths
    lines = [f"# {markdown_text(entry.model)}: {_heading(paths)}", ""]
    lines += [f"| {WORDS[measure]} | paths | share | weight |", "|---:|---:|---:|---:|"]
    lines += [
        f"| {_span(row)} | {number(row.paths)} | {share_text(row.paths / paths.total)} | "
        f"{share_text(row.weight)} |"
        for row in binned(chosen(paths, measure))
    ]
    topics = ""
    lines.append("")
    for topic, text in _summary(paths):
        topics = topic or topics
        lines.append(f"- {topics}: {text}")
    lines += ["", _convention(paths)]
    return "\n".join(lines) + "\n"
