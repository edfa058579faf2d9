"""The form of a recipe's schema: fields, their kinds and bounds, and the words a field can be.

The schema itself is `recipe_table.SETTINGS`. Names are the spec's; `attribute` is the name with
its unit in `recipe_values`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Missing(Enum):
    """The default of a field that has none."""

    REQUIRED = "required"


REQUIRED = Missing.REQUIRED


class FieldKind(Enum):
    """What a field takes, in words for people."""

    WHOLE = "a whole number"
    NUMBER = "a number"
    FLAG = "true or false"
    WHOLES = "a list of whole numbers"
    NUMBERS = "a list of numbers"
    TEXT = "a text"
    CHOICE = "one of the words below"
    CHOICES = "one of the words below, or a list of them"


@dataclass(frozen=True, slots=True)
class Bounds:
    """An interval; an open end excludes its value."""

    least: float
    most: float
    open_least: bool = False
    open_most: bool = False

    def admits(self, value: float) -> bool:
        above = value > self.least if self.open_least else value >= self.least
        below = value < self.most if self.open_most else value <= self.most
        return above and below

    def __str__(self) -> str:
        lower = "above" if self.open_least else "at least"
        upper = "below" if self.open_most else "at most"
        return f"{lower} {self.least:,} and {upper} {self.most:,}"


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a block or argument of a choice; `example` is text that mends a mistake."""

    name: str
    kind: FieldKind
    meaning: str
    example: str
    default: Any = REQUIRED
    bounds: Bounds | None = None
    choices: tuple[Choice, ...] = ()
    attribute: str = ""

    @property
    def target(self) -> str:
        return self.attribute or self.name

    def choice(self, name: str) -> Choice | None:
        return next((entry for entry in self.choices if entry.name == name), None)


@dataclass(frozen=True, slots=True)
class Choice:
    """A word a field can be, with its arguments. Without `build` the word itself is the value.

    `contradiction` looks at all arguments: what is wrong with them together, and the one that mends it.
    """

    name: str
    meaning: str
    fields: tuple[Field, ...] = ()
    build: Callable[..., Any] | None = None
    reference: str = ""
    contradiction: Callable[[dict[str, Any]], tuple[str, str] | None] | None = None


FRACTION = Bounds(0, 1)
BELOW_ONE = Bounds(0, 1, open_most=True)


def number(
    name: str, meaning: str, example: float, bounds: Bounds, attribute: str = "", default: Any = REQUIRED
) -> Field:
    """A field that takes a number."""
    text = f"{name} = {example}"
    return Field(name, FieldKind.NUMBER, meaning, text, default, bounds, (), attribute)


def reference_markdown(settings: tuple[Field, ...]) -> str:
    """The schema as Markdown, as `docs/training.md` shows it."""
    return "\n".join(_reference_lines(settings)) + "\n"


def _reference_lines(settings: tuple[Field, ...]) -> Iterator[str]:
    yield from _table("key", settings)
    for entry in settings:
        plain = [choice for choice in entry.choices if not choice.fields]
        if plain and len(entry.choices) > 1:
            yield from ("", *(f"`{entry.name} = {choice.name}`: {_meaning(choice)}  " for choice in plain))
        for choice in entry.choices:
            if choice.fields:
                yield from ("", f"`{entry.name} = {choice.name}(...)`: {_meaning(choice)}", "")
                yield from _table("argument", choice.fields)


def _meaning(choice: Choice) -> str:
    source = f" ({choice.reference})" if choice.reference else ""
    return f"{choice.meaning}{source}."


def _table(heading: str, rows: tuple[Field, ...]) -> Iterator[str]:
    yield f"| {heading} | takes | default | meaning |"
    yield "|---|---|---|---|"
    for row in rows:
        yield f"| `{row.name}` | {_takes(row)} | {_default(row)} | {row.meaning} |"


def _takes(row: Field) -> str:
    if row.choices:
        words = ", ".join(f"`{choice.name}`" for choice in row.choices)
        return f"{words}, or a list of these" if row.kind is FieldKind.CHOICES else words
    return f"{row.kind.value}, {row.bounds}" if row.bounds else row.kind.value


def _default(row: Field) -> str:
    if row.default is REQUIRED:
        return "required"
    if row.default is None or (row.default == () and row.choices):
        return "none"
    if isinstance(row.default, bool):
        return f"`{str(row.default).lower()}`"
    if isinstance(row.default, tuple):
        return f"`{list(row.default)}`"
    if isinstance(row.default, str) and not row.choices:
        return f'`"{row.default}"`'
    return f"`{getattr(row.default, 'kind', row.default)}`"
