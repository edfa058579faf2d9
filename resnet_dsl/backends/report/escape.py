"""Text from a spec on its way into a report: it must stay text in every format."""

from __future__ import annotations

import re

from resnet_dsl.diagnostics.visible import cell, escape

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def printable(text: str) -> str:
    """On one line, without control, invisible or direction characters: those show as escapes."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else escape(char) for char in text)


def display_width(text: str) -> int:
    """Terminal columns that printable text takes."""
    if text.isascii():
        return len(text)
    return sum(cell(char)[1] for char in text)


def markdown_code(text: str) -> str:
    """A code span for a table cell: the fence is longer than any run of backticks inside."""
    text = printable(text)
    if not text:
        return ""
    longest = max([len(run) for run in re.findall(r"`+", text)]) if "`" in text else 0
    fence = "`" * (longest + 1)
    # A pipe ends a cell even inside a code span.
    inner = text.replace("|", "\\|")
    space = " " if longest or text != text.strip() else ""
    return f"{fence}{space}{inner}{space}{fence}"


def markdown_text(text: str) -> str:
    """Plain words: every character that Markdown or HTML reads as markup is escaped."""
    return re.sub(r"([\\`*_{}\[\]<>()#+\-.!|~&$])", r"\\\1", printable(text))


def csv_text(text: str) -> str:
    """A cell that a spreadsheet does not run as a formula."""
    text = printable(text)
    return f"'{text}" if text.startswith(_FORMULA) else text
