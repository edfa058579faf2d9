"""What a name can stand for while a spec is elaborated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.record import Operator
from resnet_dsl.source import Span
from resnet_dsl.syntax import tree

if TYPE_CHECKING:
    from resnet_dsl.semantics.modules import Module


ABSENT = "absent"


class Tensor(NamedTuple):
    """A value of the running network: the node that makes it, and where the spec bound it.

    `node` is -1 and `shape` None after a mistake; such a tensor silences what depends on it. The
    same with the role `ABSENT` is a tensor that an edit left out (see `edits`).
    """

    node: int
    shape: Shape | None
    name: str | None = None
    role: str = ""
    origin: Span | None = None
    via: int = -1  # see `ir.graph.Operand`

    @property
    def is_poison(self) -> bool:
        return self.shape is None and self.role != ABSENT

    @property
    def is_absent(self) -> bool:
        return self.role == ABSENT


_SHOWN = 12  # items of a list in a message


class Poison(Enum):
    """The value of an expression that had a mistake, already reported."""

    VALUE = "poison"


POISON = Poison.VALUE
POISON_TENSOR = Tensor(-1, None)


# Definitions are plain classes: each is one thing, equal to itself alone.


class BlockDefinition:
    """A block or stage and the file whose names its body sees."""

    def __init__(self, declaration: tree.Block, module: Module) -> None:
        self.declaration = declaration
        self.module = module

    @property
    def name(self) -> str:
        return self.declaration.name.text


class ModelDefinition:
    """A model, written out or applied from a family."""

    def __init__(self, declaration: tree.Model | tree.Application, module: Module) -> None:
        self.declaration = declaration
        self.module = module

    @property
    def name(self) -> str:
        return self.declaration.name.text


class FunctionDefinition:
    def __init__(self, declaration: tree.Function, module: Module) -> None:
        self.declaration = declaration
        self.module = module


class ConstDefinition:
    def __init__(self, declaration: tree.Const, module: Module) -> None:
        self.declaration = declaration
        self.module = module


class BrokenDefinition:
    """A declaration with mistakes of its own; its uses stay quiet."""

    def __init__(self, name: str) -> None:
        self.name = name


Entity: TypeAlias = (
    "Operator | BlockDefinition | ModelDefinition | FunctionDefinition | ConstDefinition"
    " | BrokenDefinition | Module"
)


@dataclass(slots=True)
class OpValue:
    """A block or operator as a value, some of its arguments filled in."""

    target: Operator | BlockDefinition | BrokenDefinition
    presets: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.target.name

    @property
    def kind(self) -> str:
        """What it is, in a word."""
        return "operator" if isinstance(self.target, Operator) else "block"

    def __str__(self) -> str:
        inner = ", ".join(f"{name} = {show(value)}" for name, value in self.presets.items())
        return f"{self.name}({inner})" if inner else self.name


def kind_of(value: Any) -> str:
    """A value's type in words, for messages."""
    match value:
        case bool():
            return "a bool"
        case int():
            return "an int"
        case float():
            return "a float"
        case str():
            return "a string"
        case list():
            return "a list"
        case Tensor():
            return "a tensor"
        case OpValue():
            return "an operator" if value.kind == "operator" else "a block"
        case _:
            return "a value"


def show(value: Any) -> str:
    """A value as the language writes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case float():
            text = f"{value:g}" if value == float(f"{value:g}") else repr(value)
            return text if set(text) & set(".enai") else f"{text}.0"
        case list():
            shown = [show(item) for item in value[:_SHOWN]]
            return f"[{', '.join(shown)}{', ...' if len(value) > _SHOWN else ''}]"
        case Tensor():
            return value.name or "a tensor"
        case _:
            return str(value)


def shape_words(shape: Shape) -> str:
    """A shape for messages: ``64x56x56``, or ``a vector of 512``."""
    if shape.rank == 1:
        return f"a vector of {int(shape.channels)}"
    return f"{shape} with channels last" if shape.channels_last else str(shape)
