"""Rules that turn a checkpoint's keys into a network's: ``OLD=NEW``, on the parts between the dots.

    downsample.1=downsample.2   wherever these parts stand in a key
    blocks=                     the part goes
    module.=                    a trailing dot: only where the key begins so
    =backbone.                  what is nothing and begins a key is a prefix to add
    stages.*.norm=layers.*.bn   a star is one part, whichever; on the right they come in the same order

A key is read once from left to right. At each place the first rule that matches is taken, and what it
wrote is not looked at again: so rules may swap names, or move numbers up by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

MAX_RULES = 1_000
MAX_RULE = 1_000  # characters

_ANY = "*"


class RenameError(ValueError):
    """A rule is malformed; `str()` says how to write it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One substitution of parts. `anchored` rules match at the start of a key only."""

    old: tuple[str, ...]
    new: tuple[str, ...]
    anchored: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """A rule as the command line has it. Raises `RenameError`."""
        old, equals, new = text.partition("=")
        if not equals or "=" in new or not (old or new) or len(text) > MAX_RULE:
            raise RenameError(f"`{text[:80]}` is no rule; write it as OLD=NEW, as in `module.=`")
        anchored = old.endswith(".") or not old
        rule = cls(_parts(old, text), _parts(new, text), anchored)
        if rule.new.count(_ANY) > rule.old.count(_ANY):
            raise RenameError(f"`{text[:80]}` has more stars on the right than on the left")
        if rule.old == rule.new:
            raise RenameError(f"`{text[:80]}` changes nothing")
        return rule

    def __str__(self) -> str:
        dot = "." if self.anchored else ""
        old, new = ".".join(self.old), ".".join(self.new)
        return f"{old}{dot if old else ''}={new}{dot if new else ''}"

    def at(self, parts: Sequence[str], place: int) -> list[str] | None:
        """What the rule writes for the parts at `place`, None where it does not match."""
        if self.anchored and place:
            return None
        if len(self.old) > len(parts) - place:
            return None
        stars = []
        for wanted, part in zip(self.old, parts[place : place + len(self.old)], strict=True):
            if wanted == _ANY:
                stars.append(part)
            elif wanted != part:
                return None
        matched = iter(stars)
        return [next(matched) if part == _ANY else part for part in self.new]


def _parts(text: str, rule: str) -> tuple[str, ...]:
    parts = tuple(text.removesuffix(".").split(".")) if text else ()
    if not all(parts):
        raise RenameError(f"`{rule[:80]}` has an empty part")
    if any(_ANY in part and part != _ANY for part in parts):
        raise RenameError(f"`{rule[:80]}`: a star stands for one whole part, as in `stages.*.norm`")
    return parts


def parse_rules(texts: Iterable[str]) -> tuple[Rule, ...]:
    """Every rule in order. Raises `RenameError`."""
    rules = tuple(Rule.parse(text) for text in texts)
    if len(rules) > MAX_RULES:
        raise RenameError(f"there are {len(rules):,} rules, over the limit of {MAX_RULES:,}")
    return rules


class Renamer:
    """Rules ready to be applied to many keys."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self._prefix: tuple[int, Rule] | None = None
        self._by_part: dict[str, list[tuple[int, Rule]]] = {}
        heads = {rule.old[0] for rule in rules if rule.old} | {_ANY}
        for numbered in enumerate(rules):
            old = numbered[1].old
            if not old:
                self._prefix = self._prefix or numbered
                continue
            for head in heads if old[0] == _ANY else (old[0],):
                self._by_part.setdefault(head, []).append(numbered)

    def __call__(self, key: str) -> tuple[str, set[int]]:
        """The key that the rules make of `key`, and which of them took part, by position."""
        parts = key.split(".")
        made: list[str] = []
        used: set[int] = set()
        if self._prefix is not None:
            used.add(self._prefix[0])
            made += self._prefix[1].new
        others = self._by_part.get(_ANY, [])
        place = 0
        while place < len(parts):
            for number, rule in self._by_part.get(parts[place], others):
                written = rule.at(parts, place)
                if written is not None:
                    made += written
                    used.add(number)
                    place += len(rule.old)
                    break
            else:
                made.append(parts[place])
                place += 1
        return ".".join(made), used


def renamed(key: str, rules: Sequence[Rule]) -> str:
    """The key that the rules make of `key`."""
    return Renamer(rules)(key)[0]
