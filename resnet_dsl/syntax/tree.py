"""The syntax tree: immutable values with spans, one per construct of the grammar.

Named tuples, not frozen dataclasses: they are made a third faster, and forty of them cost a cold
start 3 ms where dataclasses cost 12.
"""

from __future__ import annotations

from typing import NamedTuple

from resnet_dsl.source import Source, Span

# --- expressions ---------------------------------------------------------------------------------


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

# --- declarations --------------------------------------------------------------------------------


class TypeName(NamedTuple):
    """``int``, or ``list[int]`` with `item`."""

    name: str
    item: TypeName | None
    span: Span


class Parameter(NamedTuple):
    """A parameter with neither type nor default is a tensor."""

    name: Name
    type: TypeName | None
    default: Expression | None
    span: Span

    @property
    def is_tensor(self) -> bool:
        return self.type is None and self.default is None


class ImportedName(NamedTuple):
    name: Name
    alias: Name | None


class Import(NamedTuple):
    """``import module as alias`` where `names` is None, else ``from module import names``.

    `module` is a file's path when `is_file`, else a library's dotted name.
    """

    module: str
    is_file: bool
    alias: Name | None
    names: tuple[ImportedName, ...] | None
    span: Span
    module_span: Span


class Const(NamedTuple):
    name: Name
    value: Expression
    doc: str
    span: Span


class Function(NamedTuple):
    name: Name
    parameters: tuple[Name, ...]
    value: Expression
    doc: str
    span: Span


class Block(NamedTuple):
    """``block`` or, with `is_stage`, ``stage``."""

    name: Name
    parameters: tuple[Parameter, ...]
    body: Body
    is_stage: bool
    doc: str
    span: Span


class Model(NamedTuple):
    name: Name
    parameters: tuple[Parameter, ...]
    body: Body
    doc: str
    span: Span


class Application(NamedTuple):
    """``model name = family(arguments) { expect ... }``."""

    name: Name
    family: tuple[Name, ...]
    arguments: tuple[Argument, ...]
    body: Body | None
    doc: str
    span: Span


class Setting(NamedTuple):
    name: Name
    value: Expression
    span: Span


class Train(NamedTuple):
    name: Name
    model: Name
    settings: tuple[Setting, ...]
    doc: str
    span: Span


class Broken(NamedTuple):
    """A declaration with syntax errors: only its name is known, so that uses of it stay quiet."""

    name: Name
    span: Span


Declaration = Import | Const | Function | Block | Model | Application | Train | Broken


class SyntaxTree(NamedTuple):
    source: Source
    declarations: tuple[Declaration, ...]
