"""Source lines with marks under them: the middle part of a rendered diagnostic.

Rows are lists of segments, a text with the name of its style, so that layout and colour stay
apart. Long lines are cut to a window around the marks; a span of many lines shows its first and
its last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from resnet_dsl.diagnostics.visible import cell, visible
from resnet_dsl.source import Source, Span

MAX_COLUMNS = 100  # of one source line
_LEAD = 20  # columns kept before the first mark of a line that is cut

Segment = tuple[str, str]
Row = list[Segment]


@dataclass(frozen=True, slots=True)
class Mark:
    """A span to underline, with what to say there."""

    span: Span
    text: str = ""
    primary: bool = False


@dataclass(frozen=True, slots=True)
class _Piece:
    """The part of a mark that lies in one line: columns `start` to `end`, from 0."""

    line: int
    start: int
    end: int
    text: str
    primary: bool


def last_line(marks: Iterable[Mark]) -> int:
    """The largest line number that an excerpt of these marks prints."""
    return max((piece.line for mark in marks for piece in _pieces(mark)), default=1)


def excerpt(source: Source, marks: Sequence[Mark], gutter: int) -> Iterator[Row]:
    """Rows for the marked lines of one file, top to bottom, line numbers in `gutter` columns."""
    by_line: dict[int, list[_Piece]] = {}
    for mark in marks:
        for piece in _pieces(mark):
            by_line.setdefault(piece.line, []).append(piece)
    if before := _line_before_the_end(source, max(by_line)):
        by_line.setdefault(before, [])

    previous = 0
    for line in sorted(by_line):
        if previous and line > previous + 1:
            yield [("...", "gutter")]
        previous = line
        text = source.line_text(line)
        for cluster in _clusters(text, by_line[line]):
            shown, columns = _window(text, cluster)
            yield [(f"{line:>{gutter}} | ", "gutter"), (shown, "source")]
            for row in _underlines(cluster, columns):
                yield [(" " * gutter + " | ", "gutter"), *row]


def _pieces(mark: Mark) -> list[_Piece]:
    source, start = mark.span.source, mark.span.start
    end = start + len(mark.span.text.rstrip())
    first, last = source.position(start), source.position(max(start, end))
    head, tail = first.column - 1, last.column - 1
    if first.line == last.line:
        return [_Piece(first.line, head, tail, mark.text, mark.primary)]
    first_text, last_text = source.line_text(first.line), source.line_text(last.line)
    indent = len(last_text) - len(last_text.lstrip())
    return [
        _Piece(first.line, head, len(first_text), "", mark.primary),
        _Piece(last.line, min(indent, tail), tail, mark.text, mark.primary),
    ]


def _line_before_the_end(source: Source, line: int) -> int:
    """A mark on the empty line at the end of a file says little: the last line with text, or 0."""
    if line != len(source.line_starts) or source.line_text(line).strip():
        return 0
    before = line - 1
    while before and not source.line_text(before).strip():
        before -= 1
    return before


def _clusters(text: str, pieces: list[_Piece]) -> list[list[_Piece]]:
    """The pieces of one line, grouped so that each group starts within one window."""
    if not pieces or len(text) <= MAX_COLUMNS:
        return [pieces]
    groups: list[list[_Piece]] = []
    for piece in sorted(pieces, key=lambda piece: piece.start):
        if groups and piece.start - groups[-1][0].start < MAX_COLUMNS - 2 * _LEAD:
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return groups


def _window(text: str, pieces: list[_Piece]) -> tuple[str, dict[int, int]]:
    """The part of a line to print, and the column of each character in it, end included."""
    anchor = min((piece.start for piece in pieces), default=0)
    begin = 0
    if len(text) > MAX_COLUMNS or sum(cell(char)[1] for char in text) > MAX_COLUMNS:
        begin, lead = min(anchor, len(text)), 0
        while begin and lead < _LEAD:
            begin -= 1
            lead += cell(text[begin])[1]

    shown, width = ("…", 1) if begin else ("", 0)
    columns: dict[int, int] = {}
    index = begin
    while index < len(text):
        printed, cells = cell(text[index])
        if width + cells > MAX_COLUMNS and index > anchor:
            shown += "…"
            break
        columns[index] = width
        shown, width, index = shown + printed, width + cells, index + 1
    columns[index] = width
    return shown.rstrip(), columns


def _underlines(pieces: list[_Piece], columns: dict[int, int]) -> Iterator[Row]:
    """The row of carets and dashes, then the texts that do not fit behind it."""
    if not pieces:
        return
    end_of_window = max(columns)

    def place(piece: _Piece) -> tuple[int, int]:
        start = columns[min(piece.start, end_of_window)]
        return start, max(start + 1, columns[min(piece.end, end_of_window)])

    placed = [(*place(piece), piece) for piece in pieces]
    width = max(end for _, end, _ in placed)
    signs = [" "] * width
    # A mark inside another stays visible: the widest is drawn first.
    for start, end, piece in sorted(placed, key=lambda entry: (entry[0] - entry[1], entry[2].primary)):
        signs[start:end] = ("^" if piece.primary else "-") * (end - start)
    for start, end, piece in placed:
        if piece.primary and "^" not in signs[start:end]:
            signs[start] = "^"  # marks inside it cover all of it

    texts = [entry for entry in placed if entry[2].text]
    texts.sort(key=lambda entry: (entry[0], not entry[2].primary))
    row = _runs(signs)
    if texts and texts[-1][1] == width:
        piece = texts.pop()[2]
        row.append((" " + visible(piece.text), _style(piece)))
    yield row

    if texts:
        yield [_bars([entry[0] for entry in texts])]
    while texts:
        start, _, piece = texts.pop()
        bars, style = _bars([other for other, _, _ in texts if other < start])
        yield [(bars.ljust(start), style), (visible(piece.text), _style(piece))]


def _bars(at: list[int]) -> Segment:
    signs = [" "] * (max(at, default=-1) + 1)
    for column in at:
        signs[column] = "|"
    return "".join(signs), "related"


def _runs(signs: list[str]) -> Row:
    """Underline signs as segments of one style each."""
    row: Row = []
    for sign in signs:
        style = "primary" if sign == "^" else "related"
        if row and row[-1][1] == style:
            row[-1] = (row[-1][0] + sign, style)
        else:
            row.append((sign, style))
    return row


def _style(piece: _Piece) -> str:
    return "primary" if piece.primary else "related"
