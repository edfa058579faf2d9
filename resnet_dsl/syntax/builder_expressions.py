"""Reductions of expressions, and what all reductions are built with: spans, names and texts of tokens."""

from __future__ import annotations

from typing import Any

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import Diagnostic
from resnet_dsl.source import Source, Span
from resnet_dsl.syntax import tree
from resnet_dsl.syntax.lalr import Token
from resnet_dsl.syntax.literals import MAX_STRING, ParseExpression, number, unescape

Children = list[Any]


class ExpressionBuilder:
    """Builds expressions of `source`; `base` is added to every offset.

    The parser sets these before each run. Trouble inside a token (a number too large, a bad
    interpolation) goes to `problems`.
    """

    def __init__(self) -> None:
        self.source = Source("", "")
        self.base = 0
        self.problems: list[Diagnostic] = []
        self.parse_expression: ParseExpression | None = None

    # --- positions -------------------------------------------------------------------------------

    def _token_span(self, token: Token) -> Span:
        start = self.base + (token.start_pos or 0)
        return Span(self.source, start, start + len(token))

    def _span(self, children: Children) -> Span:
        kept = [child for child in children if isinstance(child, tuple) or child.type != "_NL"]
        ends = [getattr(child, "span", None) or self._token_span(child) for child in (kept[0], kept[-1])]
        return Span(self.source, ends[0].start, ends[1].end)

    def _name(self, token: Token) -> tree.Name:
        return tree.Name(str(token), self._token_span(token))

    def _tokens(self, children: Children, kind: str) -> list[Token]:
        return [child for child in children if not isinstance(child, tuple) and child.type == kind]

    def _values(self, children: Children) -> list[Any]:
        return [child for child in children if isinstance(child, tuple)]

    def _text(self, token: Token) -> tree.Text:
        return tree.Text(
            unescape(self._limited(token, "this string", MAX_STRING)[1:-1]), self._token_span(token)
        )

    def _limited(self, token: Token, what: str, limit: int) -> str:
        """A token's text; one that is too long is reported and dropped."""
        if len(token) <= limit:
            return str(token)
        self.problems.append(
            diagnose("RDL811", self._token_span(token), what=what, limit=limit, unit="characters")
        )
        return '"x"'

    # --- expressions -----------------------------------------------------------------------------

    def expression(self, children: Children) -> Any:
        return children[0]

    def arguments(self, children: Children) -> tuple[tuple[tree.Argument, ...], Span]:
        return tuple(self._values(children)), self._token_span(children[-1])

    def argument(self, children: Children) -> tree.Argument:
        return tree.Argument(None, children[0], children[0].span)

    def named_argument(self, children: Children) -> tree.Argument:
        return tree.Argument(self._name(children[0]), children[2], self._span(children))

    def conditional(self, children: Children) -> tree.Conditional:
        value, _, condition, _, otherwise = children
        return tree.Conditional(value, condition, otherwise, self._span(children))

    def _binary(self, children: Children) -> tree.Binary:
        left, operator, right = children
        return tree.Binary(str(operator), left, right, self._span(children))

    disjunction = conjunction = comparison = sum = product = power = _binary

    def _prefix(self, children: Children) -> tree.Unary:
        return tree.Unary(str(children[0]), children[1], self._span(children))

    negation = minus = _prefix

    def call(self, children: Children) -> tree.Call:
        callee, (arguments, closing) = children
        return tree.Call(callee, arguments, callee.span.to(closing))

    def index(self, children: Children) -> tree.Index:
        return tree.Index(children[0], children[2], self._span(children))

    def member(self, children: Children) -> tree.Member:
        return tree.Member(children[0], self._name(children[2]), self._span(children))

    def number(self, children: Children) -> tree.Number:
        span = self._token_span(children[0])
        value = number(str(children[0]))
        if value is None:
            whole = set(str(children[0])) <= set("0123456789_kMGT")
            limit = "the largest whole number, 2**63 - 1" if whole else "the largest float, about 1.8e308"
            self.problems.append(diagnose("RDL803", span, limit_text=limit))
            value = 0
        return tree.Number(value, span)

    def string(self, children: Children) -> tree.Text:
        return self._text(children[0])

    def boolean(self, children: Children) -> tree.Boolean:
        return tree.Boolean(children[0].type == "TRUE", self._token_span(children[0]))

    def name(self, children: Children) -> tree.Reference:
        return tree.Reference(str(children[0]), self._token_span(children[0]))

    def list(self, children: Children) -> tree.ListOf:
        return tree.ListOf(tuple(self._values(children)), self._span(children))

    def group(self, children: Children) -> Any:
        return children[1]
