"""Finding the parts of a broken file that can still be read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from resnet_dsl.diagnostics.model import MAX_MISTAKES as MAX_ALL_MISTAKES
from resnet_dsl.diagnostics.model import Diagnostic
from resnet_dsl.source import Source, Span
from resnet_dsl.syntax import tree

MAX_MISTAKES = 20  # in one declaration
ALLOWANCE = 100_000
_NAME = re.compile(r"\s*(?:block|stage|model|fn|const|train)\s+([A-Za-z_][A-Za-z0-9_]*)")

# Parses a text that stands at an offset of a source: the value, the mistakes, the offset at fault.
Run = Callable[[Source, str, int, str], tuple[Any, list[Diagnostic], int]]

_DECLARATION = re.compile(r"^(?:import|from|const|fn|block|stage|model|train)\b", re.MULTILINE)
_LEADING = re.compile(r"(?:[ \t]*(?:#[^\n]*|///[^\n]*)?\r?\n)*")
_CODE = re.compile(r'"(?:\\.|[^"\\\n])*"|#[^\n]*|[{}]')
_GOES_ON = re.compile(r"[ \t]*(?:->|else\b)")
_TEXT = re.compile(r"[^\n]")
_HEADER = re.compile(r"(\s*(?:block|stage|model)\s+[A-Za-z_]\w*\s*)(\(.*)", re.DOTALL)
_CONDITION = re.compile(r"(\s*(?:else\s+)?if\s+)(.+)")


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


def blank_statement(text: str, offset: int, header: int = -1) -> str | None:
    """The text with the statement around `offset` made harmless, length and newlines kept.

    A statement is blanked out; of one that opens a body only the head is, so that mistakes inside
    are found too. None when nothing would be left to gain, as when the statement is the first line
    of a declaration, which starts at `header`: without it the rest means nothing.
    """
    start = text.rfind("\n", 0, offset) + 1
    while start > 0 and _GOES_ON.match(text, start):
        start = text.rfind("\n", 0, start - 1) + 1
    end = _line_end(text, offset)
    while (
        end < len(text)
        and _GOES_ON.match(text, end + 1)
        and _depth(text[end : _line_end(text, end + 1)]) == 0
    ):
        end = _line_end(text, end + 1)
    statement = text[start:end]
    depth = _depth(statement)
    if not statement.strip() or depth is None:
        return None
    if start <= header <= end:
        return _blank_head(text, start, offset) if depth > 0 else None
    if depth > 0:
        return _blank_head(text, start, offset) or _blank_body(text, start)
    return text[:start] + _blank(statement) + text[end:]


def _depth(statement: str) -> int | None:
    """Braces left open; None where one closes that was opened further up."""
    depth = 0
    for match in _CODE.finditer(statement):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth < 0:
            return None
    return depth


def _blank_head(text: str, start: int, offset: int) -> str | None:
    """The parameters or the condition before a body, made empty or constant."""
    brace = next((m.start() for m in _CODE.finditer(text, start) if m[0] == "{"), -1)
    if brace <= offset:
        return None
    head = text[start:brace]
    match = _HEADER.fullmatch(head)
    if match is not None:
        inside = match[2].rstrip()
        filled = f"({_blank(inside[1:-1])})" + match[2][len(inside) :] if len(inside) > 1 else ""
    else:
        match = _CONDITION.fullmatch(head)
        filled = "1" + _blank(match[2][1:]) if match is not None else ""
    if match is None or not filled:
        return None
    changed = text[:start] + match[1] + filled + text[brace:]
    return changed if changed != text else None


def _blank_body(text: str, start: int) -> str | None:
    """Everything from `start` to the brace that closes the first body opened there."""
    depth = 0
    for match in _CODE.finditer(text, start):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if match[0] == "}" and depth == 0:
            return text[:start] + _blank(text[start : match.end()]) + text[match.end() :]
    return None


def _blank(text: str) -> str:
    return _TEXT.sub(" ", text)


def _line_end(text: str, offset: int) -> int:
    end = text.find("\n", offset)
    return len(text) if end < 0 else end


@dataclass(slots=True)
class _Allowance:
    """Characters that may still be parsed again in search of more mistakes."""

    characters: int


def recover(source: Source, run: Run) -> tuple[list[tree.Declaration], list[Diagnostic]]:
    """Each declaration parsed by itself, and inside a broken one each statement."""
    declarations: list[tree.Declaration] = []
    diagnostics: list[Diagnostic] = []
    allowance = _Allowance(ALLOWANCE + 2 * len(source.text))
    for chunk in chunks(source.text):
        if len(diagnostics) > MAX_ALL_MISTAKES:
            break  # the rest is not looked for
        readable, mistakes = _parse_chunk(source, chunk, run, allowance)
        declarations.extend(readable)
        diagnostics.extend(mistakes)
    return declarations, diagnostics


def _parse_chunk(
    source: Source, chunk: Chunk, run: Run, allowance: _Allowance
) -> tuple[list[tree.Declaration], list[Diagnostic]]:
    text = chunk.text
    mistakes: list[Diagnostic] = []
    while len(mistakes) < MAX_MISTAKES:
        value, problems, fault = run(source, text, chunk.start, "start")
        mistakes.extend(problems)
        if value is not None:
            if not mistakes:
                return list(value.declarations), []
            break
        allowance.characters -= len(text)
        blanked = blank_statement(text, fault, chunk.code_start - chunk.start)
        if blanked is None or allowance.characters < 0:
            break
        text = blanked
    header = _NAME.match(chunk.code)
    if header is None:
        return [], mistakes
    start = chunk.code_start + header.start(1)
    span = Span(source, start, start + len(header[1]))
    return [tree.Broken(tree.Name(header[1], span), span)], mistakes
