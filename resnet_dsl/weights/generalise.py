"""From pairs of keys to the few rules that turn the one side into the other.

Where the keys of a link differ, the difference alone is a first guess at a rule; the difference with
more and more of the parts around it are further ones, numbers among those parts also as stars. A
guess is good where it does what some links ask and the contrary of none. The good one that settles
most is taken, until every difference is settled or none is good.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import product

from resnet_dsl.weights.align import Link
from resnet_dsl.weights.readings import Difference, Edit, differences
from resnet_dsl.weights.rename import Renamer, Rule

MAX_PROPOSED = 24  # more rules are no system, but a list of keys

_CONTEXT = 3  # parts to each side of a difference
_MAX_PARTS = 16  # of a key
_MAX_PLACES = 1_500_000  # compared with rules, before the search gives up

_Item = tuple[int, int]  # a link and one of its differences, by position


def rules_for(links: Sequence[Link]) -> tuple[Rule, ...]:
    """Rules that settle the links, longer ones first; some links may stay as they are."""
    return _Search(links).rules()


class _Search:
    """The links, an index of their parts, and what is settled already."""

    def __init__(self, links: Sequence[Link]) -> None:
        links = [link for link in links if max(len(link.old), len(link.new)) <= _MAX_PARTS]
        self._differences = differences(links)
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
        self, difference: Difference, edit: Edit, settled: set[_Item]
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
            without = right(fewer)
            if fewer and without >= best:
                rules, best = fewer, without
        return tuple(rules)


def _guesses(difference: Difference, edit: Edit) -> Iterator[Rule]:
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


def _settled(difference: Difference, start: int, end: int, written: tuple[str, ...]) -> list[int] | None:
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
