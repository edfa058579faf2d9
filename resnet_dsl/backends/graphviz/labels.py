"""Contents as labels: plain strings where one voice is enough, else Graphviz's HTML-like form."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_dsl.backends.graphviz.markup import html_text, quoted_lines
from resnet_dsl.backends.graphviz.model import Content, Line, Matrix, Table, Tone
from resnet_dsl.backends.graphviz.palette import FAINT, LINE, QUIET, QUIET_SIZE, SHORTCUT

_TABLE = '<table border="0" cellspacing="0" cellpadding="1">'


def label(content: Sequence[Content], *, align: str = "center") -> str:
    """The value of a ``label`` attribute."""
    lines = [entry for entry in content if isinstance(entry, Line)]
    if len(lines) == len(content) and all(line.tone is Tone.NORMAL for line in lines):
        return quoted_lines([line.text for line in lines])
    if len(content) == 1 and lines:
        return f"<{_line(lines[0])}>"
    cell = "<td>" if align == "center" else f'<td align="{align}">'
    rows = "".join(f"<tr>{cell}{_entry(entry)}</td></tr>" for entry in content)
    return f"<{_TABLE}{rows}</table>>"


def one_line(lines: Sequence[Line]) -> str:
    """Several lines side by side, for titles that stand above a frame."""
    return f"<{'  '.join(_line(line) for line in lines)}>"


def _entry(entry: Content) -> str:
    if isinstance(entry, Line):
        return _line(entry)
    return _matrix(entry) if isinstance(entry, Matrix) else _table(entry)


def _line(line: Line) -> str:
    text = html_text(line.text)
    if line.tone is Tone.TITLE:
        return f"<b>{text}</b>"
    if line.tone is Tone.QUIET:
        return _quiet(text)
    if line.tone is Tone.ACCENT:
        return f'<font point-size="{QUIET_SIZE}" color="{SHORTCUT}">{text}</font>'
    return text


def _quiet(text: str) -> str:
    return f'<font point-size="{QUIET_SIZE}" color="{QUIET}">{text}</font>'


def _matrix(matrix: Matrix) -> str:
    """Rows between brackets; the shortcut runs around them on the right."""
    span = f'rowspan="{len(matrix.rows)}"'
    left = f'<td {span} border="1" sides="LTB" color="{LINE}" width="5"></td>'
    right = f'<td {span} border="1" sides="RTB" color="{LINE}" width="5"></td>'
    if matrix.shortcut:
        # The cell on the left keeps the rows in the middle.
        left = f'<td {span} width="14"></td>{left}'
        right += (
            f'<td {span} width="3"></td><td {span} border="1" sides="RTB" color="{SHORTCUT}" width="11"></td>'
        )
    first, *others = [f"<td>{html_text(row)}</td>" for row in matrix.rows]
    rows = [f"<tr>{left}{first}{right}</tr>", *(f"<tr>{row}</tr>" for row in others)]
    return f"{_TABLE}{''.join(rows)}</table>"


def _table(table: Table) -> str:
    rows = [
        "<tr>" + "".join(_cell(_quiet(html_text(cell)), i) for i, cell in enumerate(table.heading)) + "</tr>",
        *(
            "<tr>" + "".join(_cell(html_text(cell), i) for i, cell in enumerate(row)) + "</tr>"
            for row in table.rows
        ),
        "<tr>"
        + "".join(_cell(f"<b>{html_text(cell)}</b>" if cell else "", i) for i, cell in enumerate(table.total))
        + "</tr>",
    ]
    body = f"{rows[0]}<hr/>{''.join(rows[1:-1])}<hr/>{rows[-1]}"
    return f'<table border="0" cellspacing="0" cellpadding="3" color="{FAINT}">{body}</table>'


def _cell(text: str, column: int) -> str:
    return f'<td align="{"left" if column < 2 else "right"}">{text}</td>'
