"""Paths by length: a table with bars, JSON, CSV and Markdown.

Counts are exact wherever a program reads them; JSON has them as strings, since most readers of JSON
round integers beyond 2^53.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from textwrap import fill
from typing import Any, Literal, NamedTuple

from resnet_dsl.analysis.paths import LengthRow, Lengths, Paths
from resnet_dsl.backends.report.escape import csv_text, markdown_text, printable
from resnet_dsl.ir.data import json_text

Measure = Literal["branches", "layers"]
WORDS: dict[Measure, str] = {"branches": "residual branches", "layers": "weighted layers"}

_WIDTH = 100
_BAR, _LEAST_BAR = 24, 6
_MOST_ROWS = 40
_NEXT_TO_NOTHING = 5e-5  # shares below print as <0.01 %
_EXACT = 10**21  # from here on, four digits and an exponent


class PathsModel(NamedTuple):
    """A model's title and its paths."""

    model: str
    paths: Paths


class _Bin(NamedTuple):
    """Lengths from `low` to `high` together."""

    low: int
    high: int
    paths: int
    weight: float


def default_measure(paths: Paths) -> Measure:
    """Residual branches, or weighted layers where there are none."""
    return "branches" if paths.joins else "layers"


def render_paths(
    models: Sequence[PathsModel], format: str, measure: Measure | None = None, width: int | None = None
) -> str:
    """Text that ends with a newline; `format` is table, json, csv or md.

    `measure` says what a length is; None: residual branches where there are any, and both in CSV. JSON
    has both.
    """
    if format == "json":
        objects = [json_text(_data(entry)) for entry in models]
        return objects[0] + "\n" if len(objects) == 1 else "[\n" + ",\n".join(objects) + "\n]\n"
    if format == "csv":
        return _csv(models, measure)
    write = _markdown if format == "md" else _table
    return "\n".join(write(entry, measure or default_measure(entry.paths), width) for entry in models)


def binned(lengths: Lengths, most: int = _MOST_ROWS) -> list[_Bin]:
    """About `most` rows at most: what hardly any path has at either end is one row each, and where many
    lengths are left, they are taken together in twos, fives, tens.
    """
    rows = list(lengths.rows)
    if len(rows) <= most:
        return [_bin([row]) for row in rows]
    below = _negligible(rows, lengths.total)
    above = _negligible(rows[::-1], lengths.total)
    ends = len(rows) - above
    middle = rows[below:ends]
    size = next(size for size in _sizes() if len({row.length // size for row in middle}) <= most)
    groups: dict[int, list[LengthRow]] = {}
    for row in middle:
        groups.setdefault(row.length // size, []).append(row)
    return [_bin(group) for group in (rows[:below], *groups.values(), rows[ends:]) if group]


def _negligible(rows: Sequence[LengthRow], total: int) -> int:
    """How many rows from the first on have next to no paths and next to no weight, all together."""
    paths, weight = 0, 0.0
    for place, row in enumerate(rows):
        paths += row.paths
        weight += row.weight
        if weight >= _NEXT_TO_NOTHING or paths / total >= _NEXT_TO_NOTHING:
            return place
    return 0


def _bin(rows: Sequence[LengthRow]) -> _Bin:
    paths, weight = sum([row.paths for row in rows]), sum([row.weight for row in rows])
    return _Bin(rows[0].length, rows[-1].length, paths, weight)


def number(count: int) -> str:
    """All digits while they are few, else ``4.150e180``."""
    if count < _EXACT:
        return f"{count:,}"
    exponent = len(str(count)) - 1
    mantissa = (count * 1000 * 10 // 10**exponent + 5) // 10
    if mantissa == 10_000:
        mantissa, exponent = 1000, exponent + 1
    return f"{mantissa // 1000}.{mantissa % 1000:03}e{exponent}"


def total_text(count: int) -> str:
    """The number, and which power of two it is, if it is one."""
    power = count.bit_length() - 1
    return f"{number(count)} = 2^{power}" if count > 2 and count == 1 << power else number(count)


def share_text(share: float) -> str:
    """A share of one in percent."""
    return f"{100 * share:.2f} %" if share >= _NEXT_TO_NOTHING else "<0.01 %" if share else "0.00 %"


def _sizes() -> Iterator[int]:
    scale = 1
    while True:
        yield from (scale, 2 * scale, 5 * scale)
        scale *= 10


def _chosen(paths: Paths, measure: Measure) -> Lengths:
    return paths.branches if measure == "branches" else paths.layers


def _table(entry: PathsModel, measure: Measure, width: int | None) -> str:
    paths = entry.paths
    bins = binned(_chosen(paths, measure))
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


def _span(row: _Bin) -> str:
    return str(row.low) if row.low == row.high else f"{row.low} .. {row.high}"


def _heading(paths: Paths) -> str:
    if paths.total == 1:
        return "1 path"
    joins = f"{paths.joins:,} residual join{'' if paths.joins == 1 else 's'}"
    return f"{total_text(paths.total)} paths, {joins if paths.joins else 'no residual joins'}"


def _summary(paths: Paths) -> Iterator[tuple[str, str]]:
    measures: list[Measure] = ["branches", "layers"] if paths.joins else ["layers"]
    for place, measure in enumerate(measures):
        lengths = _chosen(paths, measure)
        low, high = lengths.rows[0].length, lengths.rows[-1].length
        if low == high:
            yield "lengths", f"{low} {WORDS[measure]}"
        else:
            text = f"{low} .. {high} {WORDS[measure]}, mean {lengths.mean:.4g}, median {lengths.median}"
            yield "" if place else "lengths", text
    for place, measure in enumerate(measures if paths.joins else []):
        lengths = _chosen(paths, measure)
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
        for row in binned(_chosen(paths, measure))
    ]
    topics = ""
    lines.append("")
    for topic, text in _summary(paths):
        topics = topic or topics
        lines.append(f"- {topics}: {text}")
    lines += ["", _convention(paths)]
    return "\n".join(lines) + "\n"


def _csv(models: Sequence[PathsModel], measure: Measure | None) -> str:
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("model", "measure", "length", "paths", "share", "weight"))
    for entry in models:
        for name in WORDS if measure is None else [measure]:
            for row in _chosen(entry.paths, name).rows:
                share = _rounded(row.paths / entry.paths.total)
                writer.writerow(
                    (csv_text(entry.model), name, row.length, row.paths, share, _rounded(row.weight))
                )
    return out.getvalue()


def _data(entry: PathsModel) -> dict[str, Any]:
    paths = entry.paths
    return {
        "model": entry.model,
        "paths": str(paths.total),
        "residual_joins": paths.joins,
        "decay": paths.decay,
        **{name: _lengths_data(_chosen(paths, name), paths.total) for name in WORDS},
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
