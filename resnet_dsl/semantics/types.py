"""Types: whether a value has one, what it is called, and the edit where it has another."""

from __future__ import annotations

from typing import Any

from resnet_dsl.ops.parameter import Kind, Parameter
from resnet_dsl.ops.record import Operator
from resnet_dsl.semantics.names import TYPES
from resnet_dsl.semantics.values import BlockDefinition, OpValue, Tensor, kind_of, show
from resnet_dsl.syntax import tree

_KIND_WORDS = {
    Kind.INT: "an int",
    Kind.FLOAT: "a float",
    Kind.BOOL: "true or false",
    Kind.WORD: "a word",
    Kind.SIZE: "an int or [height, width]",
    Kind.INTS: "a list of ints",
}
_TYPE_WORDS = {
    "int": "an int",
    "float": "a float",
    "bool": "true or false",
    "str": "a string",
    "op": "a block or operator",
    "size": "an int or [height, width]",
    "list": "a list",
}


def is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_size(value: Any) -> bool:
    """An int, or a list of two."""
    if isinstance(value, list):
        return len(value) == 2 and all([is_int(side) for side in value])
    return is_int(value)


def fits_kind(value: Any, kind: Kind) -> bool:
    """Whether a value has the type of an operator's parameter."""
    match kind:
        case Kind.INT:
            return is_int(value)
        case Kind.FLOAT:
            return is_number(value)
        case Kind.BOOL:
            return isinstance(value, bool)
        case Kind.WORD:
            return isinstance(value, str)
        case Kind.SIZE:
            return is_size(value)
        case Kind.INTS:
            return isinstance(value, list) and all([is_int(entry) for entry in value])


def fits_type(value: Any, declared: tree.TypeName) -> bool:
    """Whether a value has a declared type; an int is a float too."""
    match declared.name:
        case "int":
            return is_int(value)
        case "float":
            return is_number(value)
        case "bool":
            return isinstance(value, bool)
        case "str":
            return isinstance(value, str)
        case "op":
            return isinstance(value, OpValue)
        case "size":
            return is_size(value)
        case "list":
            item = declared.item
            return isinstance(value, list) and (
                item is None or all([fits_type(entry, item) for entry in value])
            )
        case _:
            return False


def fits_default(value: Any, default: tree.Expression | None) -> bool:
    """Whether a value has the type of a default; a parameter may declare none of its own."""
    match default:
        case tree.Number(number):
            return is_number(value) if isinstance(number, float) else is_int(value)
        case tree.Boolean():
            return isinstance(value, bool)
        case tree.Text():
            return isinstance(value, str)
        case tree.ListOf():
            return isinstance(value, list)
        case _:
            return not isinstance(value, Tensor)


def unknown_type(declared: tree.TypeName) -> tree.TypeName | None:
    """The part of a type that does not exist; an item behind anything but `list` is one too."""
    if declared.name not in TYPES or (declared.item is not None and declared.name != "list"):
        return declared
    return None if declared.item is None else unknown_type(declared.item)


def wanted_type(callee: OpValue, name: str, value: Any) -> str:
    """What the parameter `name` of a callee takes, in words, where `value` is something else."""
    target = callee.target
    if isinstance(target, Operator):
        parameter = target.parameter(name)
        return "" if parameter is None or fits_kind(value, parameter.kind) else kind_words(parameter)
    if not isinstance(target, BlockDefinition):
        return ""
    types = {entry.name.text: entry.type for entry in target.declaration.parameters}
    declared = types.get(name)
    return "" if declared is None or fits_type(value, declared) else type_words(declared)


def kind_words(parameter: Parameter) -> str:
    """What an operator's parameter takes, in words."""
    if parameter.choices:
        return "one of " + ", ".join([f"`{choice}`" for choice in parameter.choices])
    return _KIND_WORDS[parameter.kind]


def type_words(declared: tree.TypeName | None) -> str:
    """A declared type in words."""
    if declared is None:
        return "a value"
    words = _TYPE_WORDS.get(declared.name, "a value")
    if declared.item is None:
        return words
    several = {"bool": "booleans", "str": "strings", "op": "blocks"}
    return f"{words} of {several.get(declared.item.name, declared.item.name + 's')}"


def default_words(default: tree.Expression | None) -> str:
    """The type of a default in words."""
    match default:
        case tree.Number(value) | tree.Text(value) | tree.Boolean(value):
            return f"{kind_of(value)}, as its default `{show(value)}` is"
        case tree.ListOf():
            return "a list, as its default is"
        case _:
            return "a value"


def range_words(parameter: Parameter) -> str:
    """The bounds of an operator's parameter in words."""
    low, high = parameter.minimum, parameter.maximum
    if low is not None and high is not None:
        return f"between {show(low)} and {show(high)}"
    return f"at least {show(low)}" if low is not None else f"at most {show(high)}"


def told(value: Any) -> str:
    """A value with its kind, for messages that refuse it."""
    if isinstance(value, OpValue):
        return f"the {value.kind} `{value}`"
    if isinstance(value, Tensor):
        return f"the tensor `{value.name}`" if value.name else "a tensor"
    return f"{kind_of(value)} ({show(value)})"


def _fits_without_quotes(text: str, wanted: str) -> bool:
    if wanted.startswith(("an int", "a float")):
        return text.replace(".", "", 1).isdecimal() and text.isascii()
    return wanted == "a block or operator" and text.isidentifier()


_SIZES = {"same": "leave it out: odd kernels keep the size", "valid": "write `0`"}  # words of other libraries


def conversion(value: Any, wanted: str) -> str:
    """The edit that gives a value the type wanted, where one is plain to see."""
    if isinstance(value, Tensor) and value.name:
        axes = f"for one of its dimensions write `{value.name}.c`, `{value.name}.h` or `{value.name}.w`"
        return f"{axes}; `mul(x, {value.name})` multiplies two tensors" if wanted == "a float" else axes
    if isinstance(value, float) and wanted.startswith("an int"):
        return (
            f"write `{value:.0f}`" if value.is_integer() else "make it whole with `floor`, `ceil` or `round`"
        )
    if is_int(value) and value in {0, 1} and wanted == "true or false":
        return f"write `{show(bool(value))}`"
    if isinstance(value, str) and _fits_without_quotes(value, wanted):
        return f"write `{value}` without quotes"
    if isinstance(value, str):
        from resnet_dsl.semantics.name_advice import word_advice  # only a mistake pays for it

        return _SIZES.get(value, "") or word_advice(value)
    if wanted.startswith("a list") and is_number(value):
        return f"write `[{show(value)}]`"
    return ""
