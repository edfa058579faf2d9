"""From the parser's reductions to tree values: one method for each rule of the grammar.

The parser calls them as it goes, which is twice as fast as walking a finished tree. Children are
tokens, which are text, and finished values, which are tuples, in order; punctuation is kept, because
spans are read off it.
"""

from __future__ import annotations

from typing import Any

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import Diagnostic, InternalError
from resnet_dsl.source import Source, Span
from resnet_dsl.syntax import tree
from resnet_dsl.syntax.lalr import Token
from resnet_dsl.syntax.literals import (
    MAX_DOC,
    MAX_PARAMETERS,
    MAX_STRING,
    ParseExpression,
    interpolation,
    number,
    unescape,
)

Children = list[Any]


class Builder:
    """Builds `tree` values for `source`; `base` is added to every offset.

    The parser sets these before each run. Trouble inside a token (a number too large, a bad interpolation) goes to `problems`.
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

    # --- file and declarations -------------------------------------------------------------------

    def start(self, children: Children) -> tree.SyntaxTree:
        return tree.SyntaxTree(self.source, tuple(self._values(children)))

    def expression(self, children: Children) -> Any:
        return children[0]

    def docs(self, children: Children) -> str:
        tokens = self._tokens(children, "DOC")
        lines = [self._limited(token, "this doc comment", MAX_DOC)[3:].strip() for token in tokens]
        if sum(map(len, lines)) > MAX_DOC:
            span = self._token_span(tokens[0]).to(self._token_span(tokens[-1]))
            self.problems.append(
                diagnose("RDL811", span, what="this doc comment", limit=MAX_DOC, unit="characters")
            )
        return "\n".join(lines).strip()

    def declaration(self, children: Children) -> Any:
        doc, value = children
        return value._replace(doc=doc) if "doc" in value._fields else value

    def dotted(self, children: Children) -> tuple[tree.Name, ...]:
        return tuple(self._name(token) for token in self._tokens(children, "NAME"))

    def _module(self, child: Any) -> tuple[str, bool, Span]:
        if not isinstance(child, tuple):
            return self._text(child).value, True, self._token_span(child)
        return ".".join(name.text for name in child), False, child[0].span.to(child[-1].span)

    def import_file(self, children: Children) -> tree.Import:
        module, is_file, where = self._module(children[1])
        names = self._tokens(children[2:], "NAME")
        alias = self._name(names[0]) if names else None
        end = alias.span if alias else where
        span = self._token_span(children[0]).to(end)
        return tree.Import(module, is_file, alias, None, span, where)

    def import_names(self, children: Children) -> tree.Import:
        module, is_file, where = self._module(children[1])
        names = tuple(child for child in children if isinstance(child, tree.ImportedName))
        last = names[-1].alias or names[-1].name
        span = self._token_span(children[0]).to(last.span)
        return tree.Import(module, is_file, None, names, span, where)

    def imported(self, children: Children) -> tree.ImportedName:
        names = [self._name(token) for token in self._tokens(children, "NAME")]
        return tree.ImportedName(names[0], names[1] if len(names) > 1 else None)

    def const(self, children: Children) -> tree.Const:
        return tree.Const(self._name(children[1]), children[3], "", self._span(children))

    def function(self, children: Children) -> tree.Function:
        names = [self._name(token) for token in self._tokens(children, "NAME")]
        return tree.Function(names[0], tuple(names[1:]), children[-1], "", self._span(children))

    def block(self, children: Children) -> tree.Block:
        keyword, name, parameters, body = children
        is_stage = keyword.type == "STAGE"
        return tree.Block(self._name(name), parameters, body, is_stage, "", self._span(children))

    def model(self, children: Children) -> tree.Model:
        parameters = children[2] if len(children) == 4 else ()
        return tree.Model(self._name(children[1]), parameters, children[-1], "", self._span(children))

    def application(self, children: Children) -> tree.Application:
        _, name, _, family, (arguments, closing), *rest = children
        body = rest[0] if rest else None
        span = self._token_span(children[0]).to(body.span if body else closing)
        return tree.Application(self._name(name), family, arguments, body, "", span)

    def train(self, children: Children) -> tree.Train:
        names = [self._name(token) for token in self._tokens(children, "NAME")]
        settings = tuple(child for child in children if isinstance(child, tree.Setting))
        return tree.Train(names[0], names[1], settings, "", self._span(children))

    def setting(self, children: Children) -> tree.Setting:
        return tree.Setting(self._name(children[0]), children[2], self._span(children))

    def parameters(self, children: Children) -> tuple[tree.Parameter, ...]:
        parameters = tuple(self._values(children))
        if len(parameters) > MAX_PARAMETERS:
            what, unit = "this list of parameters", "entries"
            span = self._span(children)
            self.problems.append(diagnose("RDL811", span, what=what, limit=MAX_PARAMETERS, unit=unit))
        return parameters

    def parameter(self, children: Children) -> tree.Parameter:
        values = self._values(children)
        kind = next((value for value in values if isinstance(value, tree.TypeName)), None)
        default = next((value for value in values if not isinstance(value, tree.TypeName)), None)
        return tree.Parameter(self._name(children[0]), kind, default, self._span(children))

    def type(self, children: Children) -> tree.TypeName:
        item = children[2] if len(children) > 1 else None
        return tree.TypeName(str(children[0]), item, self._span(children))

    # --- statements ------------------------------------------------------------------------------

    def body(self, children: Children) -> tree.Body:
        return tree.Body(tuple(self._values(children)), self._span(children))

    def result(self, children: Children) -> tree.Return:
        return tree.Return(children[1], self._span(children))

    def bind(self, children: Children) -> tree.Bind:
        name = self._tokens(children, "NAME")[0]
        first = children[0]
        role = str(first) if first.type in {"SHORTCUT", "AUX"} else ""
        return tree.Bind(self._name(name), role, children[-1], self._span(children))

    def let(self, children: Children) -> tree.Let:
        return tree.Let(self._name(children[1]), children[3], self._span(children))

    def choice(self, children: Children) -> tree.If:
        otherwise = children[4] if len(children) > 3 else None
        if isinstance(otherwise, tree.If):
            otherwise = tree.Body((otherwise,), otherwise.span)
        return tree.If(children[1], children[2], otherwise, self._span(children))

    def assertion(self, children: Children) -> tree.Assert:
        return tree.Assert(children[1], self._text(children[3]), self._span(children))

    def expectation(self, children: Children) -> tree.Expect:
        within = None
        if len(children) > 2:
            within = float(self.number([children[3]]).value)
        return tree.Expect(children[1], within, len(children) > 4, self._span(children))

    def input(self, children: Children) -> tree.Input:
        return tree.Input(self._name(children[1]), tuple(self._values(children)), self._span(children))

    def register(self, children: Children) -> tree.Register:
        named = [child for child in children[1:] if isinstance(child, tuple) or child.type != "COMMA"]
        labels = tuple([self._label(child) for child in named])
        return tree.Register(labels, self._token_span(children[0]).to(labels[-1].span))

    # --- pipelines -------------------------------------------------------------------------------

    def pipeline(self, children: Children) -> tree.Pipeline:
        return tree.Pipeline(tuple(self._values(children)), self._span(children))

    def step(self, children: Children) -> tree.Step:
        label = None
        action = children[-1]
        start = action.span
        if len(children) > 1:
            label = self._label(children[0])
            start = label.span
        return tree.Step(label, action, start.to(action.span))

    def _label(self, child: Any) -> tree.Label:
        if not isinstance(child, tuple):
            span = self._token_span(child)
            parts, problems = interpolation(
                unescape(self._limited(child, "this label", MAX_STRING)[1:-1]), span, self._parse_piece
            )
            self.problems.extend(problems)
            return tree.Label(parts, span)
        names: tuple[tree.Name, ...] = child
        texts = [text for name in names for text in name.text.split(".")]
        return tree.Label(tuple((text,) for text in texts), names[0].span.to(names[-1].span))

    def _parse_piece(self, text: str, offset: int) -> tuple[tree.Expression | None, list[Diagnostic]]:
        if self.parse_expression is None:
            raise InternalError("the builder was given no parser for interpolations")
        return self.parse_expression(text, offset)

    def apply(self, children: Children) -> tree.Apply:
        path = children[0]
        start = path[0].span
        if len(children) == 1:
            return tree.Apply(path, None, start.to(path[-1].span))
        arguments, closing = children[1]
        return tree.Apply(path, arguments, start.to(closing))

    def path(self, children: Children) -> tuple[tree.Name, ...]:
        return tuple(self._name(child) for child in children if child.type in {"NAME", "NUMBER"})

    def repeat(self, children: Children) -> tree.Repeat:
        names = self._tokens(children, "NAME")
        body = next(child for child in children if isinstance(child, tree.Pipeline))
        variable = self._name(names[0]) if names else None
        return tree.Repeat(children[1], variable, body, self._span(children))

    def seq(self, children: Children) -> tree.Seq:
        body = next(child for child in children if isinstance(child, tree.Pipeline))
        return tree.Seq(body, self._span(children))

    # --- expressions -----------------------------------------------------------------------------

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
