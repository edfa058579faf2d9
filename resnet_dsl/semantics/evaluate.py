"""Compile-time evaluation of expressions: numbers, booleans, strings, lists, blocks as values.

Nothing here is Python's evaluation: each operation is checked, and its result kept in bounds.
A mistake is reported once and yields `POISON`, which silences what depends on it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.suggest import did_you_mean
from resnet_dsl.ir.provenance import call as traced_call
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.record import Operator
from resnet_dsl.ops.registry import operators
from resnet_dsl.semantics.frames import MAX_CALLS, MAX_LIST, Budget, Frame
from resnet_dsl.semantics.names import FUNCTIONS
from resnet_dsl.semantics.values import (
    POISON,
    BlockDefinition,
    BrokenDefinition,
    ConstDefinition,
    FunctionDefinition,
    OpValue,
    Tensor,
    kind_of,
    show,
)
from resnet_dsl.source import Span
from resnet_dsl.syntax import tree
from resnet_dsl.syntax.literals import LARGEST_INT


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


class Evaluator:
    """Evaluates expressions in frames, within a budget."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.constants: dict[int, Any] = {}

    def report(self, code: str, span: Span, frame: Frame, **fields: Any) -> Any:
        """Adds a diagnostic with the instantiation path and yields `POISON`."""
        self.budget.bag.add(diagnose(code, span, where=frame.where(), **fields))
        return POISON

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
                return self._index(node, frame)
            case tree.Member():
                return self._member(node, frame)
            case tree.Call():
                return self._call(node, frame)

    def condition(self, node: tree.Expression, frame: Frame) -> Any:
        """A boolean, or `POISON`."""
        value = self.evaluate(node, frame)
        if value is POISON or isinstance(value, bool):
            return value
        return self.report("RDL324", node.span, frame, given=self.describe(value))

    def describe(self, value: Any) -> str:
        return f"{kind_of(value)} ({show(value)})" if is_number(value) else kind_of(value)

    def checked(self, value: Any, span: Span, frame: Frame) -> Any:
        """A number within bounds, or RDL803."""
        if isinstance(value, bool):
            return value
        if isinstance(value, int) and not -LARGEST_INT <= value <= LARGEST_INT:
            return self.report("RDL803", span, frame, limit_text="63 bits")
        if isinstance(value, float) and not math.isfinite(value):
            return self.report("RDL803", span, frame, limit_text="what a float can hold")
        return value

    # --- names -----------------------------------------------------------------------------------

    def _reference(self, node: tree.Reference, frame: Frame) -> Any:
        value = frame.lookup(node.name)
        if value is None:
            known = [*frame.names, *frame.module.names, *operators(), *FUNCTIONS]
            return self.report(
                "RDL201", node.span, frame, name=node.name, help=did_you_mean(node.name, known)
            )
        return self.as_value(value, node.name, node.span, frame)

    def as_value(self, value: Any, name: str, span: Span, frame: Frame) -> Any:
        """An entity as a value: constants are computed, blocks and operators become `OpValue`."""
        match value:
            case Operator() | BlockDefinition():
                return OpValue(value)
            case BrokenDefinition():
                return POISON
            case ConstDefinition():
                return self._constant(value, span, frame)
            case FunctionDefinition():
                return self.report(
                    "RDL328", span, frame, name=name, what="a function", advice=f"call it: `{name}(...)`"
                )
            case Tensor() | OpValue() | bool() | int() | float() | str() | list():
                return value
            case _ if value is POISON:
                return POISON
            case _:
                return self.report(
                    "RDL335", span, frame, name=name, what="a model or a file", help=""
                )

    def _constant(self, definition: ConstDefinition, span: Span, frame: Frame) -> Any:
        key = id(definition)
        if key not in self.constants:
            self.constants[key] = POISON  # a constant that needs itself is a mistake, not a loop
            inner = Frame(definition.module, title=f"const {definition.declaration.name.text}")
            self.constants[key] = self.evaluate(definition.declaration.value, inner)
        return self.constants[key]

    def _member(self, node: tree.Member, frame: Frame) -> Any:
        from resnet_dsl.semantics.modules import Module

        if isinstance(node.target, tree.Reference):
            target = frame.lookup(node.target.name)
            if isinstance(target, Module):
                entity = target.names.get(node.name.text)
                if entity is None:
                    advice = did_you_mean(node.name.text, target.names)
                    return self.report(
                        "RDL213", node.name.span, frame, module=target.name, name=node.name.text, help=advice
                    )
                return self.as_value(entity, node.name.text, node.span, frame)
        value = self.evaluate(node.target, frame)
        if value is POISON:
            return POISON
        if not isinstance(value, Tensor):
            return self.report("RDL320", node.span, frame, operator=".", left=kind_of(value), right="a name")
        if value.shape is None:
            return POISON
        axis = {"c": 0, "h": 1, "w": 2}.get(node.name.text)
        if axis is None or axis >= value.shape.rank:
            return self.report(
                "RDL410",
                node.name.span,
                frame,
                name=value.name or "this tensor",
                shape=str(value.shape),
                axis=node.name.text,
            )
        return value.shape.dims[axis]

    # --- lists -----------------------------------------------------------------------------------

    def _list(self, node: tree.ListOf, frame: Frame) -> Any:
        if len(node.items) > MAX_LIST:
            return self.report("RDL809", node.span, frame, size=len(node.items), limit=MAX_LIST)
        values = []
        for item in node.items:
            value = self.evaluate(item, frame)
            if isinstance(value, Tensor):
                value = self.report("RDL327", item.span, frame, name=value.name or "this")
            values.append(value)
        return POISON if any(value is POISON for value in values) else values

    def _index(self, node: tree.Index, frame: Frame) -> Any:
        target, index = self.evaluate(node.target, frame), self.evaluate(node.index, frame)
        if target is POISON or index is POISON:
            return POISON
        if not isinstance(target, list) or not isinstance(index, int) or isinstance(index, bool):
            return self.report(
                "RDL320", node.span, frame, operator="[]", left=kind_of(target), right=kind_of(index)
            )
        if not -len(target) <= index < len(target):
            return self.report("RDL323", node.index.span, frame, index=int(index), size=len(target))
        return target[int(index)]

    # --- operations ------------------------------------------------------------------------------

    def _unary(self, node: tree.Unary, frame: Frame) -> Any:
        if node.operator == "not":
            value = self.condition(node.operand, frame)
            return POISON if value is POISON else not value
        value = self.evaluate(node.operand, frame)
        if value is POISON:
            return POISON
        if not is_number(value):
            return self.report(
                "RDL320", node.span, frame, operator="-", left="nothing", right=kind_of(value)
            )
        return -value

    def _binary(self, node: tree.Binary, frame: Frame) -> Any:
        if node.operator in {"and", "or"}:
            left = self.condition(node.left, frame)
            if left is POISON or left is (node.operator == "or"):
                return left
            return self.condition(node.right, frame)
        left, right = self.evaluate(node.left, frame), self.evaluate(node.right, frame)
        if left is POISON or right is POISON:
            return POISON
        for value, side in ((left, node.left), (right, node.right)):
            if isinstance(value, Tensor):
                return self.report("RDL327", side.span, frame, name=value.name or "this")
        if node.operator in {"==", "!="}:
            return self._equality(node, left, right, frame)
        if is_number(left) and is_number(right):
            if node.operator in _COMPARE:
                return _COMPARE[node.operator](left, right)
            return self.checked(self._arithmetic(node, left, right, frame), node.span, frame)
        if node.operator == "+" and isinstance(left, list) and isinstance(right, list):
            return self._limited(left + right, node.span, frame)
        if node.operator == "*" and isinstance(left, list) and isinstance(right, int):
            if len(left) * int(right) > MAX_LIST:
                return self.report(
                    "RDL809", node.span, frame, size=len(left) * int(right), limit=MAX_LIST
                )
            return left * int(right)
        return self.report(
            "RDL320", node.span, frame, operator=node.operator, left=kind_of(left), right=kind_of(right)
        )

    def _limited(self, values: list[Any], span: Span, frame: Frame) -> Any:
        if len(values) > MAX_LIST:
            return self.report("RDL809", span, frame, size=len(values), limit=MAX_LIST)
        return values

    def _equality(self, node: tree.Binary, left: Any, right: Any, frame: Frame) -> Any:
        comparable = (is_number(left) and is_number(right)) or (
            type(left) is type(right) and isinstance(left, bool | str | list)
        )
        if not comparable:
            return self.report(
                "RDL320", node.span, frame, operator=node.operator, left=kind_of(left), right=kind_of(right)
            )
        return (left == right) is (node.operator == "==")

    def _arithmetic(self, node: tree.Binary, left: Any, right: Any, frame: Frame) -> Any:
        operator = node.operator
        if operator in {"/", "//", "%"} and right == 0:
            return self.report("RDL322", node.span, frame, left=show(left), operator=operator)
        whole = isinstance(left, int) and isinstance(right, int)
        try:
            match operator:
                case "+":
                    return left + right
                case "-":
                    return left - right
                case "*":
                    return left * right
                case "//":
                    return left // right if whole else float(left // right)
                case "%":
                    return left % right
                case "/":
                    if not whole:
                        return left / right
                    if int(left) % int(right):
                        return self.report("RDL321", node.span, frame, left=int(left), right=int(right))
                    return left // right
                case _:
                    return self._power(node, left, right, frame)
        except OverflowError:
            return self.report("RDL803", node.span, frame, limit_text="what a float can hold")

    def _power(self, node: tree.Binary, left: Any, right: Any, frame: Frame) -> Any:
        if isinstance(left, int) and isinstance(right, int):
            if right < 0:
                return self.report("RDL325", node.span, frame, left=int(left), right=int(right))
            if abs(left) > 1 and right > 64:
                return self.report("RDL803", node.span, frame, limit_text="63 bits")
            return int(left) ** int(right)
        value = float(left) ** float(right) if left or right > 0 else None
        if value is None or isinstance(value, complex):
            return self.report("RDL325", node.span, frame, left=show(left), right=show(right))
        return value

    # --- calls -----------------------------------------------------------------------------------

    def _call(self, node: tree.Call, frame: Frame) -> Any:
        if isinstance(node.callee, tree.Reference) and node.callee.name in FUNCTIONS:
            return self._builtin(node, node.callee.name, frame)
        target: Any = None
        if isinstance(node.callee, tree.Reference):
            target = frame.lookup(node.callee.name)
        if isinstance(target, FunctionDefinition):
            return self._function(node, target, frame)
        value = self.evaluate(node.callee, frame)
        if value is POISON:
            return POISON
        if isinstance(value, OpValue):
            return self._preset(node, value, frame)
        return self.report(
            "RDL328", node.span, frame, name=node.callee.span.text[:80], what=kind_of(value), advice=""
        )

    def _preset(self, node: tree.Call, value: OpValue, frame: Frame) -> Any:
        """A block with named arguments filled in: ``bottleneck(groups = 32)`` as a value."""
        presets = dict(value.presets)
        failed = False
        for argument in node.arguments:
            if argument.name is None:
                return self.report(
                    "RDL328",
                    argument.span,
                    frame,
                    name=value.name,
                    what="a block or operator",
                    advice="as a value it takes named arguments only; to apply it, bind a pipeline first: "
                    f"`t = x -> {value.name}(...)`",
                )
            if argument.name.text in presets:
                self.report(
                    "RDL307", argument.name.span, frame, name=argument.name.text, callee=value.name
                )
                failed = True
                continue
            given = self.argument(value, argument, frame)
            failed = failed or given is POISON or isinstance(given, Tensor)
            presets[argument.name.text] = given
        return POISON if failed else OpValue(value.target, presets)

    def argument(self, callee: OpValue, argument: tree.Argument, frame: Frame) -> Any:
        """An argument's value; a bare word stands for itself where the operator takes words."""
        if isinstance(callee.target, Operator) and isinstance(argument.value, tree.Reference):
            name = argument.name.text if argument.name else ""
            parameter = callee.target.parameter(name)
            if parameter is not None and parameter.choices:
                local = frame.names.get(argument.value.name)
                return argument.value.name if local is None else local
        return self.evaluate(argument.value, frame)

    def _function(self, node: tree.Call, function: FunctionDefinition, frame: Frame) -> Any:
        declaration = function.declaration
        if frame.depth >= MAX_CALLS:
            self.budget.stop(
                "RDL802", node.span, what=f"`{declaration.name.text}`", limit=MAX_CALLS
            )
        inner = Frame(
            function.module,
            title=f"fn {declaration.name.text}",
            depth=frame.depth + 1,
            parent=frame,
        )
        values = [self.evaluate(argument.value, frame) for argument in node.arguments]
        if any(value is POISON for value in values):
            return POISON
        names = [name.text for name in declaration.parameters]
        positional = [a for a in node.arguments if a.name is None]
        if len(positional) > len(names):
            return self.report(
                "RDL306",
                node.span,
                frame,
                callee=declaration.name.text,
                wanted=len(names),
                given=len(positional),
            )
        for position, (argument, value) in enumerate(zip(node.arguments, values, strict=True)):
            name = argument.name.text if argument.name else names[position]
            if name not in names:
                return self.report(
                    "RDL301",
                    argument.span,
                    frame,
                    callee=declaration.name.text,
                    name=name,
                    help=did_you_mean(name, names),
                )
            if name in inner.names:
                return self.report(
                    "RDL307", argument.span, frame, name=name, callee=declaration.name.text
                )
            inner.names[name] = value
        for name in names:
            if name not in inner.names:
                return self.report(
                    "RDL302",
                    node.span,
                    frame,
                    callee=declaration.name.text,
                    name=name,
                    meaning="a value",
                )
        return self.evaluate(declaration.value, inner)

    def _builtin(self, node: tree.Call, name: str, frame: Frame) -> Any:
        values = []
        for argument in node.arguments:
            if argument.name is not None:
                return self.report("RDL301", argument.span, frame, callee=name, name=argument.name.text)
            values.append(self.evaluate(argument.value, frame))
        if any(value is POISON for value in values):
            return POISON
        for value, argument in zip(values, node.arguments, strict=True):
            if isinstance(value, Tensor):
                return self.report("RDL327", argument.span, frame, name=value.name or "this")
        if name in {"min", "max", "sum"} and len(values) == 1 and isinstance(values[0], list):
            values = list(values[0])
        elif name == "len":
            if len(values) == 1 and isinstance(values[0], list):
                return len(values[0])
            values = [None]
        given = ", ".join([kind_of(value) for value in values]) or "nothing"
        one_only = name not in {"min", "max", "sum"}
        fits = [is_number(value) for value in values]
        if not all(fits) or (one_only and len(values) != 1) or (not values and name != "sum"):
            return self.report("RDL329", node.span, frame, name=name, given=given)
        return self.checked(self._numeric(name, values, node.span, frame), node.span, frame)

    def _numeric(self, name: str, values: list[Any], span: Span, frame: Frame) -> Any:
        match name:
            case "min" | "max":
                best = min(values) if name == "min" else max(values)
                if all([isinstance(value, int) for value in values]):
                    return traced_call(name, values, int(best))
                return best
            case "sum":
                return sum(values)
            case "abs":
                return abs(values[0])
            case "float":
                return float(values[0])
            case "log2":
                if values[0] <= 0:
                    return self.report("RDL329", span, frame, name=name, given=show(values[0]))
                return math.log2(values[0])
            case _:
                value = values[0]
                if isinstance(value, int):
                    return value
                return _ROUND[name](value)


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
}
_ROUND: dict[str, Callable[[float], int]] = {
    "int": int,
    "round": round,
    "floor": math.floor,
    "ceil": math.ceil,
}

__all__ = ["Evaluator", "Shape", "is_number"]
