"""Source text and the spans that point into it.

This is the bottom of the house: it knows about characters, lines and columns, and nothing about
networks. Lines and columns count from 1, as editors do.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple


class Position(NamedTuple):
    """A place in a file: line and column, both from 1."""

    line: int
    column: int


class Source:
    """One file's text under the name the user knows it by, and where its lines start."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        starts = [0]
        starts.extend(index + 1 for index, char in enumerate(text) if char == "\n")
        self.line_starts = tuple(starts)

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def position(self, offset: int) -> Position:
        """The line and column of a character offset; past the end means the end."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self.line_starts, offset)
        return Position(line, offset - self.line_starts[line - 1] + 1)

    def line_text(self, line: int) -> str:
        """Line number `line` without its newline; empty where there is no such line."""
        if not 1 <= line <= len(self.line_starts):
            return ""
        start = self.line_starts[line - 1]
        end = self.line_starts[line] - 1 if line < len(self.line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r")


class Span(NamedTuple):
    """A half-open range of characters, `start` to `end`, in one source."""

    source: Source
    start: int
    end: int

    @property
    def start_position(self) -> Position:
        return self.source.position(self.start)

    @property
    def end_position(self) -> Position:
        return self.source.position(self.end)

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    def to(self, other: Span) -> Span:
        """The smallest span that covers both; both lie in one source."""
        return Span(self.source, min(self.start, other.start), max(self.end, other.end))

    def __str__(self) -> str:
        position = self.start_position
        return f"{self.source.name}:{position.line}:{position.column}"

    def __repr__(self) -> str:
        return f"<{self.start}:{self.end}>"  # the source would print the whole text


def hash_of(sources: Iterable[str]) -> str:
    """SHA-256 over texts, each told from the next."""
    import hashlib

    return hashlib.sha256("\0".join(sources).encode("utf-8", "surrogatepass")).hexdigest()
