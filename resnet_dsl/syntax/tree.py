"""The syntax tree: frozen values with spans, one per construct of the grammar.

They are compared by identity: nothing compares trees, and methods that nobody calls cost start-up.
"""

from __future__ import annotations

from dataclasses import dataclass

from resnet_dsl.source import Source, Span

# --- expressions ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Name:
    """An identifier as written."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Number:
    value: int | float
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """A string; `value` has its escapes resolved."""

    value: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Boolean:
    value: bool
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """A use of a name."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """``x.c``, or a name of an imported file: ``blocks.unit``."""

    target: Expression
    name: Name
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    target: Expression
    index: Expression
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Argument:
    """``value`` or ``name = value``."""

    name: Name | None
    value: Expression
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A function of compile-time values, or a block with some arguments filled in."""

    callee: Expression
    arguments: tuple[Argument, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Unary:
    """``-x`` or ``not x``."""

    operator: str
    operand: Expression
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Binary:
    """Arithmetic, comparison, ``and`` and ``or``."""

    operator: str
    left: Expression
    right: Expression
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Conditional:
    """``value if condition else otherwise``."""

    value: Expression
    condition: Expression
    otherwise: Expression
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class ListOf:
    items: tuple[Expression, ...]
    span: Span


Expression = (
    Number
    | Text
    | Boolean
    | Reference
    | Member
    | Index
    | Call
    | Unary
    | Binary
    | Conditional
    | ListOf
)

# --- pipelines -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """A module's name: dotted parts, each literal text and ``{expression}`` pieces in turn."""

    parts: tuple[tuple[str | Expression, ...], ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Apply:
    """``conv(64, 3)``, ``relu``, ``blocks.unit(64)``, or at the head of a pipeline a tensor."""

    path: tuple[Name, ...]
    arguments: tuple[Argument, ...] | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Repeat:
    """``repeat count as variable { body }``."""

    count: Expression
    variable: Name | None
    body: Pipeline
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Seq:
    """``seq { body }``."""

    body: Pipeline
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    label: Label | None
    action: Apply | Repeat | Seq
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Pipeline:
    steps: tuple[Step, ...]
    span: Span


# --- statements ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Bind:
    """``y = pipe``, ``shortcut s = pipe`` or ``aux a = pipe``; `role` is empty for the first."""

    name: Name
    role: str
    pipeline: Pipeline
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Let:
    name: Name
    value: Expression
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Return:
    pipeline: Pipeline
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    statements: tuple[Statement, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class If:
    condition: Expression
    then: Body
    otherwise: Body | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Assert:
    condition: Expression
    message: Text
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Expect:
    """``expect condition within tolerance``; with `percent` the tolerance is relative."""

    condition: Expression
    within: float | None
    percent: bool
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Input:
    name: Name
    dims: tuple[Expression, ...]
    span: Span


Statement = Bind | Let | Return | If | Assert | Expect | Input

# --- declarations --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class TypeName:
    """``int``, or ``list[int]`` with `item`."""

    name: str
    item: TypeName | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """A parameter with neither type nor default is a tensor."""

    name: Name
    type: TypeName | None
    default: Expression | None
    span: Span

    @property
    def is_tensor(self) -> bool:
        return self.type is None and self.default is None


@dataclass(frozen=True, slots=True, eq=False)
class ImportedName:
    name: Name
    alias: Name | None


@dataclass(frozen=True, slots=True, eq=False)
class Import:
    """``import module as alias`` where `names` is None, else ``from module import names``.

    `module` is a file's path when `is_file`, else a library's dotted name.
    """

    module: str
    is_file: bool
    alias: Name | None
    names: tuple[ImportedName, ...] | None
    span: Span
    module_span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Const:
    name: Name
    value: Expression
    doc: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    name: Name
    parameters: tuple[Name, ...]
    value: Expression
    doc: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """``block`` or, with `is_stage`, ``stage``."""

    name: Name
    parameters: tuple[Parameter, ...]
    body: Body
    is_stage: bool
    doc: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    name: Name
    parameters: tuple[Parameter, ...]
    body: Body
    doc: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Application:
    """``model name = family(arguments) { expect ... }``."""

    name: Name
    family: tuple[Name, ...]
    arguments: tuple[Argument, ...]
    body: Body | None
    doc: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    name: Name
    value: Expression
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Train:
    name: Name
    model: Name
    settings: tuple[Setting, ...]
    doc: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Broken:
    """A declaration with syntax errors: only its name is known, so that uses of it stay quiet."""

    name: Name
    span: Span


Declaration = Import | Const | Function | Block | Model | Application | Train | Broken


@dataclass(frozen=True, slots=True, eq=False)
class SyntaxTree:
    source: Source
    declarations: tuple[Declaration, ...]
