"""Expressions: what has a value before the network runs, and the names in it."""

from __future__ import annotations

from typing import NamedTuple

from resnet_dsl.source import Span


class Name(NamedTuple):
    """An identifier as written."""

    text: str
    span: Span


class Number(NamedTuple):
    value: int | float
    span: Span


class Text(NamedTuple):
    """A string; `value` has its escapes resolved."""

    value: str
    span: Span


class Boolean(NamedTuple):
    value: bool
    span: Span


class Reference(NamedTuple):
    """A use of a name."""

    name: str
    span: Span


class Member(NamedTuple):
    """``x.c``, or a name of an imported file: ``blocks.unit``."""

    target: Expression
    name: Name
    span: Span


class Index(NamedTuple):
    target: Expression
    position: Expression
    span: Span


class Argument(NamedTuple):
    """``value`` or ``name = value``."""

    name: Name | None
    value: Expression
    span: Span


class Call(NamedTuple):
    """A function of compile-time values, or a block with some arguments filled in."""

    callee: Expression
    arguments: tuple[Argument, ...]
    span: Span


class Unary(NamedTuple):
    """``-x`` or ``not x``."""

    operator: str
    operand: Expression
    span: Span


class Binary(NamedTuple):
    """Arithmetic, comparison, ``and`` and ``or``."""

    operator: str
    left: Expression
    right: Expression
    span: Span


class Conditional(NamedTuple):
    """``value if condition else otherwise``."""

    value: Expression
    condition: Expression
    otherwise: Expression
    span: Span


class ListOf(NamedTuple):
    items: tuple[Expression, ...]
    span: Span


Expression = (
    Number | Text | Boolean | Reference | Member | Index | Call | Unary | Binary | Conditional | ListOf
)
