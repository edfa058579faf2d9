"""A shift-reduce parser that runs Lark's tables without Lark, whose import alone is a sixth of a start.

Purpose: text without mistakes becomes what the builder makes of it. Holds after: the value is the one
that Lark, with its contextual lexer, gives for the same text. Non-goals: it says nothing about a
mistake. `Mismatch` means "ask Lark", which either finds the mistake or reads what this file cannot:
a keyword with a name glued to it, as in ``modelnet {``.

Why the tokens are Lark's: its contextual lexer tries, in a fixed order, the terminals that the state of
the parser accepts. Here one expression holds all of them in that order. What it finds is therefore
what Lark finds wherever the state accepts it, and a mismatch elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any, NamedTuple, Self

NAME = "NAME"
END = "$END"


class Token(str):
    """A terminal in the text, with the offset at which it starts."""

    __slots__ = ("start_pos", "type")

    type: str
    start_pos: int

    def __new__(cls, kind: str, text: str, start: int) -> Self:
        token = super().__new__(cls, text)
        token.type = kind
        token.start_pos = start
        return token


class Rule(NamedTuple):
    """One alternative of the grammar.

    `method` of the builder makes its value. `spliced` are the positions of lists that Lark invented
    for ``( )*``; `passes` hands a single child on as it is. `is_list` marks an invented rule.
    """

    origin: str
    length: int
    method: str
    spliced: tuple[int, ...]
    passes: bool
    is_list: bool


class Tables(NamedTuple):
    """What the grammar comes to: plain data, quick to read.

    `pattern` has a group for each terminal. `words` are the texts that are a `NAME` to the pattern
    and a keyword where one is accepted. `actions` tell by state and symbol what to do: to shift and
    go to state n is n, to reduce by rule n is ``-1 - n``.
    """

    pattern: str
    words: dict[str, str]
    ignored: frozenset[str]
    actions: tuple[dict[str, int], ...]
    first: dict[str, int]
    last: dict[str, int]
    rules: tuple[Rule, ...]


class Mismatch(Exception):
    """The text is not for this parser."""


class Machine:
    """The tables with a builder's methods in place."""

    def __init__(self, tables: Tables, builder: object, always: Iterable[str]) -> None:
        self.tables = tables
        self.match = re.compile(tables.pattern).match
        self.always = frozenset(always)
        self.methods: list[Any] = [getattr(builder, rule.method, None) for rule in tables.rules]
        # Levels of precedence that hand one value on: most of all reductions, so they take a short way.
        self.levels = [
            rule.origin if rule.passes and rule.length == 1 and not rule.spliced else None
            for rule in tables.rules
        ]

    def run(self, text: str, start: str, process: Callable[[Iterator[Token]], Iterator[Token]]) -> Any:
        """The value of `text`, read as the rule `start`. Raises `Mismatch`.

        `process` filters the tokens on their way: it sees those that the state accepts, and those
        of the terminals `always` accepted, which it drops.
        """
        actions, rules, methods = self.tables.actions, self.tables.rules, self.methods
        levels = self.levels
        states = [self.tables.first[start]]
        values: list[Any] = []
        end = Token(END, "", len(text))
        for token in chain(process(self._tokens(text, states)), [end]):
            kind = token.type
            while (action := actions[states[-1]].get(kind)) is not None and action < 0:
                level = levels[-1 - action]
                if level is not None:
                    states[-1] = actions[states[-2]][level]
                    continue
                rule, method = rules[-1 - action], methods[-1 - action]
                children = _children(rule, values, states)
                if rule.is_list:
                    values.append(children)
                elif rule.passes and len(children) == 1:
                    values.append(children[0])
                else:
                    values.append(method(children))
                states.append(actions[states[-1]][rule.origin])
            if action is not None:
                states.append(action)
                values.append(token)
            elif token is not end or states[-1] != self.tables.last[start]:
                raise Mismatch
        return values[-1]

    def _tokens(self, text: str, states: list[int]) -> Iterator[Token]:
        """The tokens, each found when the parser has dealt with the one before."""
        match, actions, always = self.match, self.tables.actions, self.always
        words, ignored = self.tables.words, self.tables.ignored
        position, end = 0, len(text)
        while position < end:
            found = match(text, position)
            if found is None:
                raise Mismatch
            kind, start, position = found.lastgroup, position, found.end()
            if kind in ignored:
                continue
            accepted = actions[states[-1]]
            word = found.group()
            if kind == NAME and words.get(word) in accepted:
                kind = words[word]
            if kind not in accepted and kind not in always:
                raise Mismatch
            yield Token(kind, word, start)


def _children(rule: Rule, values: list[Any], states: list[int]) -> list[Any]:
    """Takes the values of a rule's symbols off the stacks."""
    if not rule.length:
        return []
    taken = values[-rule.length :]
    del values[-rule.length :], states[-rule.length :]
    if not rule.spliced:
        return taken
    children: list[Any] = []
    for position, value in enumerate(taken):
        if position not in rule.spliced:
            children.append(value)
        elif children:
            children.extend(value)
        else:
            children = value  # a list grows by its end: copying it each time would take its length squared
    return children
