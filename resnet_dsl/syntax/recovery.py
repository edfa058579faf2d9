"""Finding the parts of a broken file that can still be read."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DECLARATION = re.compile(
    r"^(?:import|from|const|fn|block|stage|model|train)\b", re.MULTILINE
)
_LEADING = re.compile(r"(?:[ \t]*(?:#[^\n]*|///[^\n]*)?\r?\n)*")
_CODE = re.compile(r'"(?:\\.|[^"\\\n])*"|#[^\n]*|[{}]')


@dataclass(frozen=True, slots=True)
class Chunk:
    """One declaration's text at its offset; `code` begins after its comments."""

    start: int
    text: str

    @property
    def code_start(self) -> int:
        match = _LEADING.match(self.text)
        return self.start + (match.end() if match else 0)

    @property
    def code(self) -> str:
        return self.text[self.code_start - self.start :]


def chunks(text: str) -> list[Chunk]:
    """The file cut before each line that starts a declaration in the first column.

    A missing brace then spoils one declaration only. Text before the first one is a chunk too.
    """
    cuts = [_before_comments(text, match.start()) for match in _DECLARATION.finditer(text)]
    if not cuts or cuts[0] > 0:
        cuts.insert(0, 0)
    cuts = sorted(set(cuts))
    ends = [*cuts[1:], len(text)]
    pieces = [Chunk(start, text[start:end]) for start, end in zip(cuts, ends, strict=True)]
    return [piece for piece in pieces if piece.code.strip()]


def _before_comments(text: str, start: int) -> int:
    """Moves a cut up over the comment and doc lines that belong to the declaration."""
    while start > 0:
        line_start = text.rfind("\n", 0, start - 1) + 1
        if not text[line_start:start].lstrip().startswith(("#", "///")):
            break
        start = line_start
    return start


def blank_statement(text: str, offset: int) -> str | None:
    """The text with the statement around `offset` replaced by spaces, newlines kept.

    None when nothing would be left to gain: the statement holds an unpaired brace, so that
    removing it would only move the mistake, or is blank already.
    """
    start = text.rfind("\n", 0, offset) + 1
    while start > 0 and text[start:].lstrip(" \t").startswith("->"):
        start = text.rfind("\n", 0, start - 1) + 1
    end = _line_end(text, offset)
    while end < len(text) and text[end + 1 :].lstrip(" \t").startswith("->"):
        end = _line_end(text, end + 1)
    statement = text[start:end]
    if not statement.strip():
        return None
    depth = 0
    for match in _CODE.finditer(statement):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth < 0:
            return None
    if depth != 0:
        return None
    return text[:start] + re.sub(r"[^\n]", " ", statement) + text[end:]


def _line_end(text: str, offset: int) -> int:
    end = text.find("\n", offset)
    return len(text) if end < 0 else end
