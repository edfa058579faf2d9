"""Groups: units of one class, one function, or one way of being written in place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from resnet_dsl.backends.pytorch.units import Unit
from resnet_dsl.ir.provenance import Binary, Call, Expression, Literal, Named, Variable
from resnet_dsl.ops.parameter import REQUIRED

SlotKey = tuple[Any, ...]


@dataclass(slots=True)
class Parameter:
    """One constructor parameter: the spec's variable, or with `slot` a number of its own."""

    name: str
    type: str
    default: Any = REQUIRED
    variable: Variable | None = None
    slot: SlotKey = ()


@dataclass(slots=True, eq=False)
class Group:
    """Units that share one class, one function, or one way of being written in place."""

    units: list[Unit] = field(default_factory=list)
    form: str = "class"  # class, function or inline
    name: str = ""
    holes: dict[int, str] = field(default_factory=dict)  # step -> parameter name
    optional: set[int] = field(default_factory=set)  # holes that some instance leaves empty
    parameters: list[Parameter] = field(default_factory=list)
    constants: dict[SlotKey, Any] = field(default_factory=dict)
    expressions: dict[SlotKey, Expression | tuple[Expression, ...]] = field(default_factory=dict)
    own: dict[SlotKey, str] = field(default_factory=dict)
    planned: bool = False

    @property
    def first(self) -> Unit:
        return self.units[0]

    @property
    def is_empty(self) -> bool:
        return self.first.is_empty


def sides(found: Expression | tuple[Expression, ...]) -> tuple[Expression, ...]:
    """The expressions of a pair's sides, or the one."""
    return (found,) if isinstance(found, Variable | Literal | Binary | Call | Named) else found
