"""The arguments an operator takes: their types, their defaults, and sizes as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any, NamedTuple


class Marker(Enum):
    """Defaults that are not values."""

    REQUIRED = "required"
    AUTO = "auto"  # worked out from the other attributes, the inputs or the next operator


REQUIRED = Marker.REQUIRED
AUTO = Marker.AUTO


class Kind(Enum):
    """The types an operator's parameter can have."""

    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    WORD = "word"  # one of `choices`
    SIZE = "size"  # an int, or [height, width]
    INTS = "ints"  # a list of ints


class Parameter(NamedTuple):
    """One argument of an operator: type, default, least value, unit and a line of meaning."""

    name: str
    kind: Kind
    meaning: str
    default: Any = REQUIRED
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    auto: str = ""  # how an AUTO default is worked out, for people

    @property
    def required(self) -> bool:
        return self.default is REQUIRED


def pair(value: int | Sequence[int]) -> tuple[int, int]:
    """A `SIZE` value as (height, width)."""
    if isinstance(value, int):
        return value, value
    return value[0], value[1]


def size_code(value: Any) -> Any:
    """A `SIZE` value as torch code wants it: an int where both sides agree, else a pair."""
    if isinstance(value, int):
        return value
    return (value[0], value[1]) if value[0] != value[1] else value[0]


def size_text(value: Any) -> str:
    height, width = pair(value)
    return f"{int(height)}×{int(width)}"
