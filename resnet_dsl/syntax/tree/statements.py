"""Pipelines, and the statements of a body."""

from __future__ import annotations

from typing import NamedTuple

from resnet_dsl.source import Span
from resnet_dsl.syntax.tree.expressions import Argument, Expression, Name, Text

# --- pipelines -----------------------------------------------------------------------------------


class Label(NamedTuple):
    """A module's name: dotted parts, each literal text and ``{expression}`` pieces in turn."""

    parts: tuple[tuple[str | Expression, ...], ...]
    span: Span


class Apply(NamedTuple):
    """``conv(64, 3)``, ``relu``, ``blocks.unit(64)``, or at the head of a pipeline a tensor."""

    path: tuple[Name, ...]
    arguments: tuple[Argument, ...] | None
    span: Span


class Repeat(NamedTuple):
    """``repeat times as variable { body }``."""

    times: Expression
    variable: Name | None
    body: Pipeline
    span: Span


class Seq(NamedTuple):
    """``seq { body }``."""

    body: Pipeline
    span: Span


class Step(NamedTuple):
    label: Label | None
    action: Apply | Repeat | Seq
    span: Span


class Pipeline(NamedTuple):
    steps: tuple[Step, ...]
    span: Span


# --- statements ----------------------------------------------------------------------------------


class Bind(NamedTuple):
    """``y = pipe``, ``shortcut s = pipe`` or ``aux a = pipe``; `role` is empty for the first."""

    name: Name
    role: str
    pipeline: Pipeline
    span: Span


class Let(NamedTuple):
    name: Name
    value: Expression
    span: Span


class Return(NamedTuple):
    pipeline: Pipeline
    span: Span


class Body(NamedTuple):
    statements: tuple[Statement, ...]
    span: Span


class If(NamedTuple):
    condition: Expression
    then: Body
    otherwise: Body | None
    span: Span


class Assert(NamedTuple):
    condition: Expression
    message: Text
    span: Span


class Expect(NamedTuple):
    """``expect condition within tolerance``; with `percent` the tolerance is relative."""

    condition: Expression
    within: float | None
    percent: bool
    span: Span


class Input(NamedTuple):
    name: Name
    dims: tuple[Expression, ...]
    span: Span


class Register(NamedTuple):
    """``register a, b``: the places of modules that are applied further down."""

    labels: tuple[Label, ...]
    span: Span


Statement = Bind | Let | Return | If | Assert | Expect | Input | Register
