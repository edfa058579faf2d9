"""Text from a spec as a terminal may see it.

A spec can hold anything: escape sequences that move the cursor, letters that reverse the line,
bytes that are no text. Whatever is not printable is written as an escape before it is shown.
"""

from __future__ import annotations

from unicodedata import combining, east_asian_width

MAX_TEXT = 600  # characters of one message, label or name; the rest is cut
_TAB = "    "


def visible(text: str) -> str:
    """One line of printable text: line ends and other control characters become escapes."""
    if len(text) > MAX_TEXT:
        text = text[: MAX_TEXT - 1] + "…"
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else escape(char) for char in text)


def escape(char: str) -> str:
    """A character as a string literal would spell it: ``\\x1b``, ``\\u202e``."""
    return char.encode("unicode_escape").decode("ascii")


def cell(char: str) -> tuple[str, int]:
    """What to print for one character of a source line, and how many columns that takes."""
    if char == "\t":
        return _TAB, len(_TAB)
    if not char.isprintable():
        spelled = escape(char)
        return spelled, len(spelled)
    if char.isascii():
        return char, 1
    if combining(char):
        return char, 0
    return char, 2 if east_asian_width(char) in "WF" else 1
