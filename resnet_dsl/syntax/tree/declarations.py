"""Declarations, and the file that holds them."""

from __future__ import annotations

from typing import NamedTuple

from resnet_dsl.source import Source, Span
from resnet_dsl.syntax.tree.expressions import Argument, Expression, Name
from resnet_dsl.syntax.tree.statements import Body


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
