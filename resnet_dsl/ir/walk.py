"""Walks over the hierarchy, without recursion: a deep spec must not meet Python's stack limit."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_dsl.ir.graph import Node, Scope


def walk(scope: Scope) -> Iterator[tuple[int, Node | Scope]]:
    """Everything inside a scope in registration order, each with its depth below it (from 0).

    A scope comes before its members; `scope` itself is not yielded.
    """
    pending: list[tuple[int, Node | Scope]] = [(0, item) for item in reversed(scope.items)]
    while pending:
        depth, item = pending.pop()
        yield depth, item
        if isinstance(item, Scope):
            pending.extend((depth + 1, member) for member in reversed(item.items))
