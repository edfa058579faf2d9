"""Reductions of pipelines, and of the statements of a body."""

from __future__ import annotations

from typing import Any

from resnet_dsl.diagnostics.model import Diagnostic, InternalError
from resnet_dsl.syntax import tree
from resnet_dsl.syntax.builder_expressions import Children, ExpressionBuilder
from resnet_dsl.syntax.literals import MAX_STRING, interpolation, unescape


class StatementBuilder(ExpressionBuilder):
    """Builds pipelines and statements."""

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
