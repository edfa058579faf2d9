"""Diagnostics as text for people, for editors and for machines.

Four forms: `render_text` with the source lines, `render_short` a line each, `render_json` for
programs, `render_github` for annotations in a workflow's log. None ends in a newline.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from json import dumps
from typing import Any

from resnet_dsl.diagnostics.excerpt import Mark, Row, excerpt, last_line
from resnet_dsl.diagnostics.model import Diagnostic, Severity
from resnet_dsl.diagnostics.visible import visible
from resnet_dsl.source import Position, Source, Span

JSON_VERSION = 1

_COLORS = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "note": "\x1b[1;36m",
    "message": "\x1b[1m",
    "gutter": "\x1b[1;34m",
    "related": "\x1b[1;34m",
    "source": "",
}
_RESET = "\x1b[0m"


def render_text(diagnostics: Iterable[Diagnostic], color: bool = False) -> str:
    """Each diagnostic with its code, place, source lines and the edit that mends it."""
    return "\n\n".join(
        "\n".join(_paint(row, entry.severity, color) for row in _rows(entry)) for entry in diagnostics
    )


def render_short(diagnostics: Iterable[Diagnostic]) -> str:
    """One line each, as compilers print them: ``file:line:column: error[CODE]: message``."""
    return "\n".join(
        (f"{visible(str(entry.span))}: " if entry.span is not None else "") + _title(entry)
        for entry in diagnostics
    )


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """One JSON object; lines and columns count from 1 and a range's end is exclusive."""
    return dumps(
        {"version": JSON_VERSION, "diagnostics": [as_json(entry) for entry in diagnostics]}, indent=2
    )


def as_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """A diagnostic as plain data; `file` and `range` are null where it has no place."""
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        **_place(diagnostic.span),
        "label": diagnostic.label,
        "help": diagnostic.help,
        "where": diagnostic.where,
        "related": [{"message": label.text, **_place(label.span)} for label in diagnostic.related],
        "instances": diagnostic.instances,
    }


def render_github(diagnostics: Iterable[Diagnostic]) -> str:
    """Workflow commands, which GitHub shows beside the lines of a change."""
    return "\n".join(_annotation(entry) for entry in diagnostics)


def _title(diagnostic: Diagnostic) -> str:
    return f"{diagnostic.severity.value}[{diagnostic.code}]: {visible(diagnostic.message)}"


def _rows(diagnostic: Diagnostic) -> Iterator[Row]:
    severity = diagnostic.severity.value
    yield [(f"{severity}[{diagnostic.code}]", severity), (f": {visible(diagnostic.message)}", "message")]

    where = f"in {visible(diagnostic.where)}" if diagnostic.where else ""
    by_source = _marks(diagnostic)
    gutter = max(2, *(len(str(last_line(marks))) for _, marks in by_source)) if by_source else 2
    for source, marks in by_source:
        primary = any(mark.primary for mark in marks)
        arrow = "-->" if primary else ":::"
        yield [
            (f"{' ' * gutter}{arrow} ", "gutter"),
            (visible(str(marks[0].span)) + (f"   {where}" if primary and where else ""), "source"),
        ]
        if source.text:  # a file that could not be read has none
            yield [(" " * gutter + " |", "gutter")]
            yield from excerpt(source, marks, gutter)

    notes: list[tuple[str, str]] = []
    if where and diagnostic.span is None:
        notes.append(("note", where))
    if diagnostic.instances > 1:
        more = diagnostic.instances - 1
        notes.append(("note", f"and {more:,} more instance{'s' if more > 1 else ''}"))
    if diagnostic.help:
        notes.append(("help", diagnostic.help))
    for kind, text in notes:
        lead = f"{' ' * gutter} = {kind}: "
        first, *rest = text.split("\n")
        yield [(f"{' ' * gutter} = ", "gutter"), (f"{kind}: ", "message"), (visible(first), "source")]
        for line in rest:
            yield [(" " * len(lead) + visible(line), "source")]


def _marks(diagnostic: Diagnostic) -> list[tuple[Source, list[Mark]]]:
    """What to underline, by file; the file of the mistake itself comes first."""
    marks = [Mark(label.span, label.text) for label in diagnostic.related]
    if diagnostic.span is not None:
        marks.insert(0, Mark(diagnostic.span, diagnostic.label, primary=True))
    by_source: dict[int, tuple[Source, list[Mark]]] = {}
    for mark in marks:
        by_source.setdefault(id(mark.span.source), (mark.span.source, []))[1].append(mark)
    return list(by_source.values())


def _paint(row: Row, severity: Severity, color: bool) -> str:
    if not color:
        return "".join(text for text, _ in row).rstrip()
    painted = ""
    for text, style in row:
        code = _COLORS[severity.value if style == "primary" else style]
        painted += f"{code}{text}{_RESET}" if code and text.strip() else text
    return painted


def _place(span: Span | None) -> dict[str, Any]:
    if span is None:
        return {"file": None, "range": None}
    ends = {"start": span.start_position, "end": span.end_position}
    return {"file": span.source.name, "range": {name: _point(position) for name, position in ends.items()}}


def _point(position: Position) -> dict[str, int]:
    return {"line": position.line, "column": position.column}


_WORKFLOW_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def workflow_command(
    severity: Severity, message: str, title: str, file: str | None = None, **places: int | None
) -> str:
    """One annotation: see "Workflow commands for GitHub Actions" in GitHub's documentation.

    `places` are lines and columns under GitHub's names (``line``, ``endColumn``); None leaves one out.
    """
    properties = [] if file is None else [f"file={_encode(file, ':,')}"]
    properties += [f"{name}={number}" for name, number in places.items() if number is not None]
    properties.append(f"title={_encode(title, ':,')}")
    return f"::{_WORKFLOW_LEVEL[severity]} {','.join(properties)}::{_encode(message)}"


def _annotation(diagnostic: Diagnostic) -> str:
    parts = [diagnostic.message]
    if diagnostic.where:
        parts.append(f"in {diagnostic.where}")
    if diagnostic.help:
        parts.append(f"help: {diagnostic.help}")
    message = "\n".join(parts)
    if diagnostic.span is None:
        return workflow_command(diagnostic.severity, message, diagnostic.code)
    start, end = diagnostic.span.start_position, diagnostic.span.end_position
    return workflow_command(
        diagnostic.severity,
        message,
        diagnostic.code,
        diagnostic.span.source.name,
        line=start.line,
        endLine=end.line,
        col=start.column,
        endColumn=end.column,
    )


def _encode(text: str, more: str = "") -> str:
    """Percent-encoding of what would end a workflow command, or one of its properties."""
    coded = "".join(f"%{ord(char):02X}" if char in "%\r\n" + more else char for char in text)
    return visible(coded)
