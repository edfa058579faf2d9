"""How a callee is written, and how much it takes: for messages about its arguments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from resnet_dsl.diagnostics.suggest import did_you_mean
from resnet_dsl.ops.parameter import Marker
from resnet_dsl.ops.record import Operator
from resnet_dsl.semantics.values import show

_SHOWN = 4  # parameters of an operator that are shown; `resnet-dsl ops NAME` lists all


class Taken(NamedTuple):
    """What an operator takes: how that is written (``conv(out, kernel, stride = 1, ...)``), the
    parameters' names, those that must be given, and the defaults of all."""

    op: Operator
    signature: str
    names: list[str]
    required: frozenset[str]
    defaults: dict[str, Any]


_TAKEN: dict[int, Taken] = {}  # operators are few, their applications many


def taken_by(op: Operator) -> Taken:
    """What an operator takes, worked out once."""
    known = _TAKEN.get(id(op))
    if known is None:
        defaults = {parameter.name: parameter.default for parameter in op.parameters}
        required = frozenset([parameter.name for parameter in op.parameters if parameter.required])
        known = _TAKEN[id(op)] = Taken(op, _signature(op), list(defaults), required, defaults)
    return known


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


def argument_advice(name: str, known: Iterable[str], callee: str) -> str:
    """The edit for an argument that a callee does not have."""
    return did_you_mean(name, known) or f"`{callee}` takes no arguments"


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
