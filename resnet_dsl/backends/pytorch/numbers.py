"""Printing values: literals, and the expressions that a spec computed its numbers by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from resnet_dsl.ir.provenance import (
    Binary,
    Call,
    Expression,
    Literal,
    Named,
    Variable,
    evaluate,
)

_PRECEDENCE = {"+": 1, "-": 1, "*": 2, "//": 2, "%": 2}


class Callee(str):
    """The torch class that an operator is built by, as a value; `operator` is its name in RDL."""

    __slots__ = ("operator",)
    operator: str

    def __new__(cls, text: str, operator: str) -> Self:
        made = super().__new__(cls, text)
        made.operator = operator
        return made


def literal(value: Any) -> str:
    """A constant as Python and ruff write it."""
    match value:
        case Callee():
            return str(value)
        case bool():
            return "True" if value else "False"
        case int():
            return str(int(value))
        case float():
            return repr(float(value)).replace("e-0", "e-").replace("e+0", "e+")
        case tuple() | list():
            return "(" + ", ".join([literal(item) for item in value]) + ")"
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
        case _:
            return repr(value)


def simplify(expression: Expression, constants: Mapping[Variable, int]) -> Expression:
    """The expression with known variables filled in and arithmetic on constants done."""
    match expression:
        case Variable():
            return Literal(int(constants[expression])) if expression in constants else expression
        case Literal():
            return expression
        case Named(name, value):
            inner = simplify(value, constants)
            return Named(name, inner) if isinstance(inner, Binary | Call) else inner
        case Call(function, arguments):
            done = tuple([simplify(argument, constants) for argument in arguments])
            return _call(function, done)
        case Binary(operator, left, right):
            return _binary(operator, simplify(left, constants), simplify(right, constants))


def _call(function: str, arguments: tuple[Expression, ...]) -> Expression:
    """``max(8, max(16, n))`` is ``max(16, n)``: one call, and one number among its arguments."""
    flat: list[Expression] = []
    for argument in arguments:
        flat += (
            argument.arguments
            if isinstance(argument, Call) and argument.function == function
            else (argument,)
        )
    numbers = tuple([argument for argument in flat if isinstance(argument, Literal)])
    done: list[Expression] = list(
        dict.fromkeys([argument for argument in flat if not isinstance(argument, Literal)])
    )
    if numbers:
        done.insert(0, Literal(evaluate(Call(function, numbers), {})))
    return done[0] if len(done) == 1 else Call(function, tuple(done))


def _binary(operator: str, left: Expression, right: Expression) -> Expression:
    if isinstance(left, Literal) and isinstance(right, Literal):
        return Literal(evaluate(Binary(operator, left, right), {}))
    match operator, left, right:
        case ("*" | "//", _, Literal(1)):
            return left
        case "*", Literal(1), _:
            return right
        case ("+" | "-", _, Literal(0)):
            return left
        case "+", Literal(0), _:
            return right
        case "//", Binary("*", inner, Literal(factor)), Literal(divisor) if factor % divisor == 0:
            return _binary("*", inner, Literal(factor // divisor))
        case "//", Binary("*", Literal(factor), inner), Literal(divisor) if factor % divisor == 0:
            return _binary("*", Literal(factor // divisor), inner)
        case "*", Binary("*", inner, Literal(first)), Literal(second):
            return _binary("*", inner, Literal(first * second))
        case (("+" | "-"), _, _):
            return _sum(operator, left, right)
    return Binary(operator, left, right)


def _sum(operator: str, left: Expression, right: Expression) -> Expression:
    """``width + (3 * width - width)`` is ``3 * width``, where that brings terms together."""
    factors: dict[Expression, int] = {}
    written = 0
    pending = [(right, 1 if operator == "+" else -1), (left, 1)]
    while pending:
        term, sign = pending.pop()
        if isinstance(term, Binary) and term.operator in ("+", "-"):
            pending += [(term.right, sign if term.operator == "+" else -sign), (term.left, sign)]
            continue
        written += 1
        factor, atom = _factored(term)
        factors[atom] = factors.get(atom, 0) + sign * factor
    terms = [(factor, atom) for atom, factor in factors.items() if factor]
    if len(terms) == written:
        return Binary(operator, left, right)
    terms.sort(key=lambda term: term[0] < 0)  # a sum that starts with a minus reads badly
    total: Expression = Literal(0)
    for factor, atom in terms:
        if total == Literal(0):
            total = _binary("*", Literal(factor), atom)
        else:
            total = Binary("+" if factor > 0 else "-", total, _binary("*", Literal(abs(factor)), atom))
    return total


def _factored(term: Expression) -> tuple[int, Expression]:
    match term:
        case Literal(value):
            return value, Literal(1)
        case Binary("*", Literal(factor), atom) | Binary("*", atom, Literal(factor)):
            return factor, atom
        case _:
            return 1, term


def print_expression(
    expression: Expression, names: Mapping[Variable, str], locals: Mapping[str, str], above: int = 0
) -> str:
    """Python text; `locals` maps the names of `let` values that stand in a local variable."""
    match expression:
        case Variable():
            return names[expression]
        case Literal(value):
            return str(value) if value >= 0 or above == 0 else f"({value})"
        case Named(name, value):
            if name in locals:
                return locals[name]
            return print_expression(value, names, locals, above)
        case Call(function, arguments):
            inner = [print_expression(argument, names, locals) for argument in arguments]
            return f"{function}({', '.join(inner)})"
        case Binary(operator, left, right):
            own = _PRECEDENCE[operator]
            text = (
                f"{print_expression(left, names, locals, own)} {operator} "
                f"{print_expression(right, names, locals, own + 1)}"
            )
            return f"({text})" if own < above else text
