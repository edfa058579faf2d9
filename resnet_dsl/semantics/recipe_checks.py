"""Checks one value of a recipe against its row of the schema.

Every refusal becomes a diagnostic that names the value, says what is wanted and, where it can be
known, the edit that mends it. A refused value becomes a placeholder, so that checking goes on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import DiagnosticBag
from resnet_dsl.diagnostics.suggest import did_you_mean
from resnet_dsl.semantics.recipe_given import (
    NOTHING,
    PREFIX,
    Given,
    as_invocation,
    as_option,
    converted,
    described,
    example_for,
    listed,
    place_of,
)
from resnet_dsl.semantics.recipe_schema import REQUIRED, Choice, Field, FieldKind
from resnet_dsl.semantics.recipe_values import Invocation, Setting
from resnet_dsl.source import Span

MAX_LIST = 1_000
MAX_WORDS = 32  # of augmentations in a list


@dataclass(slots=True)
class Checker:
    """Checks values against rows of the table; remembers whether any was refused."""

    bag: DiagnosticBag
    failed: bool = False

    def refuse(self, code: str, span: Span | None, *, help: str | None = None, **fields: Any) -> Any:
        self.bag.add(diagnose(code, span, help=help, **fields))
        self.failed = True
        return NOTHING

    def lacks(self, callee: str, span: Span | None, rows: Sequence[Field], key: str = "") -> None:
        """Refuses what has no value for `rows`; `key` is theirs where they were to come from the command line."""
        names = listed([f"`{row.name}` ({row.meaning})" for row in rows])
        examples = [as_option(key, row.example) if key else row.example for row in rows]
        advice = "add " + listed([f"`{example}`" for example in examples])
        self.refuse("RDL313", span, help=advice, callee=callee, missing=names)

    def choice(
        self, row: Field, given: Given | None, inner: Mapping[str, Given], among_others: bool = False
    ) -> Any:
        """The value of a key that takes one of a few words, with arguments or without.

        A word `among_others` of a list has its own name in its path on the command line.
        """
        if given is None:
            for argument in inner.values():
                advice = f"say which as well: `--set {PREFIX}{row.example.replace(' = ', '=', 1)}`"
                names = f"`{row.name}` ({row.meaning})"
                self.refuse("RDL313", None, help=advice, callee=argument.subject, missing=names)
            return row.default
        call = as_invocation(given)
        words = [choice.name for choice in row.choices]
        if call is None:
            wanted = listed([f"`{word}`" for word in words], "or")
            text = given.value if isinstance(given.value, str) else ""
            bare = f"write `{row.name} = {text}`, without quotes"
            advice = bare if row.choice(text) else f"write `{example_for(given, row.example)}`"
            return self.refuse(
                "RDL311",
                given.span,
                help=advice,
                subject=given.subject,
                wanted=wanted,
                given=described(given.value),
            )
        choice = row.choice(call.name)
        if choice is None:
            advice = did_you_mean(call.name[:64], words)
            return self.refuse("RDL314", call.span, help=advice, subject=given.subject, value=call.name)
        path = f"{row.name}.{choice.name}" if among_others else row.name
        return self._build(choice, call, inner, path, given.from_command_line)

    def _build(
        self, choice: Choice, call: Invocation, inner: Mapping[str, Given], path: str, is_option: bool
    ) -> Any:
        """The value of a call; `path` leads to its arguments on the command line, where it may come from."""
        arguments = self._bind(choice, call, inner)
        missing = [row for row in choice.fields if row.default is REQUIRED and row.name not in arguments]
        if missing:
            self.lacks(f"`{choice.name}`", call.span, missing, path if is_option else "")
        values: dict[str, Any] = {}
        for row in choice.fields:
            given = arguments.get(row.name)
            values[row.target] = row.default if given is None else self.value(row, given)
        if missing or any(value is NOTHING for value in values.values()):
            return NOTHING
        problem = choice.contradiction(values) if choice.contradiction else None
        if problem is not None:
            what, example = problem
            advice = f"add `{as_option(path, example)}`" if is_option or inner else f"write `{example}`"
            return self.refuse("RDL318", call.span, help=advice, callee=choice.name, problem=what)
        return choice.build(**values) if choice.build else choice.name

    def _bind(self, choice: Choice, call: Invocation, inner: Mapping[str, Given]) -> dict[str, Given]:
        """The call's arguments by name, those from the command line last."""
        names = [row.name for row in choice.fields]
        if len(call.positional) > len(names):
            self.refuse(
                "RDL316",
                call.span,
                help=None if names else f"write `{choice.name}`",
                callee=choice.name,
                most=len(names),
                given=len(call.positional),
            )
        pairs = list(zip(names, call.positional, strict=False)) + list(call.keyword.items())
        bound: dict[str, Given] = {}
        for name, argument in pairs:
            value, span = argument, call.span
            if isinstance(argument, Setting):
                value, span = argument.value, argument.span
            if name not in names:
                advice = did_you_mean(name[:64], names) or f"remove it: `{choice.name}` takes no arguments"
                self.refuse("RDL315", span, help=advice, callee=choice.name, name=name)
            elif name in bound:
                self.refuse("RDL317", span, callee=choice.name, name=name)
            else:
                subject = f"`{name}` of `{choice.name}`"
                bound[name] = Given(value, place_of(value, span), subject)
        for name, given in inner.items():
            if name in names:
                bound[name] = given
            else:
                advice = did_you_mean(name[:64], names) or f"remove it: `{choice.name}` takes no arguments"
                self.refuse("RDL315", None, help=advice, callee=choice.name, name=name)
        return bound

    def value(self, row: Field, given: Given) -> Any:
        """What one row of the table takes."""
        return self.choice(row, given, {}) if row.choices else self.plain(row, given)

    def choices(self, row: Field, given: Given | None, inner: Mapping[str, Given]) -> Any:
        """The values of a key that takes a word or a list of words, as a tuple.

        `inner` names an argument of one of them, ``crop.pad``; ``pad`` alone will do for a list of one.
        """
        if given is None:
            value = self.choice(row, None, inner)
            return () if value is row.default else value
        entries = given.value if isinstance(given.value, list | tuple) else [given.value]
        if len(entries) > MAX_WORDS:
            return self.refuse(
                "RDL312",
                given.span,
                help="remove some of them",
                subject=f"the length of {given.subject}",
                range=f"at least 0 and at most {MAX_WORDS}",
                value=len(entries),
            )
        words = [getattr(entry, "name", getattr(entry, "text", entry)) for entry in entries]
        shares = self._shared(row, words, inner)
        values = []
        for entry, share in zip(entries, shares, strict=True):
            place = place_of(entry, given.span)
            one = Given(entry, place, given.subject, given.from_command_line)
            values.append(self.choice(row, one, share, among_others=len(entries) > 1))
        return NOTHING if NOTHING in values else tuple(values)

    def _shared(self, row: Field, words: list[Any], inner: Mapping[str, Given]) -> list[dict[str, Given]]:
        """The arguments from the command line that each word of a list gets."""
        shares: list[dict[str, Given]] = [{} for _ in words]
        for path, argument in inner.items():
            word, _, name = path.rpartition(".")
            if word in words:
                shares[words.index(word)][name] = argument
            elif len(words) == 1 and not word:
                shares[0][name] = argument
            else:
                here = [choice for each in words if isinstance(each, str) and (choice := row.choice(each))]
                known = [each.name for each in here if name in [entry.name for entry in each.fields]]
                if known:
                    options = listed([f"`{PREFIX}{row.name}.{each}.{name}`" for each in known], "or")
                    advice = f"write {options}"
                else:
                    held = (
                        f"the recipe has {listed([f'`{each.name}`' for each in here])} here, and "
                        if here
                        else ""
                    )
                    advice = f"{held}another list is written as `--set {PREFIX}{row.name}=[crop,flip]`"
                self.refuse("RDL315", None, help=advice, callee=row.name, name=path)
        return shares

    def plain(self, row: Field, given: Given) -> Any:
        """A number, a flag, a text or a list, checked for type and range."""
        value = converted(row.kind, given.value)
        if value is NOTHING:
            return self.refuse(
                "RDL311",
                given.span,
                help=f"write `{example_for(given, row.example)}`",
                subject=given.subject,
                wanted=row.kind.value,
                given=described(given.value),
            )
        if isinstance(value, str):
            if row.bounds and not row.bounds.admits(len(value)):
                return self.refuse(
                    "RDL312",
                    given.span,
                    help=f"for example `{example_for(given, row.example)}`",
                    subject=f"the length of {given.subject}",
                    range=str(row.bounds),
                    value=len(value),
                )
            return value
        parts = value if isinstance(value, tuple) else (value,)
        if isinstance(value, tuple) and not 1 <= len(value) <= MAX_LIST:
            return self.refuse(
                "RDL312",
                given.span,
                help=f"write `{example_for(given, row.example)}`",
                subject=f"the length of {given.subject}",
                range=f"at least 1 and at most {MAX_LIST:,}",
                value=len(value),
            )
        outside = next((part for part in parts if row.bounds and not row.bounds.admits(part)), None)
        if outside is not None:
            return self.refuse(
                "RDL312",
                given.span,
                help=f"for example `{example_for(given, row.example)}`",
                subject=given.subject,
                range=str(row.bounds),
                value=outside,
            )
        if row.kind is FieldKind.NUMBERS:
            return tuple(float(part) for part in parts)
        return float(value) if row.kind is FieldKind.NUMBER else value
