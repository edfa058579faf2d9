"""How a callee is written, and how much it takes: for messages about its arguments."""

from __future__ import annotations

from resnet_dsl.ops.parameter import Marker
from resnet_dsl.ops.record import Operator
from resnet_dsl.semantics.values import show

_SHOWN = 4  # parameters of an operator that are shown; `resnet-dsl ops NAME` lists all


_WRITTEN: dict[int, tuple[Operator, str]] = {}  # operators are few, their applications many


def signature(op: Operator) -> str:
    """An operator as its arguments are written: ``conv(out, kernel, stride = 1, ...)``."""
    known = _WRITTEN.get(id(op))
    if known is None:
        known = _WRITTEN[id(op)] = (op, _signature(op))
    return known[1]


def _signature(op: Operator) -> str:
    parts: list[str] = []
    for parameter in op.parameters:
        default = parameter.default
        if not parameter.required and len(parts) >= _SHOWN:
            parts.append("...")
            break
        if isinstance(default, Marker):
            parts.append(parameter.name if parameter.required else f"{parameter.name} = {default.value}")
        else:
            parts.append(f"{parameter.name} = {default if parameter.choices else show(default)}")
    return f"{op.name}({', '.join(parts)})"


def argument_count(count: int) -> str:
    """How many arguments a callee takes, in words."""
    return "no arguments" if count < 1 else f"{count} argument{'s' if count > 1 else ''}"


def operand_count(least: int, most: int | None) -> str:
    """How many operands an operator takes, in words."""
    if most is None:
        return f"at least {least} operand{'s' if least != 1 else ''}"
    if least == most:
        return f"{least} operand{'s' if least != 1 else ''}"
    return f"{least} to {most} operands"


def operand_advice(name: str, given: int, least: int) -> str:
    """The edit for an operator applied to too few or too many tensors."""
    if given == 0 and least == 1:
        return f"pipe a tensor into it: `x -> {name}`"
    if given < least:
        return f"write `{name}(a, b)`, or `a -> {name}(b)`"
    return "operands are the tensor before `->`, then the tensors between the parentheses"
