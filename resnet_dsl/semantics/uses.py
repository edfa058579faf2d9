"""What pipelines and expressions use, checked against the names in scope, before any value is known."""

from __future__ import annotations

from collections import ChainMap
from typing import Any, NamedTuple

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import DiagnosticBag, Label
from resnet_dsl.diagnostics.suggest import did_you_mean
from resnet_dsl.ops.record import Operator
from resnet_dsl.ops.registry import operators
from resnet_dsl.semantics.modules import Module
from resnet_dsl.semantics.names import FACTS, FUNCTIONS, refusal
from resnet_dsl.semantics.signatures import argument_advice
from resnet_dsl.semantics.statements import references
from resnet_dsl.semantics.values import (
    BlockDefinition,
    BrokenDefinition,
    FunctionDefinition,
    ModelDefinition,
)
from resnet_dsl.source import Span
from resnet_dsl.syntax import tree


class Local(NamedTuple):
    """A name of a body: "tensor", "value" or "block", and where it is bound."""

    kind: str
    span: Span


Scope = ChainMap[str, Local]  # a map for each `if` and loop around: they are many in a hostile file


class Uses:
    """Reports names that nothing declares, or that declare something else than is used.

    `place` is where that is: "a block", "a stage" or "a model".
    """

    place = ""

    def __init__(self, module: Module, bag: DiagnosticBag) -> None:
        self.module = module
        self.bag = bag
        self.failed = False
        self.used: set[str] = set()
        self.lone: set[str] = set()  # bound in the one arm of an `if` without `else`
        self.labels: list[tree.Label] = []

    def fail(self, code: str, span: Span, **fields: Any) -> None:
        self.failed = True
        self.bag.add(diagnose(code, span, **fields))

    def check_name(self, name: tree.Name) -> None:
        """Reports a name that cannot be bound here."""
        reason = refusal(name.text)
        if reason is None and self.place == "a model" and name.text in FACTS:
            reason = "RDL205", "a fact of every model"
        if reason is not None:
            self.fail(reason[0], name.span, name=name.text, what=reason[1], reason=reason[1])

    # --- pipelines -------------------------------------------------------------------------------

    def pipeline(self, node: tree.Pipeline, scope: Scope, *, binding: str = "", inner: bool = False) -> None:
        """`inner` says that the pipeline is a loop's body: something is piped into its first step."""
        for position, step in enumerate(node.steps):
            if step.label is not None:
                self.label(step.label, scope)
                self.labels.append(step.label)
            match step.action:
                case tree.Apply() as apply:
                    self._apply(apply, scope, head=position == 0 and not inner, binding=binding)
                case tree.Repeat() as loop:
                    self.expression(loop.times, scope)
                    body = scope.new_child()
                    if loop.variable is not None:
                        self.check_name(loop.variable)
                        body[loop.variable.text] = Local("value", loop.variable.span)
                    self.pipeline(loop.body, body, inner=True)
                case tree.Seq() as seq:
                    self.pipeline(seq.body, scope, inner=True)

    def label(self, node: tree.Label, scope: Scope) -> None:
        for part in node.parts:
            for piece in part:
                if not isinstance(piece, str):
                    self.expression(piece, scope)

    def _apply(self, node: tree.Apply, scope: Scope, *, head: bool, binding: str) -> None:
        target = self._target(node, scope, head=head, binding=binding)
        for argument in node.arguments or ():
            if isinstance(target, Operator):
                parameter = target.parameter(argument.name.text) if argument.name else None
                if argument.name is not None and parameter is None:
                    self.unknown_argument(argument.name, target.name, [p.name for p in target.parameters])
                elif parameter and parameter.choices and isinstance(argument.value, tree.Reference):
                    continue  # a word
            elif isinstance(target, BlockDefinition) and argument.name is not None:
                known = [entry.name.text for entry in target.declaration.parameters]
                if argument.name.text not in known:
                    self.unknown_argument(argument.name, target.name, known)
            self.expression(argument.value, scope)

    def unknown_argument(self, name: tree.Name, callee: str, known: list[str]) -> None:
        """Reports an argument that the callee does not have."""
        advice = argument_advice(name.text, known, callee)
        self.fail("RDL301", name.span, callee=callee, name=name.text, help=advice)

    def _target(self, node: tree.Apply, scope: Scope, *, head: bool, binding: str) -> object:
        """What a step applies; None where it is local, or was reported."""
        first = node.path[0]
        span = first.span.to(node.path[-1].span)
        shown = ".".join(part.text for part in node.path)
        is_name = head and node.arguments is None
        as_value = None
        if binding and head:
            text = " ".join(node.span.text.split())
            as_value = f"values are bound with `let`: `let {binding} = {text if len(text) < 60 else '...'}`"
        if first.text[0].isdigit():
            self.fail("RDL326", node.span, what=f"`{shown}`", given="a number", help=as_value)
            return None
        if self.partial(first.text, first.span, scope):
            return None
        if len(node.path) == 1 and first.text in scope:
            self._local(first, scope[first.text].kind, is_name, as_value)
            return None
        target: object = self.module.names.get(first.text) or operators().get(first.text)
        for name in node.path[1:]:
            if isinstance(target, Module) and name.text not in target.names:
                advice = did_you_mean(name.text, target.names)
                self.fail("RDL213", name.span, module=target.name, name=name.text, help=advice)
                return None
            target = target.names.get(name.text) if isinstance(target, Module) else None
        if target is None:
            self._unknown(shown, span, scope, is_name, as_value)
        elif not isinstance(target, Operator | BlockDefinition | BrokenDefinition):
            self.fail(
                "RDL335", span, name=shown, what=_what(target), help=as_value or _use(target, shown) or None
            )
        return target

    def partial(self, name: str, used: Span, scope: Scope) -> bool:
        """Whether a name is bound in one arm only; told where it is used after the `if`."""
        local = scope.get(name)
        if local is None or local.kind != "partial":
            return False
        advice = f"add `else {{ {name} = ... }}`, or bind it above" if name in self.lone else None
        self.fail("RDL204", used, name=name, related=(Label(local.span, "bound here"),), help=advice)
        scope[name] = Local("either", local.span)  # told once
        return True

    def _local(self, name: tree.Name, kind: str, is_name: bool, as_value: str | None) -> None:
        self.used.add(name.text)
        if kind == "tensor" and not is_name:
            self.fail("RDL336", name.span, name=name.text)
        elif kind == "value":
            self.fail("RDL335", name.span, name=name.text, what="a compile-time value", help=as_value)

    def _unknown(self, shown: str, span: Span, scope: Scope, is_name: bool, as_value: str | None) -> None:
        if shown in FUNCTIONS:
            advice = as_value or "functions are called inside arguments: `conv(max(8, n), 3)`"
            self.fail("RDL335", span, name=shown, what="a function", help=advice)
            return
        blocks = [name for name, entry in self.module.names.items() if isinstance(entry, BlockDefinition)]
        own = [name for name, local in scope.items() if local.kind == "block" or is_name]
        from resnet_dsl.semantics.name_advice import block_advice  # only a mistake pays for it

        advice = block_advice(shown, [*own, *blocks])
        self.fail("RDL201" if is_name else "RDL202", span, name=shown, help=advice)

    # --- expressions -----------------------------------------------------------------------------

    def expression(self, node: tree.Expression, scope: Scope) -> None:
        """Reports names in an expression that nothing declares."""
        for reference in references(node):
            name = reference.name
            self.used.add(name)
            if self.partial(name, reference.span, scope):
                continue
            if name in scope or name in FUNCTIONS:
                continue
            if name not in self.module.names and name not in operators():
                from resnet_dsl.semantics.name_advice import value_advice  # as above

                known = [*scope, *self.module.names, *FUNCTIONS]
                self.fail("RDL201", reference.span, name=name, help=value_advice(name, known))


def _what(target: object) -> str:
    if isinstance(target, ModelDefinition):
        return "a model"
    if isinstance(target, FunctionDefinition):
        return "a function"
    return "an imported file" if isinstance(target, Module) else "a compile-time value"


def _use(target: object, name: str) -> str:
    if isinstance(target, ModelDefinition):
        return "networks are built of blocks: move its body into a `block`"
    if isinstance(target, FunctionDefinition):
        return f"functions are called inside arguments: `conv({name}(...), 3)`"
    if isinstance(target, Module):
        return did_you_mean("", [f"{name}.{entry}" for entry in target.names])
    return ""
