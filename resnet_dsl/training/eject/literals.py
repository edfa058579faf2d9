"""Values as Python text that stays a value, whatever is in it."""

from __future__ import annotations


def literal(text: str) -> str:
    """`text` as a string literal in ASCII, in the quotes that a formatter would leave."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    inner = "".join(
        f"\\{each}" if each == quote else each if each in "'\"" else ascii(each)[1:-1] for each in text
    )
    return f"{quote}{inner}{quote}"
