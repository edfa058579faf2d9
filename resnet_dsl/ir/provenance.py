"""Whole numbers that remember where they came from.

The elaborator computes with concrete numbers, but the code generator wants to write ``4 * width``
where the spec did. So a number that stems from a block's parameter or from an operand's shape is a
`Traced`: an `int` in every respect that also carries the expression it was computed by. Shape rules
and operators compute with it without knowing.

Expressions refer to the *innermost named block* only; a call re-roots them (see `substitute`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Self, SupportsIndex, cast

MAX_EXPRESSION_SIZE = 24  # leaves and operators; a longer history is dropped, the number stays


class Variable(NamedTuple):
    """A block's own parameter (``width``), or a dimension of an operand (``x.c``)."""

    name: str
    axis: str = ""

    @property
    def size(self) -> int:
        return 1


class Literal(NamedTuple):
    value: int

    @property
    def size(self) -> int:
        return 1


class Binary(NamedTuple):
    """`operator` is one of ``+ - * // %``."""

    operator: str
    left: Expression
    right: Expression
    size: int = 0


class Call(NamedTuple):
    """``min`` or ``max`` of expressions."""

    function: str
    arguments: tuple[Expression, ...]
    size: int = 0


class Named(NamedTuple):
    """A `let`: an expression under the name that the spec gave it."""

    name: str
    value: Expression

    @property
    def size(self) -> int:
        return self.value.size


Expression = Variable | Literal | Binary | Call | Named


class Traced(int):
    """An int with the expression that made it. Compares, hashes and prints as the int."""

    expression: Expression

    def __new__(cls, value: int, expression: Expression) -> Self:
        traced = super().__new__(cls, value)
        traced.expression = expression
        return traced

    # Each returns NotImplemented where `other` is no int, as `int` itself does.

    def __add__(self, other: int) -> int:
        return _combine("+", self, other, int.__add__)

    def __radd__(self, other: int) -> int:
        return _combine("+", other, self, int.__add__)

    def __sub__(self, other: int) -> int:
        return _combine("-", self, other, int.__sub__)

    def __rsub__(self, other: int) -> int:
        return _combine("-", other, self, int.__sub__)

    def __mul__(self, other: int) -> int:
        return _combine("*", self, other, int.__mul__)

    def __rmul__(self, other: int) -> int:
        return _combine("*", other, self, int.__mul__)

    def __floordiv__(self, other: int) -> int:
        return _combine("//", self, other, int.__floordiv__)

    def __rfloordiv__(self, other: int) -> int:
        return _combine("//", other, self, int.__floordiv__)

    def __mod__(self, other: int) -> int:
        return _combine("%", self, other, int.__mod__)

    def __rmod__(self, other: int) -> int:
        return _combine("%", other, self, int.__mod__)

    def __deepcopy__(self, memo: Mapping[int, Any]) -> Traced:
        return self

    def __reduce__(self) -> tuple[type[int], tuple[int]]:
        return int, (int(self),)


def expression_of(value: SupportsIndex) -> Expression:
    """The expression behind a number; a plain int is a literal."""
    return value.expression if isinstance(value, Traced) else Literal(int(value))


def traced(value: int, expression: Expression) -> int:
    """`value` with a history, or the bare int where the history says nothing or grew too long."""
    if isinstance(expression, Literal) or expression.size > MAX_EXPRESSION_SIZE:
        return int(value)
    return Traced(int(value), expression)


def _combine(symbol: str, left: object, right: object, compute: Callable[[int, int], int]) -> int:
    if not isinstance(left, int) or not isinstance(right, int):
        return cast(int, NotImplemented)
    value = compute(int(left), int(right))
    a, b = expression_of(left), expression_of(right)
    return traced(value, Binary(symbol, a, b, a.size + b.size + 1))


def call(function: str, values: list[int], result: int) -> int:
    """`result` of ``min``/``max`` over numbers, traced when one of them is."""
    if not any(isinstance(value, Traced) for value in values):
        return result
    arguments = tuple(expression_of(value) for value in values)
    return traced(result, Call(function, arguments, sum(a.size for a in arguments) + 1))


def named(name: str, value: int) -> int:
    """The number of a `let`, kept under the let's name when it is computed from something."""
    if isinstance(value, Traced) and isinstance(value.expression, Binary | Call):
        return traced(int(value), Named(name, value.expression))
    return value


def substitute(expression: Expression, values: Mapping[Variable, int]) -> Expression:
    """The expression with its variables replaced by the numbers' own expressions.

    This is how a result's history moves from a block's frame to its caller's.
    """
    match expression:
        case Variable():
            return expression_of(values[expression]) if expression in values else expression
        case Literal():
            return expression
        case Binary(operator, left, right):
            a, b = substitute(left, values), substitute(right, values)
            if isinstance(a, Literal) and isinstance(b, Literal):
                return Literal(evaluate(Binary(operator, a, b), {}))
            return Binary(operator, a, b, a.size + b.size + 1)
        case Call(function, arguments):
            replaced = tuple(substitute(argument, values) for argument in arguments)
            return Call(function, replaced, sum(a.size for a in replaced) + 1)
        case Named(_, value):
            return substitute(value, values)


def evaluate(expression: Expression, values: Mapping[Variable, int]) -> int:
    """The number an expression stands for. Raises `KeyError` for an unknown variable."""
    match expression:
        case Variable():
            return int(values[expression])
        case Literal(value):
            return value
        case Binary(operator, left, right):
            a, b = evaluate(left, values), evaluate(right, values)
            return int(_COMPUTE[operator](a, b))
        case Call(function, arguments):
            numbers = [evaluate(argument, values) for argument in arguments]
            return min(numbers) if function == "min" else max(numbers)
        case Named(_, value):
            return evaluate(value, values)


def variables(expression: Expression) -> Iterator[Variable]:
    """Every variable of an expression, left to right, repeats included."""
    match expression:
        case Variable():
            yield expression
        case Literal():
            return
        case Binary(_, left, right):
            yield from variables(left)
            yield from variables(right)
        case Call(_, arguments):
            for argument in arguments:
                yield from variables(argument)
        case Named(_, value):
            yield from variables(value)


_COMPUTE: dict[str, Callable[[int, int], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
}
