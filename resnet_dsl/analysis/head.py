"""Where a model's head begins: the part behind the last map, which generated code runs apart.

The code generator and the analysis of lifetimes both ask, each for steps of its own kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Node
from resnet_dsl.ir.shape import Shape


class Member(NamedTuple):
    """A step of the model's own level: the values that it reads and the one that it makes.

    `node` is None where a module is called; `shape` is that of the result.
    """

    node: Node | None
    reads: tuple[Hashable, ...]
    makes: Hashable
    shape: Shape


def head_start(steps: Sequence[Member], output: Hashable, has_weights: Callable[[int], bool]) -> int | None:
    """The step that gives up height and width for good, or the global pooling before it.

    None where the network ends in a map, where nothing behind that step has weights, or where no
    step comes before it.
    """
    tail = _tail(steps, output)
    start = None
    for place, index in enumerate(tail):
        node = steps[index].node
        if node is not None and node.operand_shapes[0].is_map and not node.shape.is_map:
            start = place
    if start is None:
        return None
    start = _pooling_before(steps, tail, start)
    if tail[start] == 0 or not any(has_weights(index) for index in tail[start:]):
        return None
    before = steps[tail[start]].reads[0]
    return tail[start] if any(step.makes == before for step in steps) else None


def _pooling_before(steps: Sequence[Member], tail: Sequence[int], start: int) -> int:
    """Where the tail pools globally, perhaps with layers on the pooled map behind it."""
    place = start
    while place > 0 and steps[tail[place - 1]].shape.spatial == (1, 1):
        place -= 1
        node = steps[tail[place]].node
        if node is not None and node.op.category is Category.POOLING:
            return place
    return start


def _tail(steps: Sequence[Member], output: Hashable) -> list[int]:
    """The steps at the end that form a chain with no branch around them."""
    readers = Counter(value for step in steps for value in step.reads)
    tail: list[int] = []
    current = output
    for index in range(len(steps) - 1, -1, -1):
        step = steps[index]
        if step.makes != current or len(step.reads) != 1 or (tail and readers[current] != 1):
            break
        tail.append(index)
        current = step.reads[0]
    return tail[::-1]
