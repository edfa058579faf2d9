"""Compile-time evaluation of expressions: numbers, booleans, strings, lists, blocks as values.

Nothing here is Python's evaluation: `arithmetic` checks each operation and keeps it in bounds.
A mistake is reported once and yields `POISON`, which silences what depends on it.
"""

from __future__ import annotations

from typing import Any

from resnet_dsl.diagnostics.suggest import did_you_mean
from resnet_dsl.ops.record import Operator
from resnet_dsl.semantics.arithmetic import binary, element, limited, negative
from resnet_dsl.semantics.calls import Calls
from resnet_dsl.semantics.frames import Budget, Frame, LimitReached
from resnet_dsl.semantics.modules import Module
from resnet_dsl.semantics.names import FUNCTIONS
from resnet_dsl.semantics.types import is_number
from resnet_dsl.semantics.values import (
    POISON,
    BlockDefinition,
    BrokenDefinition,
    ConstDefinition,
    FunctionDefinition,
    ModelDefinition,
    OpValue,
    Tensor,
    kind_of,
    shape_words,
    show,
)
from resnet_dsl.source import Span
from resnet_dsl.syntax import tree


class Evaluator(Calls):
    """Evaluates expressions in frames, within a budget."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self.constants = budget.constants
        self.under_way: list[ConstDefinition] = []

    def evaluate(self, node: tree.Expression, frame: Frame) -> Any:
        """The value of an expression, `POISON` after a mistake."""
        self.budget.step(node.span)
        match node:
            case tree.Number() | tree.Text() | tree.Boolean():
                return node.value
            case tree.Reference():
                return self._reference(node, frame)
            case tree.Binary():
                return self._binary(node, frame)
            case tree.Unary():
                return self._unary(node, frame)
            case tree.Conditional():
                chosen = self.condition(node.condition, frame)
                if chosen is POISON:
                    return POISON
                return self.evaluate(node.value if chosen else node.otherwise, frame)
            case tree.ListOf():
                return self._list(node, frame)
            case tree.Index():
                target, index = self.evaluate(node.target, frame), self.evaluate(node.position, frame)
                if target is POISON or index is POISON:
                    return POISON
                return self.checked(node.position.span, frame, element, target, index)
            case tree.Member():
                return self._member(node, frame)
            case tree.Call():
                return self.call(node, frame)

    def condition(self, node: tree.Expression, frame: Frame) -> Any:
        """A boolean, or `POISON`."""
        value = self.evaluate(node, frame)
        if value is POISON or isinstance(value, bool):
            return value
        text = " ".join(node.span.text.split())
        advice = f"compare it: `{text[:60]} > 0`" if is_number(value) else ""
        given = f"{kind_of(value)} ({show(value)})" if is_number(value) else kind_of(value)
        return self.report("RDL324", node.span, frame, given=given, help=advice)

    # --- names -----------------------------------------------------------------------------------

    def _reference(self, node: tree.Reference, frame: Frame) -> Any:
        value = frame.lookup(node.name)
        if value is None and node.name in FUNCTIONS:
            return self._no_value(node.name, "a function", node.span, frame)
        if value is None:
            known = [*frame.names, *frame.module.names, *FUNCTIONS]
            from resnet_dsl.semantics.name_advice import value_advice  # only a mistake pays for it

            advice = value_advice(node.name, known)
            return self.report("RDL201", node.span, frame, name=node.name, help=advice)
        return self.as_value(value, node.name, node.span, frame)

    def as_value(self, value: Any, name: str, span: Span, frame: Frame) -> Any:
        """An entity as a value: constants are computed, blocks and operators become `OpValue`."""
        match value:
            case Operator() | BlockDefinition():
                return OpValue(value)
            case BrokenDefinition():
                return POISON
            case ConstDefinition():
                return self.constant(value, span, frame)
            case FunctionDefinition():
                return self._no_value(name, "a function", span, frame)
            case ModelDefinition():
                return self.report("RDL328", span, frame, name=name, what="a model", use="a value")
            case Module():
                advice = f"name something of it: `{name}.NAME`"
                return self.report(
                    "RDL328", span, frame, name=name, what="an imported file", use="a value", help=advice
                )
            case _:
                return value

    def _no_value(self, name: str, what: str, span: Span, frame: Frame) -> Any:
        advice = f"call it: `{name}(...)`"
        return self.report("RDL328", span, frame, name=name, what=what, use="a value", help=advice)

    def constant(self, definition: ConstDefinition, span: Span, frame: Frame) -> Any:
        """The value of a `const`, computed once."""
        key = id(definition)
        if definition in self.under_way:
            circle = [*self.under_way[self.under_way.index(definition) :], definition]
            names = " -> ".join([entry.declaration.name.text for entry in circle[:8]])
            return self.report("RDL343", span, frame, name=definition.declaration.name.text, circle=names)
        if key not in self.constants:
            self.under_way.append(definition)
            inner = Frame(definition.module, title=f"const {definition.declaration.name.text}")
            value = self.evaluate(definition.declaration.value, inner)
            if isinstance(value, Tensor):
                value = POISON
            self.constants[key] = value
            self.under_way.pop()
        return self.constants[key]

    def _member(self, node: tree.Member, frame: Frame) -> Any:
        name = node.name.text
        if isinstance(node.target, tree.Reference):
            target = frame.lookup(node.target.name)
            if isinstance(target, Module):
                entity = target.names.get(name)
                if entity is None:
                    advice = did_you_mean(name, target.names)
                    return self.report(
                        "RDL213", node.name.span, frame, module=target.name, name=name, help=advice
                    )
                return self.as_value(entity, name, node.span, frame)
        value = self.evaluate(node.target, frame)
        if isinstance(value, Tensor) and value.is_absent:
            return self.report("RDL351", node.span, frame, name=value.name or "this tensor", axis=name)
        if value is POISON or (isinstance(value, Tensor) and value.shape is None):
            return POISON
        if not isinstance(value, Tensor) or value.shape is None:
            given = kind_of(value)
            return self.report(
                "RDL320", node.span, frame, operator=f".{name}", wanted="a tensor", given=given
            )
        if name == "c":
            return value.shape.channels
        axis = {"h": 0, "w": 1}.get(name)
        if axis is None or value.shape.rank != 3:
            shown = f"`{value.name}`" if value.name else "this tensor"
            advice = _axis_advice(name, value.shape.rank == 3, value.name or "x")
            return self.report(
                "RDL410",
                node.name.span,
                frame,
                name=shown,
                shape=shape_words(value.shape),
                axis=name,
                help=advice,
            )
        return value.shape.spatial[axis]

    # --- lists and operations --------------------------------------------------------------------

    def _list(self, node: tree.ListOf, frame: Frame) -> Any:
        values = [self.value(entry, frame) for entry in node.items]
        if any([value is POISON for value in values]):
            return POISON
        return self.checked(node.span, frame, limited, values)

    def _unary(self, node: tree.Unary, frame: Frame) -> Any:
        if node.operator == "not":
            value = self.condition(node.operand, frame)
            return POISON if value is POISON else not value
        value = self.value(node.operand, frame)
        return POISON if value is POISON else self.checked(node.span, frame, negative, value)

    def _binary(self, node: tree.Binary, frame: Frame) -> Any:
        if node.operator in {"and", "or"}:
            left = self.condition(node.left, frame)
            if left is POISON or left is (node.operator == "or"):
                return left
            return self.condition(node.right, frame)
        left, right = self.value(node.left, frame), self.value(node.right, frame)
        if left is POISON or right is POISON:
            return POISON
        if isinstance(left, list):
            self.budget.step(node.span, len(left))
        return self.checked(node.span, frame, binary, node.operator, left, right)


def _axis_advice(name: str, is_map: bool, tensor: str) -> str:
    meant = {"height": "h", "width": "w", "channels": "c", "features": "c", "C": "c", "H": "h", "W": "w"}.get(
        name
    )
    if meant is not None and (is_map or meant == "c"):
        return f"write `{tensor}.{meant}`"
    return "a map has `.c`, `.h` and `.w`, whatever its layout; a vector and a sequence have `.c`"


def check_constants(module: Module, broken: set[int], budget: Budget) -> None:
    """Computes every `const` of a file, so that mistakes in those nobody uses are told too."""
    evaluator = Evaluator(budget)
    for entity in module.names.values():
        if isinstance(entity, ConstDefinition) and id(entity.declaration) not in broken:
            try:
                evaluator.constant(entity, entity.declaration.name.span, Frame(entity.module))
            except LimitReached:
                return
