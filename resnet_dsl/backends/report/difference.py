"""A comparison of two networks as text, JSON and Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from resnet_dsl.analysis.changes import ADDED, CHANGED, REMOVED, RESIZED, Change
from resnet_dsl.analysis.compare import Comparison, Figure
from resnet_dsl.backends.report.escape import display_width, markdown_code, markdown_text, printable
from resnet_dsl.backends.report.quantities import byte_size, scaled
from resnet_dsl.ir.data import json_text

DifferenceForm = Literal["text", "json", "md"]
_VERSION = 1
_SIGNS = {ADDED: "+", REMOVED: "-", CHANGED: "~"}
_MOST_KEYS = 6
_TITLES = {
    "macs": "MACs",
    "other_ops": "other ops",
    "weight_bytes": "weights",
    "peak_bytes": "peak memory",
    "activation_bytes": "activations",
    "saved_bytes": "saved for backward",
    "training_bytes": "training memory",
}
_HEADLINE = ("params", "macs"), ("depth", "peak_bytes")
_SCALED_FROM = 10_000
_MOST_SHARE = 900.0  # percent; more is told as a factor
_LEAST_SHARE = 0.05  # percent; less would print as nothing
_DIGITS = re.compile(r"\d+")


def render_difference(comparisons: Sequence[Comparison], form: DifferenceForm) -> str:
    """Comparisons one below the other; JSON is one object, or a list for several."""
    if form == "json":
        objects = [json_text(difference_data(entry)) for entry in comparisons]
        return objects[0] + "\n" if len(objects) == 1 else "[\n" + ",\n".join(objects) + "\n]\n"
    lines = _text if form == "text" else _markdown
    return "\n".join("\n".join(lines(entry)) + "\n" for entry in comparisons)


def difference_data(found: Comparison) -> dict[str, Any]:
    """The comparison as plain values: what the JSON holds."""
    return {
        "version": _VERSION,
        "before": found.before,
        "after": found.after,
        "equal": found.equal,
        "figures": {
            figure.name: {"before": figure.before, "after": figure.after, "delta": figure.delta}
            for figure in found.figures
        },
        "changes": [_change(change) for change in found.changes],
        "keys": {
            "added": [entry.key for entry in found.keys.added],
            "removed": [entry.key for entry in found.keys.removed],
            "reshaped": [
                {"key": old.key, "before": list(old.shape), "after": list(new.shape)}
                for old, new in found.keys.reshaped
            ],
            "renamed": [{"before": old, "after": new} for old, new in found.keys.renamed],
            "same_order": found.keys.same_order,
        },
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "path": change.path or None,
        "old_path": change.old_path or None,
        "what": change.what,
        "details": {detail.name: [detail.before, detail.after] for detail in change.details},
        "operators": change.operators,
        "params": change.params,
        "macs": change.macs,
        "old_line": change.old_line,
        "line": change.line,
    }


def _text(found: Comparison) -> Iterator[str]:
    yield f"{printable(found.before)} -> {printable(found.after)}"
    if found.equal:
        yield "nothing differs: operators, wiring, shapes, keys and their order are the same"
        return
    yield ""
    yield from _columns([["", "before", "after", "change", ""], *figure_rows(found.figures)])
    rows = list(_rows(found.changes))
    if rows:
        yield ""
        widths = [max(display_width(row[column]) for row in rows) for column in range(2)]
        for path, what, cost in rows:
            cells = [
                text + " " * (width - display_width(text))
                for text, width in zip((path, what), widths, strict=True)
            ]
            yield "  ".join([*cells, cost]).rstrip()
    notes = list(_notes(found, printable))
    if notes:
        yield ""
        yield from notes


def _markdown(found: Comparison) -> Iterator[str]:
    yield f"# {markdown_text(found.before)} → {markdown_text(found.after)}"
    yield ""
    if found.equal:
        yield "Nothing differs: operators, wiring, shapes, keys and their order are the same."
        return
    yield "| figure | before | after | change | |"
    yield "|---|---:|---:|---:|---:|"
    for row in figure_rows(found.figures):
        yield "| " + " | ".join(row) + " |"
    rows = list(_rows(found.changes))
    if rows:
        yield ""
        yield "| where | what | cost |"
        yield "|---|---|---|"
        for path, what, cost in rows:
            yield f"| {markdown_code(path)} | {markdown_code(what)} | {cost} |"
    for note in _notes(found, markdown_code):
        yield ""
        yield note


def figure_rows(figures: Sequence[Figure]) -> Iterator[list[str]]:
    """A row for each total: its name, both values, the change, and that in percent."""
    for figure in figures:
        delta = "same" if not figure.delta else _signed(figure)
        share = f"{100 * figure.delta / figure.before:+.1f} %" if figure.delta and figure.before else ""
        cells = [byte_size(n) if figure.unit else f"{n:,}" for n in (figure.before, figure.after)]
        yield [_TITLES.get(figure.name, figure.name), *cells, delta, share]


def headline(found: Comparison) -> list[str]:
    """Two lines of facts for the top of a picture."""
    told = {figure.name: _brief(figure) for figure in found.figures}
    return ["   ".join(told[name] for name in row) for row in _HEADLINE]


def _brief(figure: Figure) -> str:
    """``params 25.56 M → 25.58 M (+0.1 %)``."""
    written = [_size(figure, number) for number in (figure.before, figure.after)]
    name = _TITLES.get(figure.name, figure.name)
    if not figure.delta:
        return f"{name} {written[0]}"
    share = 100 * figure.delta / figure.before if figure.before else 0.0
    if written[0] == written[1] or abs(share) < _LEAST_SHARE:
        return f"{name} {written[1]} ({_signed(figure)})"
    told = f"{share:+.1f} %" if share < _MOST_SHARE else f"× {figure.after / figure.before:,.1f}"
    return f"{name} {written[0]} → {written[1]} ({told})"


def _size(figure: Figure, number: int) -> str:
    if figure.unit:
        return byte_size(number)
    return scaled(number) if number >= _SCALED_FROM else f"{number:,}"


def _signed(figure: Figure) -> str:
    if figure.unit:
        return ("+" if figure.delta > 0 else "-") + byte_size(abs(figure.delta))
    return f"{figure.delta:+,}"


def _rows(changes: Sequence[Change]) -> Iterator[tuple[str, str, str]]:
    """Where, what and at what cost; what is changed alike in several places is one row."""
    groups: dict[Any, list[Change]] = {}
    for change in changes:
        if change.kind != RESIZED:
            groups.setdefault(_look(change), []).append(change)
    for alike in groups.values():
        first = alike[0]
        where = printable(first.path or first.old_path)
        if len(alike) > 1:
            where += f" .. {printable(alike[-1].path or alike[-1].old_path)}"
        number = f"{len(alike)} x " if len(alike) > 1 else ""
        yield f"{_SIGNS[first.kind]} {where}", number + _what(alike), _cost(alike)


def _look(change: Change) -> Any:
    """Equal for rows that one line can stand for: places that differ in numbers only."""
    details = tuple(detail for detail in change.details if detail.name not in {"output", "path", "operands"})
    names = tuple(detail.name for detail in change.details)
    pattern = _DIGITS.sub("#", change.path), _DIGITS.sub("#", change.old_path)
    return change.kind, change.what, change.operators, details, names, pattern


def _what(alike: Sequence[Change]) -> str:
    first = alike[0]
    text = printable(first.what.replace("×", "x"))
    if first.kind != CHANGED:
        return f"{text} ({first.operators} operators)" if first.operators > 1 else text
    parts = []
    for number, detail in enumerate(first.details):
        before, after = printable(detail.before), printable(detail.after)
        if detail.name == "path":
            parts.append(f"was {before}" if len(alike) == 1 else f"was {before} and so on")
        elif all(entry.details[number] == detail for entry in alike):
            parts.append(f"{detail.name} {before} -> {after}")
        else:
            parts.append(f"other {detail.name}")
    return f"{text}: {'; '.join(parts)}"


def _cost(changes: Sequence[Change]) -> str:
    params, macs = sum(entry.params for entry in changes), sum(entry.macs for entry in changes)
    parts = [f"{params:+,} params"] if params else []
    return ", ".join([*parts, f"{macs:+,} MACs"] if macs else parts)


def _notes(found: Comparison, quoted: Callable[[str], str]) -> Iterator[str]:
    resized = [change for change in found.changes if change.kind == RESIZED]
    if resized:
        cost = _cost(resized)
        yield f"{len(resized)} more operators are the same on other shapes{': ' + cost if cost else ''}"
    keys = found.keys
    for word, listed in (
        ("new", [entry.key for entry in keys.added]),
        ("gone", [entry.key for entry in keys.removed]),
        ("of another shape", [new.key for _, new in keys.reshaped]),
    ):
        if listed:
            more = f" and {len(listed) - _MOST_KEYS} more" if len(listed) > _MOST_KEYS else ""
            shown = ", ".join(quoted(key) for key in listed[:_MOST_KEYS])
            yield f"keys {word}: {len(listed)} ({shown}{more})"
    if not keys.same_order:
        yield "the keys that stay stand in another order"


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        yield "  ".join([first.ljust(widths[0]), *cells]).rstrip()
