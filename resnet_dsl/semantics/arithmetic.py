"""Arithmetic on compile-time values: every operation checked, every result in bounds.

Nothing here is Python's evaluation of a text; a value that an operation does not take is `Refused`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from resnet_dsl.ir.provenance import call as traced_call
from resnet_dsl.semantics.frames import MAX_LIST
from resnet_dsl.semantics.types import is_int, is_number
from resnet_dsl.semantics.values import OpValue, kind_of, show
from resnet_dsl.syntax.literals import LARGEST_INT


class Refused(Exception):
    """A code of the catalog and the fields of its message; the evaluator adds the place."""

    def __init__(self, code: str, **fields: Any) -> None:
        super().__init__(code)
        self.code = code
        self.fields = fields


_WANTED = {
    "+": "two numbers or two lists",
    "*": "two numbers, or a list and an int",
    "==": "two values of one type",
    "!=": "two values of one type",
}
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


def binary(operator: str, left: Any, right: Any) -> Any:
    """``left operator right``, for every operator but ``and`` and ``or``."""
    if operator in {"==", "!="}:
        comparable = (is_number(left) and is_number(right)) or (
            type(left) is type(right) and isinstance(left, bool | str | list)
        )
        if comparable:
            return (left == right) is (operator == "==")
    elif is_number(left) and is_number(right):
        if operator in _COMPARE:
            return _COMPARE[operator](left, right)
        return bounded(_arithmetic(operator, left, right))
    elif operator == "+" and isinstance(left, list) and isinstance(right, list):
        return limited(left + right)
    elif operator == "*" and isinstance(left, list) and is_int(right):
        if (weight(left) - 1) * int(right) >= MAX_LIST:
            raise Refused("RDL809", limit=MAX_LIST)
        return left * int(right)
    wanted, given = _WANTED.get(operator, "two numbers"), f"{kind_of(left)} and {kind_of(right)}"
    raise Refused("RDL320", operator=operator, wanted=wanted, given=given)


def negative(value: Any) -> Any:
    """``-value``."""
    if not is_number(value):
        raise Refused("RDL320", operator="-", wanted="a number", given=kind_of(value))
    return -value


def element(values: Any, index: Any) -> Any:
    """``values[index]``."""
    if not isinstance(values, list) or not is_int(index):
        given = f"{kind_of(values)} and {kind_of(index)}"
        raise Refused("RDL320", operator="[...]", wanted="a list and an int", given=given)
    if not -len(values) <= index < len(values):
        raise Refused("RDL323", index=int(index), size=len(values))
    return values[int(index)]


def bounded(value: Any) -> Any:
    """A number that the language can hold."""
    if is_int(value) and not -LARGEST_INT <= value <= LARGEST_INT:
        raise Refused("RDL803", limit_text="the largest whole number, 2**63 - 1")
    if isinstance(value, float) and not math.isfinite(value):
        raise Refused("RDL803", limit_text="the largest float, about 1.8e308")
    return value


def limited(value: Any) -> Any:
    """A list, or a block with arguments filled in, of bearable size."""
    if weight(value) > MAX_LIST:
        raise Refused("RDL809", limit=MAX_LIST)
    return value


def weight(value: Any) -> int:
    """Numbers and names in a value, lists inside lists counted through; exact up to the limit.

    A list that holds one list many times is small in memory and endless to walk.
    """
    total, pending = 0, [value]
    while pending and total <= MAX_LIST:
        current = pending.pop()
        total += 1
        if isinstance(current, list):
            pending.extend(current[: MAX_LIST + 1])
            total += len(current) > MAX_LIST
        elif isinstance(current, OpValue):
            pending.extend(current.presets.values())
    return total


def _arithmetic(operator: str, left: Any, right: Any) -> Any:
    if operator in {"/", "//", "%"} and right == 0:
        raise Refused("RDL322", left=show(left), operator=operator)
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
                    raise Refused("RDL321", left=int(left), right=int(right))
                return left // right
            case _:
                return _power(left, right)
    except OverflowError:
        raise Refused("RDL803", limit_text="the largest float, about 1.8e308") from None


def _power(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int):
        if right < 0:
            raise Refused("RDL325", left=int(left), right=int(right))
        if abs(left) > 1 and right > 64:
            raise Refused("RDL803", limit_text="the largest whole number, 2**63 - 1")
        return int(left) ** int(right)
    value = float(left) ** float(right) if left or right >= 0 else None
    if value is None or isinstance(value, complex):
        raise Refused("RDL325", left=show(left), right=show(right))
    return value


# --- functions -----------------------------------------------------------------------------------

_TAKES = {
    "min": "numbers, or one list of numbers",
    "max": "numbers, or one list of numbers",
    "sum": "numbers, or one list of numbers",
    "len": "one list",
    "log2": "one number above 0",
    "letter": "one int from 0 to 25",
}


def function(name: str, values: list[Any]) -> Any:
    """A function of the language applied to values."""
    given = ", ".join([show(value) if is_number(value) else kind_of(value) for value in values[:4]])
    refused = Refused("RDL329", name=name, wanted=_TAKES.get(name, "one number"), given=given or "nothing")
    if name == "len":
        if len(values) == 1 and isinstance(values[0], list):
            return len(values[0])
        raise refused
    if name == "letter":
        if len(values) == 1 and is_int(values[0]) and 0 <= values[0] < 26:
            return chr(ord("a") + values[0])
        raise refused
    several = name in {"min", "max", "sum"}
    if several and len(values) == 1 and isinstance(values[0], list):
        values = list(values[0])
    enough = bool(values) or name == "sum" if several else len(values) == 1
    if not enough or not all([is_number(value) for value in values]) or (name == "log2" and values[0] <= 0):
        raise refused
    return bounded(_numeric(name, values))


def _numeric(name: str, values: list[Any]) -> Any:
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
            return math.log2(values[0])
        case _:
            value = values[0]
            return value if isinstance(value, int) else _ROUND[name](value)
