"""Labels of Mermaid: text that nothing in it acts on, in the form of its shape."""

from __future__ import annotations

import re
from collections.abc import Sequence

from resnet_dsl.backends.graphviz.markup import cleaned
from resnet_dsl.backends.graphviz.model import Content, Matrix, Table, Vertex, VertexKind

# Mermaid reads labels as Markdown and HTML: all but what none of the three ever acts on.
_MEANINGFUL = re.compile(
    r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|[^A-Za-z0-9_ .,:/×→…–·=\u00C0-\u024F\u0370-\u03FF\u2E80-\uD7FF]"
)
_LIST = re.compile(r"^(\s*\d+)\.")  # would be a list in Markdown
_OPEN = {VertexKind.BOX: "[", VertexKind.TERMINAL: "(["}
_CLOSE = {"[": "]", "([": "])", "((": "))"}


def shape(vertex: Vertex) -> str:
    """A vertex's form with its label: a circle where a join is one sign."""
    lines = [line for entry in vertex.content for line in _lines(entry)]
    if vertex.kind is VertexKind.JOIN:
        opened = "((" if all(len(text) == 1 for text in lines) else "(["
    else:
        opened = _OPEN[vertex.kind]
    return f"{opened}{quoted(lines)}{_CLOSE[opened]}"


def _lines(entry: Content) -> Sequence[str]:
    if isinstance(entry, Matrix):
        return entry.rows  # without the brackets, which no label here can draw
    if isinstance(entry, Table):
        return [" · ".join(cell for cell in row if cell) for row in (entry.heading, *entry.rows, entry.total)]
    return [entry.text]


def quoted(lines: Sequence[str]) -> str:
    """Lines as a label, whatever stands in them."""
    return f'"{"<br/>".join(_escaped(line) for line in lines)}"'


def _escaped(text: str) -> str:
    """Text as Mermaid's entity codes (``#35;``) wherever a character might mean something."""
    shown = _LIST.sub(r"\1#46;", _MEANINGFUL.sub(lambda match: f"#{ord(match[0])};", cleaned(text)))
    return shown if shown.strip() else "#160;"
