"""A text under the parser's eyes: a whole file, one declaration of it, or a label's expression."""

from __future__ import annotations

import re
from dataclasses import dataclass

from resnet_dsl.source import Source, Span
from resnet_dsl.syntax.lalr import Token

_BRACKET = re.compile(r'"(?:\\.|[^"\\\n])*"|#[^\n]*|[()\[\]{}]')
_PARTNER = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Site:
    """`text` stands at offset `base` of `source`; offsets below count in `text`.

    `is_piece` says that it is an expression by itself, such as the `{...}` of a label.
    """

    source: Source
    text: str
    base: int
    is_piece: bool = False

    def span(self, start: int, end: int) -> Span:
        return Span(self.source, self.base + start, self.base + end)

    def of(self, token: Token) -> Span:
        start = token.start_pos or 0
        return self.span(start, start + len(token))

    def line_start(self, offset: int) -> int:
        return self.text.rfind("\n", 0, offset) + 1

    def before(self, offset: int) -> str:
        """The line up to an offset, without blanks at its ends."""
        return self.text[self.line_start(offset) : offset].strip()

    def end_before(self, offset: int) -> int:
        """Where the code before an offset ends: blanks, line ends and comments are passed over."""
        text = self.source.text[self.base : self.base + offset]  # without what recovery blanked out
        end = offset
        while True:
            end = len(text[:end].rstrip())
            start = text.rfind("\n", 0, end) + 1
            comment = _comment(text[start:end])
            if comment is None:
                return end
            end = start + comment

    def line_number(self, offset: int) -> int:
        return self.source.position(self.base + offset).line

    def is_closed(self, opening: int) -> bool:
        """Whether the bracket at an offset has its partner further on."""
        pending: list[str] = []
        for match in _BRACKET.finditer(self.text, opening):
            sign = match[0]
            if sign in _PARTNER:
                pending.append(_PARTNER[sign])
            elif sign in ")]}":
                if pending.pop() != sign:
                    return False
                if not pending:
                    return True
        return False

    def is_partner(self, closing: int, begin: int) -> bool:
        """Whether the closing bracket at an offset has its partner behind `begin`."""
        pending: list[str] = []
        for match in _BRACKET.finditer(self.text, begin, closing):
            sign = match[0]
            if sign in _PARTNER:
                pending.append(_PARTNER[sign])
            elif sign in ")]}" and (not pending or pending.pop() != sign):
                return False
        return bool(pending) and self.text.startswith(pending[-1], closing)


def _comment(line: str) -> int | None:
    """Where a comment starts in a line, None where it holds none."""
    for match in re.finditer(r'"(?:\\.|[^"\\\n])*"|#|///', line):
        if match[0][0] != '"':
            return match.start()
    return None
