"""A group's constructor: which numbers are constants, which are computed, which are parameters.

Equal numbers are written in place. Numbers that differ are compared by their histories: one shared
expression is written, and its variables become parameters. What is left becomes a parameter of its
own, under the name of the block's argument where that always has its value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from resnet_dsl.backends.pytorch.groups import Group, Parameter, SlotKey, sides
from resnet_dsl.backends.pytorch.identifiers import CODE_NAMES, Names
from resnet_dsl.backends.pytorch.numbers import Callee, simplify
from resnet_dsl.backends.pytorch.units import Unit
from resnet_dsl.ir.graph import Scope
from resnet_dsl.ir.provenance import Expression, Literal, Variable, expression_of, variables
from resnet_dsl.ops.parameter import REQUIRED

_STRUCTURE = frozenset({"parameter", "hole", "held"})  # parts of a slot's key that name nothing


def decide(
    group: Group, slots: Mapping[SlotKey, list[Any]], scopes: Sequence[Scope], callees: set[str]
) -> None:
    """Fills in a group's constants, expressions and parameters.

    `slots` has each number of the group's units, `scopes` the block that each of these stands in.
    """
    frames = [scope.variables for scope in scopes]
    # A parameter that takes a number here and a list there is a variable of some frames only.
    known = [variable for variable in frames[0] if all([variable in frame for frame in frames])]
    constants = {
        variable: int(frames[0][variable])
        for variable in known
        if len({int(frame[variable]) for frame in frames}) == 1
    }
    used: dict[Variable, None] = {}
    for key, values in slots.items():
        if all([_same(value, values[0]) for value in values]):
            group.constants[key] = values[0]
            continue
        shared = _shared(values, constants)
        if shared is None:
            group.own[key] = ""
            continue
        group.expressions[key] = shared
        for expression in sides(shared):
            used.update(dict.fromkeys(variables(expression)))
    names = Names({*CODE_NAMES, "layer", *callees})
    _name(group, used, slots, scopes, names)
    for index in sorted(group.holes):
        group.holes[index] = names.take(group.holes[index])


def _shared(
    values: Sequence[Any], constants: Mapping[Variable, int]
) -> Expression | tuple[Expression, ...] | None:
    """The expression that explains every value; a pair has one for each side."""
    first = values[0]
    if isinstance(first, tuple):
        if not all([isinstance(value, tuple) and len(value) == len(first) for value in values]):
            return None
        pair = [_common([value[place] for value in values], constants) for place in range(len(first))]
        found = tuple([side for side in pair if side is not None])
        return found if len(found) == len(pair) else None
    shared = _common(values, constants)
    return None if isinstance(shared, Literal) else shared


def _common(values: Sequence[Any], constants: Mapping[Variable, int]) -> Expression | None:
    if not all([is_int(value) for value in values]):
        return None
    first = simplify(expression_of(values[0]), constants)
    same = all([simplify(expression_of(value), constants) == first for value in values[1:]])
    return first if same else None


def _name(
    group: Group,
    used: Mapping[Variable, None],
    slots: Mapping[SlotKey, list[Any]],
    scopes: Sequence[Scope],
    names: Names,
) -> None:
    """The constructor's parameters: channels first, then in the order of the block's own."""
    scope = scopes[0]
    tensors = [variable for variable in used if variable.axis]
    order = {name: place for place, name in enumerate(scope.arguments)}
    found: list[Parameter] = []
    for variable in tensors:
        wanted = "in_channels" if len(tensors) == 1 else f"{variable.name}_channels"
        found.append(Parameter(names.take(wanted), "int", variable=variable))
    plain = sorted((v for v in used if not v.axis), key=lambda v: order.get(v.name, len(order)))
    for variable in plain:
        default = scope.defaults.get(variable.name, REQUIRED)
        found.append(Parameter(names.take(variable.name), "int", default, variable))
    arguments: dict[str, str] = {}
    for key in group.own:
        argument = _argument(slots[key], scopes)
        if argument in arguments:
            group.own[key] = arguments[argument]
            continue
        default = scope.defaults.get(argument, REQUIRED) if argument else REQUIRED
        wanted = argument or _own_name(group.first, key)
        parameter = Parameter(names.take(wanted), _type(slots[key]), default, slot=key)
        group.own[key] = parameter.name
        found.append(parameter)
        if argument:
            arguments[argument] = parameter.name
    required = [entry for entry in found if entry.default is REQUIRED]
    optional = [entry for entry in found if entry.default is not REQUIRED]
    group.parameters = [*required, *optional]


def _argument(values: Sequence[Any], scopes: Sequence[Scope]) -> str:
    """The block's argument that has each of the values where it stands; empty where none has."""
    for name in scopes[0].arguments:
        if all(
            [_means(scope.arguments.get(name), value) for scope, value in zip(scopes, values, strict=True)]
        ):
            return name
    return ""


def _means(argument: Any, value: Any) -> bool:
    match value:
        case Callee():
            return getattr(argument, "name", None) == value.operator
        case bool():
            return argument is value
        case float():
            return isinstance(argument, int | float) and not isinstance(argument, bool) and argument == value
        case tuple():
            return isinstance(argument, list | tuple) and tuple(argument) == value
        case _:
            return False


def is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _same(left: Any, right: Any) -> bool:
    """Equal values of one type; a number is equal whatever its history."""
    if is_int(left) and is_int(right):
        return bool(left == right)
    return type(left) is type(right) and bool(left == right)


def _type(values: Sequence[Any]) -> str:
    return " | ".join(sorted({_word(value) for value in values}))


def _word(value: Any) -> str:
    match value:
        case Callee():
            return "type[nn.Module]"
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float"
        case tuple():
            return f"tuple[{', '.join([_word(side) for side in value])}]"
        case _:
            return "str"


def _own_name(unit: Unit, key: SlotKey) -> str:
    """A parameter's name where the spec has none: the module and the argument it sets."""
    parts: list[str] = []
    current: Unit | None = unit
    for part in key:
        if isinstance(part, int) and current is not None and part < len(current.steps):
            step = current.steps[part]
            parts.append(step.attribute[-1])
            current = step.unit
        elif isinstance(part, str) and part not in _STRUCTURE:
            parts.append(part)
    text = "_".join([part for part in parts[-2:] if part]) or "value"
    return text if not text[0].isdigit() else f"m{text}"
