"""Names, before anything is elaborated: also in blocks that no model uses.

Purpose: report what can be known without values: unknown names, arms that bind different names,
statements out of place, bodies without a result. Holds after: the returned set holds the `id` of
every declaration with a mistake; elaboration passes over them quietly.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import DiagnosticBag
from resnet_dsl.diagnostics.suggest import did_you_mean
from resnet_dsl.ops.record import Operator
from resnet_dsl.ops.registry import operators
from resnet_dsl.semantics.arguments import known_type
from resnet_dsl.semantics.modules import Module
from resnet_dsl.semantics.names import FACTS, FUNCTIONS, TYPES, refusal
from resnet_dsl.semantics.values import BlockDefinition, BrokenDefinition, ModelDefinition
from resnet_dsl.source import Span
from resnet_dsl.syntax import tree

Scope = dict[str, str]  # a local name and what it is: "tensor", "value" or "block"


def resolve(module: Module, bag: DiagnosticBag) -> set[int]:
    """Checks every declaration of a file; the ids of those with mistakes."""
    broken: set[int] = set()
    for declaration in module.tree.declarations:
        checker = _Checker(module, bag)
        match declaration:
            case tree.Const():
                checker.expression(declaration.value, {})
            case tree.Function():
                checker.function(declaration)
            case tree.Block():
                checker.body_of(declaration, "a block" if not declaration.is_stage else "a stage")
            case tree.Model():
                checker.body_of(declaration, "a model")
            case tree.Application():
                checker.application(declaration)
            case _:
                continue
        if checker.failed:
            broken.add(id(declaration))
    return broken


class _Checker:
    def __init__(self, module: Module, bag: DiagnosticBag) -> None:
        self.module = module
        self.bag = bag
        self.failed = False

    def fail(self, code: str, span: Span, **fields: Any) -> None:
        self.failed = True
        self.bag.add(diagnose(code, span, **fields))

    # --- declarations ----------------------------------------------------------------------------

    def function(self, node: tree.Function) -> None:
        scope: Scope = {}
        for name in node.parameters:
            self._bindable(name, scope)
            scope[name.text] = "value"
        self.expression(node.value, scope)

    def application(self, node: tree.Application) -> None:
        for argument in node.arguments:
            self.expression(argument.value, {})
        if node.body is not None:
            for statement in node.body.statements:
                if not isinstance(statement, tree.Expect | tree.Assert):
                    self.fail(
                        "RDL333", statement.span, what=_word(statement), place="the body of an application"
                    )

    def body_of(self, node: tree.Block | tree.Model, place: str) -> None:
        scope: Scope = {}
        defaulted = False
        for parameter in node.parameters:
            self._bindable(parameter.name, scope)
            if place == "a model" and parameter.name.text in FACTS:
                self.fail("RDL205", parameter.name.span, name=parameter.name.text, what="a fact of every model")
            if parameter.type is not None and not known_type(parameter.type):
                advice = did_you_mean(parameter.type.name, TYPES)
                self.fail("RDL340", parameter.type.span, name=parameter.type.name, help=advice)
            if parameter.default is not None:
                self.expression(parameter.default, scope)
            elif defaulted:
                self.fail("RDL341", parameter.span, name=parameter.name.text)
            defaulted = defaulted or parameter.default is not None
            kind = "tensor" if parameter.is_tensor else "value"
            if parameter.type is not None and parameter.type.name == "op":
                kind = "block"
            elif isinstance(parameter.default, tree.Reference) and parameter.type is None:
                kind = "block"
            scope[parameter.name.text] = kind
        returns = self.body(node.body, scope, place)
        has_input = any(isinstance(s, tree.Input) for s in node.body.statements)
        if place == "a model" and not has_input:
            self.fail("RDL332", node.name.span, name=node.name.text)
        if not returns:
            self.fail("RDL330", node.name.span, name=node.name.text)

    # --- statements ------------------------------------------------------------------------------

    def body(self, node: tree.Body, scope: Scope, place: str) -> bool:
        """Checks statements in order, binding in `scope`; whether the end is never reached."""
        returned = False
        for statement in node.statements:
            if returned and not isinstance(statement, tree.Expect):
                self.fail("RDL331", statement.span)
                break
            if isinstance(statement, tree.Input | tree.Expect) and place != "a model":
                self.fail("RDL333", statement.span, what=_word(statement), place=place)
            if isinstance(statement, tree.Bind) and statement.role == "aux" and place != "a model":
                self.fail("RDL333", statement.span, what="aux", place=place)
            returned = self._statement(statement, scope, place) or returned
        return returned

    def _statement(self, node: tree.Statement, scope: Scope, place: str) -> bool:
        match node:
            case tree.Bind():
                self.pipeline(node.pipeline, scope)
                if scope.get(node.name.text) != "tensor":
                    self._bindable(node.name, scope)
                scope[node.name.text] = "tensor"
            case tree.Let():
                self.expression(node.value, scope)
                self._bindable(node.name, scope)
                scope[node.name.text] = "value"
            case tree.Return():
                self.pipeline(node.pipeline, scope)
                return True
            case tree.If():
                return self._choice(node, scope, place)
            case tree.Assert():
                self.expression(node.condition, scope)
            case tree.Expect():
                self.expression(node.condition, {**scope, **dict.fromkeys(FACTS, "value")})
            case tree.Input():
                for dim in node.dims:
                    self.expression(dim, scope)
                self._bindable(node.name, scope)
                scope[node.name.text] = "tensor"
        return False

    def _choice(self, node: tree.If, scope: Scope, place: str) -> bool:
        self.expression(node.condition, scope)
        arms = [node.then, node.otherwise or tree.Body((), node.span)]
        scopes = [dict(scope), dict(scope)]
        returns = [self.body(arm, inner, place) for arm, inner in zip(arms, scopes, strict=True)]
        if all(returns):
            return True
        if returns[0] != returns[1]:
            scope.update(scopes[returns[0]])  # only the arm that goes on binds anything
            return False
        for name in sorted(scopes[0].keys() ^ scopes[1].keys()):
            self.fail("RDL204", _first_line(node.span), name=name)
        scope.update({name: kind for name, kind in scopes[0].items() if name in scopes[1]})
        scope.update({name: kind for name, kind in scopes[0].items() if name not in scope})
        scope.update({name: kind for name, kind in scopes[1].items() if name not in scope})
        return False

    def _bindable(self, name: tree.Name, scope: Scope) -> None:
        reason = refusal(name.text)
        if reason is not None:
            self.fail(reason[0], name.span, name=name.text, what=reason[1], reason=reason[1])
        elif name.text in scope:
            self.fail("RDL203", name.span, name=name.text)

    # --- pipelines -------------------------------------------------------------------------------

    def pipeline(self, node: tree.Pipeline, scope: Scope, *, inner: bool = False) -> None:
        for position, step in enumerate(node.steps):
            if step.label is not None:
                for part in step.label.parts:
                    for piece in part:
                        if not isinstance(piece, str):
                            self.expression(piece, scope)
            match step.action:
                case tree.Apply() as apply:
                    head = position == 0 and not inner
                    self._apply(apply, scope, head=head)
                case tree.Repeat() as loop:
                    self.expression(loop.count, scope)
                    body = dict(scope)
                    if loop.variable is not None:
                        self._bindable(loop.variable, {})
                        body[loop.variable.text] = "value"
                    self.pipeline(loop.body, body, inner=True)
                case tree.Seq() as seq:
                    self.pipeline(seq.body, scope, inner=True)

    def _apply(self, node: tree.Apply, scope: Scope, *, head: bool) -> None:
        target = self._target(node, scope, head=head)
        for argument in node.arguments or ():
            if isinstance(target, Operator):
                name = argument.name.text if argument.name else ""
                parameter = target.parameter(name)
                if name and parameter is None:
                    known = [entry.name for entry in target.parameters]
                    advice = did_you_mean(name, known)
                    where = argument.name.span if argument.name else argument.span
                    self.fail("RDL301", where, callee=target.name, name=name, help=advice)
                elif parameter and parameter.choices and isinstance(argument.value, tree.Reference):
                    continue  # a word
            elif isinstance(target, BlockDefinition) and argument.name is not None:
                known = [entry.name.text for entry in target.declaration.parameters]
                if argument.name.text not in known:
                    advice = did_you_mean(argument.name.text, known)
                    self.fail(
                        "RDL301",
                        argument.name.span,
                        callee=target.name,
                        name=argument.name.text,
                        help=advice,
                    )
            self.expression(argument.value, scope)

    def _target(self, node: tree.Apply, scope: Scope, *, head: bool) -> object:
        first = node.path[0]
        if len(node.path) == 1 and first.text in scope:
            kind = scope[first.text]
            if kind == "tensor" and not (head and node.arguments is None):
                self.fail("RDL336", first.span, name=first.text)
            elif kind == "value":
                self.fail("RDL335", first.span, name=first.text, what="a compile-time value")
            return None
        target: object = self.module.names.get(first.text) or operators().get(first.text)
        for name in node.path[1:]:
            target = target.names.get(name.text) if isinstance(target, Module) else None
        span = first.span.to(node.path[-1].span)
        shown = ".".join(part.text for part in node.path)
        if target is None:
            names = [*scope, *self._blocks(), *operators()]
            if head and node.arguments is None:
                self.fail("RDL201", span, name=shown, help=did_you_mean(shown, names))
            else:
                blocks = [name for name, kind in scope.items() if kind == "block"]
                advice = did_you_mean(shown, [*blocks, *self._blocks(), *operators()])
                self.fail("RDL202", span, name=shown, help=advice)
        elif isinstance(target, ModelDefinition):
            self.fail("RDL335", span, name=shown, what="a model")
        elif not isinstance(target, Operator | BlockDefinition | BrokenDefinition):
            self.fail("RDL335", span, name=shown, what="a compile-time value")
        return target

    def _blocks(self) -> list[str]:
        return [name for name, entry in self.module.names.items() if isinstance(entry, BlockDefinition)]

    # --- expressions -----------------------------------------------------------------------------

    def expression(self, node: tree.Expression, scope: Scope) -> None:
        """Reports names in an expression that nothing declares."""
        for reference in _references(node):
            name = reference.name
            if name in scope or name in FUNCTIONS:
                continue
            if name not in self.module.names and name not in operators():
                known = [*scope, *self.module.names, *operators(), *FUNCTIONS]
                self.fail("RDL201", reference.span, name=name, help=did_you_mean(name, known))


def _references(node: tree.Expression) -> Iterator[tree.Reference]:
    pending: list[tree.Expression] = [node]
    while pending:
        current = pending.pop()
        match current:
            case tree.Reference():
                yield current
            case tree.Binary():
                pending += [current.right, current.left]
            case tree.Unary():
                pending.append(current.operand)
            case tree.Conditional():
                pending += [current.otherwise, current.condition, current.value]
            case tree.ListOf():
                pending += reversed(current.items)
            case tree.Index():
                pending += [current.index, current.target]
            case tree.Member():
                pending.append(current.target)
            case tree.Call():
                pending += [argument.value for argument in reversed(current.arguments)]
                pending.append(current.callee)
            case _:
                pass


def _first_line(span: Span) -> Span:
    text = span.text
    end = text.find("\n")
    return span if end < 0 else Span(span.source, span.start, span.start + end)


def _word(node: tree.Statement) -> str:
    match node:
        case tree.Input():
            return "input"
        case tree.Expect():
            return "expect"
        case tree.Return():
            return "return"
        case tree.Let():
            return "let"
        case tree.If():
            return "if"
        case _:
            return node.name.text if isinstance(node, tree.Bind) else "assert"


