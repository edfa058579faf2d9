"""From pairs of keys to the few rules that turn the one side into the other.

Where the keys of a link differ, the difference alone is a first guess at a rule; the difference with
more and more of the parts around it are further ones, numbers among those parts also as stars. A
guess is good where it does what some links ask and the contrary of none. The good one that settles
most is taken, until every difference is settled or none is good.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

from resnet_dsl.weights.align import Link
from resnet_dsl.weights.rename import Renamer, Rule

MAX_PROPOSED = 24  # more rules are no system, but a list of keys

_CONTEXT = 3  # parts to each side of a difference
_MAX_PARTS = 16  # of a key
_NUMBER_KEPT = 0.25
_MAX_PLACES = 1_500_000  # compared with rules, before the search gives up

_Item = tuple[int, int]  # a link and one of its differences, by position


class _Edit(NamedTuple):
    """A difference: a range of the old key and the range of the new one that stands for it."""

    start: int
    end: int
    new_start: int
    new_end: int


class _Difference(NamedTuple):
    """A link taken apart: what differs, and which places of the old key stand for which of the new.

    Two places of the new key stand for one of the old where something is put in between.
    """

    link: Link
    edits: tuple[_Edit, ...]
    places: dict[int, tuple[int, ...]]


def rules_for(links: Sequence[Link]) -> tuple[Rule, ...]:
    """Rules that settle the links, longer ones first; some links may stay as they are."""
    return _Search(links).rules()


class _Search:
    """The links, an index of their parts, and what is settled already."""

    def __init__(self, links: Sequence[Link]) -> None:
        links = [link for link in links if max(len(link.old), len(link.new)) <= _MAX_PARTS]
        self._differences = _differences(links)
        self._by_part: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, link in enumerate(links):
            for place, part in enumerate(link.old):
                self._by_part[part].append((number, place))
        self._budget = _MAX_PLACES

    def rules(self) -> tuple[Rule, ...]:
        chosen: list[Rule] = []
        settled: set[_Item] = set()
        hopeless: set[tuple[tuple[str, ...], tuple[str, ...]]] = set()
        for number, difference in enumerate(self._differences):
            for position, edit in enumerate(difference.edits):
                old, new = difference.link
                change = old[edit.start : edit.end], new[edit.new_start : edit.new_end]
                if (number, position) in settled or (change in hopeless and len(hopeless) > MAX_PROPOSED):
                    continue
                best = self._best(difference, edit, settled)
                if best is None:
                    hopeless.add(change)
                    continue
                chosen.append(best[0])
                settled |= best[1]
                if len(chosen) > MAX_PROPOSED:
                    return ()
        return self._needed(sorted(chosen, key=lambda rule: -len(rule.old)))

    def _best(
        self, difference: _Difference, edit: _Edit, settled: set[_Item]
    ) -> tuple[Rule, set[_Item]] | None:
        """The good guess that settles most which is not settled; the shortest of those."""
        found: list[tuple[tuple[int, bool, int, bool, str], Rule, set[_Item]]] = []
        for rule in dict.fromkeys(_guesses(difference, edit)):
            does = self._settles(rule)
            if does:
                bare = not any(part.isidentifier() for part in rule.old)  # `2=1` says little to a reader
                odd = rule.anchored == bool(rule.new)  # `module.=` is the usual form, and `layer1=stages.0`
                cost = (-len(does - settled), bare, len(rule.old), odd, str(rule))
                found.append((cost, rule, does))
        if not found:
            return None
        _, rule, does = min(found, key=lambda entry: entry[0])
        return rule, does

    def _settles(self, rule: Rule) -> set[_Item] | None:
        """The differences that a rule settles in all links; None where it harms one."""
        if not rule.old:
            matches = [(number, 0) for number in range(len(self._differences))]
        else:
            lead = next((step for step, part in enumerate(rule.old) if part != "*"), None)
            if lead is None:
                return None
            matches = [
                (number, place - lead) for number, place in self._by_part[rule.old[lead]] if place >= lead
            ]
        does: set[_Item] = set()
        for number, place in matches:
            self._budget -= 1
            if self._budget < 0:
                return None
            difference = self._differences[number]
            written = rule.at(difference.link.old, place)
            if written is None:
                continue
            settled = _settled(difference, place, place + len(rule.old), tuple(written))
            if settled is None:
                return None
            does.update((number, position) for position in settled)
        return does

    def _needed(self, rules: list[Rule]) -> tuple[Rule, ...]:
        """The rules without those whose work others do as well."""
        keys = [
            (".".join(difference.link.old), ".".join(difference.link.new)) for difference in self._differences
        ]

        def right(some: Sequence[Rule]) -> int:
            rename = Renamer(some)
            return sum(rename(old)[0] == new for old, new in keys)

        best = right(rules)
        for rule in list(rules):
            fewer = [other for other in rules if other is not rule]
            if fewer and right(fewer) >= best:
                rules = fewer
        return tuple(rules)


def _differences(links: Sequence[Link]) -> list[_Difference]:
    """Every link taken apart. Where a part comes twice there are two readings, from the left and from
    the right; the one whose changes are more common among all links is taken."""
    readings = [(_difference(link), _difference(link, from_right=True)) for link in links]
    common = Counter(change for pair in readings for reading in pair for change in _changes(reading))

    def weight(reading: _Difference) -> float:
        return sum(common[change] for change in _changes(reading)) / max(1, len(reading.edits))

    return [left if weight(left) >= weight(right) else right for left, right in readings]


def _changes(difference: _Difference) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    old, new = difference.link
    return [(old[edit.start : edit.end], new[edit.new_start : edit.new_end]) for edit in difference.edits]


def _difference(link: Link, *, from_right: bool = False) -> _Difference:
    edits: list[_Edit] = []
    places: dict[int, set[int]] = defaultdict(set)
    for is_equal, start, end, new_start, new_end in _opcodes(link, from_right):
        if is_equal:
            for step in range(end - start + 1):
                places[start + step].add(new_start + step)
        else:
            edits.append(_Edit(start, end, new_start, new_end))
            places[start].add(new_start)
            places[end].add(new_end)
    return _Difference(link, tuple(edits), {place: tuple(sorted(new)) for place, new in places.items()})


def _opcodes(link: Link, from_right: bool) -> list[tuple[bool, int, int, int, int]]:
    """Equal and unequal ranges of both keys, in order: the cheapest way from the one to the other."""
    old, new = link
    if from_right:
        old, new = old[::-1], new[::-1]
    steps = _cheapest(old, new)
    if from_right:
        steps = [
            (a, len(old) - row - da, len(new) - column - db, da, db) for a, row, column, da, db in steps[::-1]
        ]
    codes: list[tuple[bool, int, int, int, int]] = []
    for is_equal, row, column, rows, columns in steps:
        if codes and codes[-1][0] == is_equal:
            _, start, _, new_start, _ = codes.pop()
            codes.append((is_equal, start, row + rows, new_start, column + columns))
        else:
            codes.append((is_equal, row, row + rows, column, column + columns))
    return codes


def _cheapest(old: Sequence[str], new: Sequence[str]) -> list[tuple[bool, int, int, int, int]]:
    """Steps from `old` to `new`: whether the parts are equal, their places, and how many of each side.

    A part kept is free, but a number kept is not quite: numbers are equal by chance.
    """
    rows, columns = len(old), len(new)
    cost = [
        [float(rows - row + columns - column) for column in range(columns + 1)] for row in range(rows + 1)
    ]
    for row in range(rows - 1, -1, -1):
        for column in range(columns - 1, -1, -1):
            kept = (_NUMBER_KEPT if old[row].isdigit() else 0) if old[row] == new[column] else 1
            cost[row][column] = min(
                cost[row + 1][column + 1] + kept, cost[row + 1][column] + 1, cost[row][column + 1] + 1
            )
    steps = []
    row = column = 0
    while row < rows or column < columns:
        is_equal = row < rows and column < columns and old[row] == new[column]
        kept = (_NUMBER_KEPT if old[row].isdigit() else 0) if is_equal else 1
        if row < rows and column < columns and cost[row][column] == cost[row + 1][column + 1] + kept:
            step = (is_equal, row, column, 1, 1)
        elif row < rows and cost[row][column] == cost[row + 1][column] + 1:
            step = (False, row, column, 1, 0)
        else:
            step = (False, row, column, 0, 1)
        steps.append(step)
        row, column = row + step[3], column + step[4]
    return steps


def _guesses(difference: _Difference, edit: _Edit) -> Iterator[Rule]:
    """Rules that settle one difference of one link, those with the least around it first."""
    old, new = difference.link
    before = max(
        (other.end for other in difference.edits if other.end <= edit.start and other != edit), default=0
    )
    behind = min(
        (other.start for other in difference.edits if other.start >= edit.end and other != edit),
        default=len(old),
    )
    lefts = range(min(_CONTEXT, edit.start - before) + 1)
    rights = range(min(_CONTEXT, behind - edit.end) + 1)
    for left, right in sorted(product(lefts, rights), key=lambda pair: (sum(pair), pair)):
        left_parts, right_parts = old[edit.start - left : edit.start], old[edit.end : edit.end + right]
        removed, written = old[edit.start : edit.end], new[edit.new_start : edit.new_end]
        for stars in (False, True):
            head, tail = (_starred(parts) if stars else parts for parts in (left_parts, right_parts))
            if stars and (head, tail) == (left_parts, right_parts):
                continue
            source, target = (*head, *removed, *tail), (*head, *written, *tail)
            if source:
                yield Rule(source, target)
            if edit.start == left:
                yield Rule(source, target, anchored=True)


def _starred(parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("*" if part.isdigit() else part for part in parts)


def _settled(difference: _Difference, start: int, end: int, written: tuple[str, ...]) -> list[int] | None:
    """The differences settled where a rule writes `written` for a range; None where that is wrong."""
    new = difference.link.new
    for new_start, new_end in product(difference.places.get(start, ()), difference.places.get(end, ())):
        if new_start <= new_end and new[new_start:new_end] == written:
            return [
                position
                for position, edit in enumerate(difference.edits)
                if start <= edit.start
                and edit.end <= end
                and new_start <= edit.new_start
                and edit.new_end <= new_end
            ]
    return None
