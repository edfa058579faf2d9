"""Two networks side by side: which level and which operator of one is which of the other.

Levels are paired from the model inwards. Inside a pair the members keep their order: they are
aligned like two sequences (Needleman and Wunsch 1970), where equal names, definitions, operators
and arguments speak for a pair. So an operator put between two others moves their automatic names
and is still the only one that is new. What is left over on both sides may have gone to another
level whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from resnet_dsl.ir.contract import Category, Weight
from resnet_dsl.ir.graph import Network, Node, Scope
from resnet_dsl.ir.text import value_text

_MAX_CELLS = 90_000  # of one alignment; beyond, names alone decide
_MAX_MOVED = 1_000  # operators left over on one side


class Member(NamedTuple):
    """An operator or a level inside another, with what it is recognised by."""

    item: Node | Scope
    name: str
    kind: str  # an operator's name, a level's definition
    arguments: str
    shape: tuple[int, ...]
    weights: tuple[tuple[int, ...], ...]
    labelled: bool


@dataclass(frozen=True)
class Alignment:
    """Ids of the second network's operators and levels by those of the first."""

    nodes: dict[int, int]
    scopes: dict[int, int]


def align(before: Network, after: Network) -> Alignment:
    """Pairs operators and levels; each is in one pair at most.

    Linear in the size of the networks but for the longest level, where it is quadratic up to a limit.
    """
    nodes: dict[int, int] = {}
    scopes = {before.root.id: after.root.id}
    pending = [(before.root, after.root)]
    while pending:
        left, right = pending.pop()
        for a, b in _paired(members(left), members(right)):
            if isinstance(a.item, Scope):
                assert isinstance(b.item, Scope)
                scopes[a.item.id] = b.item.id
                pending.append((a.item, b.item))
            else:
                nodes[a.item.id] = b.item.id
    nodes |= _moved(before, after, nodes)
    return Alignment(nodes, scopes)


def members(scope: Scope) -> list[Member]:
    """What a level holds, in the order of registration; unnamed scopes add no level of their own."""
    found: list[Member] = []
    pending: list[Node | Scope] = list(reversed(scope.items))
    while pending:
        item = pending.pop()
        if isinstance(item, Node):
            shape = tuple(map(int, item.shape.dims))
            weights = tuple(weight.shape for weight in item.op.weights(item.attributes, item.operand_shapes))
            kind = item.op.name
            found.append(Member(item, item.name, kind, arguments(item), shape, weights, item.labelled))
        elif item.name is None:
            pending.extend(reversed(item.items))
        elif item.items:
            given = _text(item.arguments.items())
            found.append(Member(item, item.name, item.definition, given, (), (), True))
    return found


def arguments(node: Node) -> str:
    """An operator's arguments as one text, to compare."""
    return _text(node.attributes.items())


def _text(pairs: Iterable[tuple[str, Any]]) -> str:
    return ", ".join(f"{name}={value_text(value)}" for name, value in pairs)


def _paired(left: Sequence[Member], right: Sequence[Member]) -> list[tuple[Member, Member]]:
    """Pairs of members of one level, in order."""
    start = 0
    while start < min(len(left), len(right)) and _same(left[start], right[start]):
        start += 1
    end = 0
    while end < min(len(left), len(right)) - start and _same(left[-1 - end], right[-1 - end]):
        end += 1
    same = list(zip(left[:start], right[:start], strict=True))
    if end:
        same += zip(left[-end:], right[-end:], strict=True)
    left, right = left[start : len(left) - end], right[start : len(right) - end]
    pairs = _by_name(left, right) if len(left) * len(right) > _MAX_CELLS else _in_order(left, right)
    taken = {id(a) for a, _ in pairs} | {id(b) for _, b in pairs}
    # What changed its place inside the level still has its name.
    rest = [[member for member in side if id(member) not in taken] for side in (left, right)]
    return same + pairs + _by_name(*rest)


def _same(a: Member, b: Member) -> bool:
    return a.name == b.name and a.kind == b.kind and a.arguments == b.arguments and a.shape == b.shape


def _by_name(left: Sequence[Member], right: Sequence[Member]) -> list[tuple[Member, Member]]:
    named = {member.name: member for member in right}
    return [(a, named[a.name]) for a in left if a.name in named and _likeness(a, named[a.name]) > 0]


def _in_order(left: Sequence[Member], right: Sequence[Member]) -> list[tuple[Member, Member]]:
    """The order-keeping pairs whose likenesses sum up highest."""
    scores = [[_likeness(a, b) for b in right] for a in left]
    best = [[0.0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in reversed(range(len(left))):
        row, below, likeness = best[i], best[i + 1], scores[i]
        for j in reversed(range(len(right))):
            pair = below[j + 1] + likeness[j] if likeness[j] else 0.0
            row[j] = max(pair, below[j], row[j + 1])
    pairs = []
    i = j = 0
    while i < len(left) and j < len(right):
        if scores[i][j] and best[i][j] == best[i + 1][j + 1] + scores[i][j]:
            pairs.append((left[i], right[j]))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _likeness(a: Member, b: Member) -> float:
    """How much speaks for a pair; nothing where the two cannot be one."""
    names = a.name == b.name
    if isinstance(a.item, Scope) or isinstance(b.item, Scope):
        kinds = a.kind == b.kind and a.kind != ""
        if type(a.item) is not type(b.item) or not (names or kinds):
            return 0.0
        return 3.0 * names + 1.5 * kinds + (kinds and a.arguments == b.arguments)
    if a.kind != b.kind:  # one activation in another's place
        return 0.5 + names if a.item.op.category is b.item.op.category else 0.0
    same = a.arguments == b.arguments
    known = 2.0 if same and a.weights == b.weights else 0.25 * same
    # A name that a person gave says more than one that is counted out.
    name = (3.0 if a.labelled and b.labelled else 0.25) * names
    return 1.0 + known + name + 0.5 * (a.shape == b.shape)


def _moved(before: Network, after: Network, nodes: dict[int, int]) -> dict[int, int]:
    """Runs of operators that went to another level as they are; each has a matrix to know it by."""
    taken = set(nodes.values())
    left = [node for node in before.nodes() if node.id not in nodes]
    right = [node for node in after.nodes() if node.id not in taken]
    if not left or not right or max(len(left), len(right)) > _MAX_MOVED:
        return {}
    looks_left, looks_right = ([_look(node) for node in side] for side in (left, right))
    found: dict[int, int] = {}
    for run in SequenceMatcher(None, looks_left, looks_right, autojunk=False).get_matching_blocks():
        # A norm of so many channels is like any other.
        shapes = [weight.shape for look in looks_left[run.a : run.a + run.size] for weight in look[2]]
        if any(len(shape) > 1 for shape in shapes):
            for step in range(run.size):
                a, b = left[run.a + step], right[run.b + step]
                if a.op.category is not Category.INPUT:
                    found[a.id] = b.id
    return found


def _look(node: Node) -> tuple[str, str, tuple[Weight, ...]]:
    return node.op.name, arguments(node), tuple(node.op.weights(node.attributes, node.operand_shapes))
