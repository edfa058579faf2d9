"""Merges that repeat an earlier merge, told as taking its result.

Where the operands of a concatenation (or sum) begin or end with all the operands of an earlier one,
it can be said to take that one's result. The tensor is the same, and so are the paths that lead to
it; dense connectivity becomes a running concatenation with a number of lines linear in the depth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, cast

from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Node
from resnet_dsl.ops.record import Operator


class Line(NamedTuple):
    """One operand: the node that it comes from, and whether a `shortcut` statement bound it."""

    source: int
    shortcut: bool = False


def running_merges(nodes: Sequence[Node]) -> list[tuple[Line, ...]]:
    """The operands of every node, by id, with repeated merges taken from where they were first made."""
    starts: dict[str, _Trie] = {}
    ends: dict[str, _Trie] = {}
    found: list[tuple[Line, ...]] = []
    for node in nodes:
        lines = tuple([Line(operand.node, operand.shortcut) for operand in node.operands])
        joins = len(lines) > 1 and node.op.category is Category.MERGE
        if joins and cast(Operator, node.op).arity[1] is None:
            name = node.op.name
            start, end = starts.setdefault(name, _Trie()), ends.setdefault(name, _Trie())
            lines = _shared(node, lines, start, end)
        found.append(lines)
    return found


class _Trie:
    """Operand lists seen so far, to find the longest one that a new list starts with."""

    def __init__(self) -> None:
        self._root: dict[int, _Entry] = {}

    def longest_start(self, operands: Sequence[int]) -> tuple[int, int]:
        """(length, node) of the longest known list of two or more that `operands` starts with."""
        best = (0, -1)
        level = self._root
        for length, operand in enumerate(operands, start=1):
            entry = level.get(operand)
            if entry is None:
                break
            if entry.node >= 0 and length >= 2:
                best = (length, entry.node)
            level = entry.below
        return best

    def add(self, operands: Sequence[int], node: int) -> None:
        level = self._root
        entry = None
        for operand in operands:
            entry = level.setdefault(operand, _Entry())
            level = entry.below
        if entry is not None and entry.node < 0:
            entry.node = node


@dataclass(slots=True)
class _Entry:
    node: int = -1
    below: dict[int, _Entry] = field(default_factory=dict)


def _shared(node: Node, lines: tuple[Line, ...], start: _Trie, end: _Trie) -> tuple[Line, ...]:
    operands = node.inputs
    head, first = start.longest_start(operands)
    tail, last = end.longest_start(operands[::-1])
    start.add(operands, node.id)
    end.add(operands[::-1], node.id)
    if head >= tail and head:
        return (Line(first, any(line.shortcut for line in lines[:head])), *lines[head:])
    if tail:
        return (*lines[:-tail], Line(last, any(line.shortcut for line in lines[-tail:])))
    return lines
