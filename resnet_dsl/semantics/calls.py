"""Calls in expressions: functions of the language and of the spec, blocks with arguments filled in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.suggest import did_you_mean
from resnet_dsl.ops.record import Operator
from resnet_dsl.semantics.arithmetic import Refused, function, limited
from resnet_dsl.semantics.frames import MAX_CALLS, Budget, Frame
from resnet_dsl.semantics.modules import Module
from resnet_dsl.semantics.names import FUNCTIONS
from resnet_dsl.semantics.signatures import argument_advice, argument_count
from resnet_dsl.semantics.types import conversion, told, wanted_type
from resnet_dsl.semantics.values import (
    POISON,
    BlockDefinition,
    FunctionDefinition,
    OpValue,
    Tensor,
    kind_of,
)
from resnet_dsl.source import Span
from resnet_dsl.syntax import tree


class Calls(ABC):
    """What evaluation shares, and how it calls."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget

    def report(self, code: str, span: Span, frame: Frame, **fields: Any) -> Any:
        """Adds a diagnostic with the instantiation path and yields `POISON`."""
        self.budget.bag.add(diagnose(code, span, where=frame.where(), **fields))
        return POISON

    @abstractmethod
    def evaluate(self, node: tree.Expression, frame: Frame) -> Any:
        """The value of an expression, `POISON` after a mistake."""

    def checked(self, span: Span, frame: Frame, operation: Callable[..., Any], *values: Any) -> Any:
        """The operation's result; what it refuses is reported."""
        try:
            return operation(*values)
        except Refused as refused:
            return self.report(refused.code, span, frame, **refused.fields)

    def value(self, node: tree.Expression, frame: Frame) -> Any:
        """A value that is no tensor."""
        value = self.evaluate(node, frame)
        if isinstance(value, Tensor):
            return self.report("RDL327", node.span, frame, name=value.name or "x")
        return value

    def call(self, node: tree.Call, frame: Frame) -> Any:
        """What a call yields."""
        callee = node.callee
        if isinstance(callee, tree.Reference) and callee.name in FUNCTIONS:
            return self._builtin(node, callee.name, frame)
        target = self._function_named(callee, frame)
        if target is not None:
            return self._function(node, target, frame)
        value = self.evaluate(callee, frame)
        if value is POISON:
            return POISON
        if isinstance(value, OpValue):
            return self._preset(node, value, frame)
        text = " ".join(callee.span.text.split())
        return self.report(
            "RDL328", node.span, frame, name=text[:60], what=kind_of(value), use="called", help=""
        )

    def _function_named(self, callee: tree.Expression, frame: Frame) -> FunctionDefinition | None:
        target: Any = None
        if isinstance(callee, tree.Reference):
            target = frame.lookup(callee.name)
        elif isinstance(callee, tree.Member) and isinstance(callee.target, tree.Reference):
            module = frame.lookup(callee.target.name)
            target = module.names.get(callee.name.text) if isinstance(module, Module) else None
        return target if isinstance(target, FunctionDefinition) else None

    def _preset(self, node: tree.Call, value: OpValue, frame: Frame) -> Any:
        """A block with named arguments filled in: ``bottleneck(groups = 32)`` as a value."""
        presets = dict(value.presets)
        names = _parameters(value)
        failed = False
        for argument in node.arguments:
            if argument.name is None:
                name = value.name
                advice = (
                    f"to hand it over, name the arguments; to apply it, bind first: `t = x -> {name}(...)`"
                )
                use = "called with arguments by position here"
                what = "an operator" if value.kind == "operator" else "a block"
                return self.report("RDL328", argument.span, frame, name=name, what=what, use=use, help=advice)
            if argument.name.text in presets:
                self.report("RDL307", argument.name.span, frame, name=argument.name.text, callee=value.name)
                failed = True
                continue
            if argument.name.text not in names:
                # Told here, where it is written: where it is applied may be a file of the library.
                advice = argument_advice(argument.name.text, names, value.name)
                place = argument.name.span
                self.report("RDL301", place, frame, callee=value.name, name=argument.name.text, help=advice)
                failed = True
                continue
            given = self._preset_value(value, argument, argument.name.text, frame)
            failed = failed or given is POISON
            presets[argument.name.text] = given
        if failed:
            return POISON
        return self.checked(node.span, frame, limited, OpValue(value.target, presets))

    def _preset_value(self, value: OpValue, argument: tree.Argument, name: str, frame: Frame) -> Any:
        """One argument that is filled in: checked here, where it stands, as far as can be."""
        given = self.argument(value, argument, frame)
        if given is POISON:
            return POISON
        place = argument.value.span
        if isinstance(given, Tensor):
            return self.report("RDL327", place, frame, name=given.name or "x")
        wanted = wanted_type(value, name, given)
        if wanted:
            fields = {"callee": value.name, "name": name, "wanted": wanted, "given": told(given)}
            return self.report("RDL303", place, frame, help=conversion(given, wanted), **fields)
        return given

    def argument(self, callee: OpValue, argument: tree.Argument, frame: Frame) -> Any:
        """An argument's value; a bare word stands for itself where the operator takes words."""
        if isinstance(callee.target, Operator) and isinstance(argument.value, tree.Reference):
            name = argument.name.text if argument.name else ""
            parameter = callee.target.parameter(name)
            if parameter is not None and parameter.choices:
                local = frame.names.get(argument.value.name)
                return argument.value.name if local is None else local
        return self.evaluate(argument.value, frame)

    def _function(self, node: tree.Call, definition: FunctionDefinition, frame: Frame) -> Any:
        declaration = definition.declaration
        callee = declaration.name.text
        if frame.depth >= MAX_CALLS:
            advice = f"give it a base case: `fn {callee}(n) = 1 if n < 2 else ...`"
            self.budget.stop("RDL802", node.span, what=f"`{callee}`", limit=MAX_CALLS, help=advice)
        inner = Frame(definition.module, title=f"fn {callee}", depth=frame.depth + 1, parent=frame)
        names = [name.text for name in declaration.parameters]
        written = f"it is `{callee}({', '.join(names)})`"
        values = [self.value(argument.value, frame) for argument in node.arguments]
        if any([value is POISON for value in values]):
            return POISON
        for position, (argument, value) in enumerate(zip(node.arguments, values, strict=True)):
            if argument.name is None and position >= len(names):
                wanted, count = argument_count(len(names)), len(node.arguments)
                return self.report(
                    "RDL306", argument.span, frame, callee=callee, wanted=wanted, given=count, help=written
                )
            name = argument.name.text if argument.name else names[position]
            place = argument.name.span if argument.name else argument.span
            if name not in names:
                return self.report(
                    "RDL301",
                    place,
                    frame,
                    callee=callee,
                    name=name,
                    help=did_you_mean(name, names) or written,
                )
            if name in inner.names:
                return self.report("RDL307", place, frame, name=name, callee=callee)
            inner.names[name] = value
        missing = [f"`{name}`" for name in names if name not in inner.names]
        if missing:
            listed = ", ".join(missing)
            return self.report("RDL302", node.span, frame, callee=callee, missing=listed, help=written)
        return self.evaluate(declaration.value, inner)

    def _builtin(self, node: tree.Call, name: str, frame: Frame) -> Any:
        for argument in node.arguments:
            if argument.name is not None:
                span, given = argument.name.span, argument.name.text
                advice = f"write `{name}({argument.value.span.text[:60]})`"
                return self.report("RDL301", span, frame, callee=name, name=given, help=advice)
        values = [self.value(argument.value, frame) for argument in node.arguments]
        if any([value is POISON for value in values]):
            return POISON
        return self.checked(node.span, frame, function, name, values)


def _parameters(value: OpValue) -> list[str]:
    """The arguments that a block or operator can be given by name."""
    match value.target:
        case Operator():
            return [parameter.name for parameter in value.target.parameters]
        case BlockDefinition():
            return [entry.name.text for entry in value.target.declaration.parameters if not entry.is_tensor]
        case _:
            return []
