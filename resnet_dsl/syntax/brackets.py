"""The post-lexer: newlines inside brackets mean nothing, brackets pair up, nesting has a limit."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_dsl.syntax.lalr import Token

MAX_DEPTH = 150  # the later phases recurse over the tree: about two Python frames a level

PARTNERS = {"LPAR": ")", "LSQB": "]", "LBRACE": "}"}
CLOSING = frozenset({"RPAR", "RSQB", "RBRACE"})
_DEEPENING = {
    "OR", "AND", "NOT", "IF", "EQ", "NE", "LE", "GE", "LT", "GT",
    "PLUS", "MINUS", "TIMES", "SLASH", "FLOORDIV", "PERCENT", "POWER", "DOT",
    "RPAR", "RSQB",  # `f(1)(2)(3)` is a tree as deep as it is long
}  # fmt: skip
_SEPARATING = {"COMMA", "_NL", "ARROW", "EQUAL"}


class BracketError(Exception):
    """A bracket that pairs with none: `code` says how, `opening` is the innermost one still open."""

    def __init__(self, code: str, token: Token, opening: Token | None = None) -> None:
        super().__init__(code)
        self.code, self.token, self.opening = code, token, opening


class _Open:
    def __init__(self, token: Token, closing: str) -> None:
        self.token = token
        self.closing = closing
        self.operators = 0  # since the last separator: a bound on how deep the expression's tree is


class Brackets:
    """Feeds the parser. After a failure `open` holds the brackets still open, outermost first."""

    always_accept = ("_NL",)

    def __init__(self) -> None:
        self.open: list[_Open] = []

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        self.open = []
        outside = 0
        previous = ""
        for token in stream:
            kind = token.type
            inside = self.open[-1] if self.open else None
            if kind == "_NL" and (previous == "ARROW" or (inside and inside.closing != "}")):
                continue  # a line may also end in `->`
            if kind in PARTNERS:
                self.open.append(_Open(token, PARTNERS[kind]))
            elif kind in CLOSING:
                self._close(token)
                inside = self.open[-1] if self.open else None
            if kind in _DEEPENING:
                if inside:
                    inside.operators += 1
                else:
                    outside += 1
            elif kind in _SEPARATING:
                if inside:
                    inside.operators = 0
                else:
                    outside = 0
            if kind in PARTNERS or kind in _DEEPENING:
                depth = outside + sum(1 + entry.operators for entry in self.open)
                if depth > MAX_DEPTH:
                    raise BracketError("RDL804", token)
            previous = kind
            yield token
        if self.open:
            raise BracketError("RDL103", self.open[-1].token)

    def _close(self, token: Token) -> None:
        if not self.open:
            raise BracketError("RDL104", token)
        if self.open[-1].closing != token:
            raise BracketError("RDL108", token, self.open[-1].token)
        self.open.pop()
