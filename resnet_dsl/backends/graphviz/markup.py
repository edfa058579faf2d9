"""Text of a spec made safe for DOT: identifiers, quoted strings and HTML-like labels.

Whatever a spec names its parts, only printable text reaches the picture: what is not printable is
spelled out, long text is cut, and every character with a meaning in DOT, in Graphviz's escape
strings (`\\N`, `\\l`) or in HTML is escaped.
"""

from __future__ import annotations

import hashlib
import html
import re

from resnet_dsl.diagnostics.visible import visible

MAX_TEXT = 72
MAX_TOOLTIP = 600
MAX_NAME = 100

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.]+", re.ASCII)


def cleaned(text: str, limit: int = MAX_TEXT) -> str:
    """One line of printable text of at most `limit` characters."""
    shown = visible(text)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def quoted(text: str, limit: int = MAX_TEXT) -> str:
    """A quoted string that shows `text` as it is, where Graphviz reads an escape string."""
    return f'"{_escaped(cleaned(text, limit))}"'


def comment(text: str) -> str:
    """A line of comment."""
    return f"// {_escaped(cleaned(text))}"


def quoted_lines(lines: list[str]) -> str:
    """A quoted string of several centred lines."""
    return '"' + r"\n".join(_escaped(cleaned(line)) for line in lines) + '"'


def _escaped(text: str) -> str:
    # Graphviz decodes entities, so these three are written as such: an ampersand has to be, and
    # angle brackets keep the text harmless where somebody pastes it into a page.
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("\\", "\\\\").replace('"', '\\"')


def safe_name(name: str) -> str:
    """A name for use inside identifiers: itself where it is harmless, else what is left and a hash."""
    if _PLAIN_NAME.fullmatch(name) and len(name) <= MAX_NAME:
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    kept = re.sub(r"[^A-Za-z0-9_.]+", "_", name[: MAX_NAME // 2])
    return f"{kept}-{digest}"


def html_text(text: str) -> str:
    """Text for an HTML-like label."""
    return html.escape(cleaned(text), quote=True)
