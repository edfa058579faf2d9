"""A value as a recipe or the command line gave it: its place, its words in messages, its plain form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from resnet_dsl.semantics.recipe_schema import FieldKind
from resnet_dsl.semantics.recipe_values import Invocation, Word
from resnet_dsl.source import Span

PREFIX = "train."  # of overrides on the command line
NOTHING: Any = object()  # stands for a value that was refused and reported
_PART_KINDS = {FieldKind.WHOLES: FieldKind.WHOLE, FieldKind.NUMBERS: FieldKind.NUMBER}


@dataclass(frozen=True, slots=True)
class Given:
    """A value with its place, and the name it has in messages."""

    value: Any
    span: Span | None
    subject: str
    from_command_line: bool = False


def converted(kind: FieldKind, value: Any) -> Any:
    """`value` as the plain Python value of its kind, or `NOTHING`; only an int may stand for a float."""
    part_kind = _PART_KINDS.get(kind)
    if part_kind is not None:
        if not isinstance(value, list | tuple):
            return NOTHING
        parts = tuple(converted(part_kind, part) for part in value)
        return NOTHING if any(part is NOTHING for part in parts) else parts
    if kind is FieldKind.FLAG:
        return value if isinstance(value, bool) else NOTHING
    if kind is FieldKind.TEXT:
        return str(value) if isinstance(value, str) else NOTHING
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)  # drops what an elaborated number knows of its origin
    if isinstance(value, float) and kind is FieldKind.NUMBER:
        return value
    return NOTHING


def as_invocation(given: Given) -> Invocation | None:
    value = given.value
    if isinstance(value, str) and given.from_command_line:
        return Invocation(value, (), {}, given.span)
    if isinstance(value, Word):
        return Invocation(value.text, (), {}, value.span or given.span)
    return value if isinstance(value, Invocation) else None


def place_of(value: Any, span: Span | None) -> Span | None:
    """The narrowest place known of a value."""
    return value.span or span if isinstance(value, Word | Invocation) else span


def described(value: Any) -> str:
    match value:
        case bool():
            return f"`{str(value).lower()}`"
        case int() | float():
            return f"{value}" if abs(value) < 1e30 else "a huge number"
        case str():
            return f'the text "{value[:40]}"'
        case Word():
            return f"the word `{value.text[:40]}`"
        case Invocation():
            return f"a call of `{value.name[:40]}`"
        case list() | tuple():
            return "a list that holds something else" if value else "an empty list"
        case _:
            return "something else"


def listed(parts: Sequence[str], joint: str = "and") -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {joint} {parts[-1]}"


def example_for(given: Given, example: str) -> str:
    """The setting ``name = value`` in the form in which `given` was given, which it is to replace."""
    if not given.from_command_line:
        return example
    name, _, _ = given.subject.strip("`").removeprefix(PREFIX).rpartition(".")
    return as_option(name, example)


def as_option(key: str, example: str) -> str:
    """The setting ``name = value`` as the command line takes it, without spaces and quotes.

    `key` is the path that its name follows; empty for a key of the block itself.
    """
    name, _, value = example.partition(" = ")
    path = f"{key}.{name}" if key else name
    plain = value.replace('"', "").replace(", ", ",")
    return f"--set {PREFIX}{path}={plain}"
