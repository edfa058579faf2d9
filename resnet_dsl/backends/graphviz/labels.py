"""Contents as labels: plain strings where one voice is enough, else Graphviz's HTML-like form."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_dsl.backends.graphviz.legend import Key, line_look
from resnet_dsl.backends.graphviz.markup import html_text, quoted_lines
from resnet_dsl.backends.graphviz.model import (
    Content,
    Legend,
    Line,
    Mark,
    Matrix,
    Revision,
    Table,
    Tone,
)
from resnet_dsl.backends.graphviz.palette import PAPER, Theme
from resnet_dsl.backends.graphviz.traces import trace

_TABLE = '<table border="0" cellspacing="0" cellpadding="1">'


def label(content: Sequence[Content], theme: Theme = PAPER, *, align: str = "center") -> str:
    """The value of a ``label`` attribute."""
    lines = [entry for entry in content if isinstance(entry, Line)]
    plain = all(line.tone is Tone.NORMAL and line.mark is None for line in lines)
    if len(lines) == len(content) and plain:
        return quoted_lines([line.text for line in lines])
    if len(content) == 1 and isinstance(content[0], Line | Revision):
        return f"<{_line(content[0], theme)}>"
    cell = "<td>" if align == "center" else f'<td align="{align}">'
    rows = "".join(f"<tr>{cell}{_entry(entry, theme)}</td></tr>" for entry in content)
    return f"<{_TABLE}{rows}</table>>"


def one_line(lines: Sequence[Line | Revision], theme: Theme = PAPER) -> str:
    """Several lines side by side, for titles that stand above a frame."""
    return f"<{'  '.join(_line(line, theme) for line in lines)}>"


def _entry(entry: Content, theme: Theme) -> str:
    if isinstance(entry, Line | Revision):
        return _line(entry, theme)
    return _loose(_matrix(entry, theme)) if isinstance(entry, Matrix) else _table(entry, theme)


def legend_label(legend: Legend, theme: Theme) -> str:
    """What stands above a picture of two networks."""
    rows = [f'<td colspan="{len(legend.marks)}"><b>{html_text(legend.title)}</b></td>']
    rows += [
        f'<td colspan="{len(legend.marks)}">{_small(html_text(fact), theme.quiet, theme)}</td>'
        for fact in legend.facts
    ]
    rows.append("".join(_key(mark, text, theme) for mark, text in legend.marks))
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<<table border="0" cellspacing="4" cellpadding="3">{body}</table>>'


def key_label(heading: str, keys: Sequence[Key], columns: int, theme: Theme) -> str:
    """A legend, its rows in columns from top to bottom; `heading` stands above it."""
    height = -(-len(keys) // columns)
    rows = [f'<td height="{theme.text_size // 2}"></td>']
    if heading:
        rows.append(f'<td colspan="{3 * columns}" align="left"><b>{html_text(heading)}</b></td>')
    rows += ["".join(_key_cells(entry, theme) for entry in keys[row::height]) for row in range(height)]
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<<table border="0" cellspacing="2" cellpadding="1">{body}</table>>'


def _key_cells(key: Key, theme: Theme) -> str:
    """Sample, meaning, and room to the next column."""
    meaning = f'<td align="left">{_small(html_text(key.meaning), theme.quiet, theme)}</td>'
    return f'{_sample(key, theme)}{meaning}<td width="{2 * theme.text_size}"></td>'


def _sample(key: Key, theme: Theme) -> str:
    width, height = 3 * theme.text_size, theme.quiet_size
    if key.line is not None:
        color, style = line_look(key, theme)
        drawn = f'border="{max(1, round(theme.pen_width))}" sides="B" style="{style}" color="{color}"'
        # The lower edge of a cell is the only line that a label can have.
        rows = f'<tr><td width="{width}" height="{height // 2}" {drawn}></td></tr>'
        rows += f'<tr><td height="{height // 2}"></td></tr>'
    elif key.box is not None:
        paint = theme.boxes[key.box]
        drawn = f'border="1" bgcolor="{paint.fill}" color="{paint.outline}"'
        rows = f'<tr><td width="{width}" height="{height}" {drawn}></td></tr>'
    else:
        text = html_text(key.sign or key.text)
        return f"<td>{_small(text, theme.ink, theme) if text else ''}</td>"
    return f'<td><table border="0" cellspacing="0" cellpadding="0">{rows}</table></td>'


def _key(mark: Mark, text: str, theme: Theme) -> str:
    """A box as parts with the mark look."""
    look = trace(mark, theme)
    style = ' style="dashed"' if look.stroke == "dashed" else ""
    edge = f'border="{max(1, round(look.width))}" color="{look.paint.outline}" bgcolor="{look.paint.fill}"'
    return f"<td {edge}{style}>{_small(html_text(text), look.ink, theme)}</td>"


def _line(line: Line | Revision, theme: Theme) -> str:
    if isinstance(line, Revision):
        return _revision(line, theme)
    text = html_text(line.text)
    look = None if line.mark is None else trace(line.mark, theme)
    if look is not None and look.sign:
        size = f' point-size="{theme.quiet_size}"' if line.tone is Tone.QUIET else ""
        bold = f"<b>{text}</b>" if line.tone is Tone.TITLE else text
        return f'<font{size} color="{look.ink}">{look.sign} {bold}</font>'
    if line.tone is Tone.TITLE:
        return f"<b>{text}</b>"
    if line.tone is Tone.QUIET:
        return _small(text, theme.quiet, theme)
    if line.tone is Tone.ACCENT:
        return _small(text, theme.accent, theme)
    return text


def _revision(line: Revision, theme: Theme) -> str:
    """What went and what came, each in its colour, in the middle of what stayed."""
    told = []
    for mark, text in ((Mark.REMOVED, line.before), (Mark.ADDED, line.after)):
        if text:
            look = trace(mark, theme)
            sign = "" if line.before and line.after else look.sign
            told.append(f'<font color="{look.ink}"><b>{sign}{html_text(text)}</b></font>')
    # Graphviz knows no empty element.
    ends = [html_text(text) for text in (line.start, line.end)]
    if line.tone is Tone.TITLE:
        ends = [f"<b>{text}</b>" if text else "" for text in ends]
    text = f"{ends[0]}{' → '.join(told)}{ends[1]}"
    if line.tone is Tone.QUIET:
        return _small(text, theme.quiet, theme)
    return text if line.tone is Tone.TITLE else f"{trace(Mark.CHANGED, theme).sign} {text}"


def _small(text: str, color: str, theme: Theme) -> str:
    return f'<font point-size="{theme.quiet_size}" color="{color}">{text}</font>'


def _matrix(matrix: Matrix, theme: Theme) -> str:
    """Rows between brackets; the shortcut runs around them on the right."""
    span = f'rowspan="{len(matrix.rows)}"'
    left = f'<td {span} border="1" sides="LTB" color="{theme.line}" width="5"></td>'
    right = f'<td {span} border="1" sides="RTB" color="{theme.line}" width="5"></td>'
    if matrix.shortcut:
        # The cell on the left keeps the rows in the middle.
        left = f'<td {span} width="14"></td>{left}'
        right += f'<td {span} width="3"></td><td {span} border="1" sides="RTB" color="{theme.shortcut}" width="11"></td>'
    first, *others = [f"<td>{html_text(row)}</td>" for row in matrix.rows]
    rows = [f"<tr>{left}{first}{right}</tr>", *(f"<tr>{row}</tr>" for row in others)]
    return f"{_TABLE}{''.join(rows)}</table>"


def _loose(table: str) -> str:
    """A table that keeps its width: Graphviz spreads what a wider line leaves over all columns alike."""
    room = '<td colspan="12"></td>'
    return f'<table border="0" cellspacing="0" cellpadding="0"><tr>{room}<td>{table}</td>{room}</tr></table>'


def _table(table: Table, theme: Theme) -> str:
    heading = [_small(html_text(cell), theme.quiet, theme) for cell in table.heading]
    rows = [
        "<tr>" + "".join(_cell(cell, i) for i, cell in enumerate(heading)) + "</tr>",
        *(
            "<tr>" + "".join(_cell(html_text(cell), i) for i, cell in enumerate(row)) + "</tr>"
            for row in table.rows
        ),
        "<tr>"
        + "".join(_cell(f"<b>{html_text(cell)}</b>" if cell else "", i) for i, cell in enumerate(table.total))
        + "</tr>",
    ]
    body = f"{rows[0]}<hr/>{''.join(rows[1:-1])}<hr/>{rows[-1]}"
    return f'<table border="0" cellspacing="0" cellpadding="3" color="{theme.faint}">{body}</table>'


def _cell(text: str, column: int) -> str:
    return f'<td align="{"left" if column < 2 else "right"}">{text}</td>'
