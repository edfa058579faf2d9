"""What stands inside a box: the telling operators of a chain, one a line."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence

from resnet_dsl.backends.graphviz.model import Line, Tone, VertexKind
from resnet_dsl.backends.graphviz.phrase import folded, is_silent, listing, phrase, record
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Node, Scope

MAX_LINES = 12
MAX_TOOLTIP_ENTRIES = 16

# A box that holds several kinds of operators has the colour of the first of these.
_LOUDEST = (
    Category.CONV,
    Category.LINEAR,
    Category.POOLING,
    Category.MERGE,
    Category.RESHAPE,
    Category.REGULARISER,
    Category.ACTIVATION,
    Category.NORM,
)


def box_lines(
    nodes: Sequence[Node], usual: frozenset[str], told: Callable[[Node], str] = phrase
) -> tuple[Line, ...]:
    """The lines of a box, each operator as `told` says it.

    Operators in front of the first telling one make one quiet line, which is how pre-activation
    shows; behind a weighted layer, the network's usual norm and activation go without saying.
    """
    first = next((i for i, node in enumerate(nodes) if not is_silent(node)), None)
    if first is None:
        return (Line(listing(told(node) for node in nodes)),)
    lines: list[Line] = []
    if first:
        lines.append(Line(listing(told(node) for node in nodes[:first]), Tone.QUIET))
    telling = list(_worth_telling(nodes[first:], usual))
    quiet = {told(node) for node in telling if is_silent(node)}
    texts = folded([told(node) for node in telling], MAX_LINES - len(lines))
    return (*lines, *(Line(text, Tone.QUIET if text in quiet else Tone.NORMAL) for text in texts))


def _worth_telling(nodes: Sequence[Node], usual: frozenset[str]) -> Iterator[Node]:
    behind_weights = False
    for node in nodes:
        if not is_silent(node):
            behind_weights = record(node).counts_depth
            yield node
        elif node.op.category in (Category.NORM, Category.ACTIVATION) and not (
            behind_weights and node.op.name in usual
        ):
            yield node


def unsaid(kind: VertexKind, nodes: Sequence[Node], usual: frozenset[str]) -> list[str]:
    """The norms and activations of a box or join that its lines leave out."""
    if kind is VertexKind.JOIN:
        left_out: Iterable[Node] = nodes[1:]
    else:
        first = next((i for i, node in enumerate(nodes) if not is_silent(node)), len(nodes))
        told = {node.id for node in _worth_telling(nodes[first:], usual)}
        left_out = (node for node in nodes[first:] if node.id not in told)
    return [
        record(node).short for node in left_out if node.op.category in (Category.NORM, Category.ACTIVATION)
    ]


def loudest(nodes: Iterable[Node]) -> Category:
    """The category that colours a box."""
    found = {node.op.category for node in nodes}
    return next((category for category in _LOUDEST if category in found), Category.IDENTITY)


def join_lines(node: Node) -> tuple[Line, ...]:
    return (Line(record(node).short),)


def part_lines(
    kind: VertexKind, nodes: Sequence[Node], usual: frozenset[str], told: Callable[[Node], str] = phrase
) -> tuple[Line, ...]:
    """The lines of a box, join or input."""
    if kind is VertexKind.JOIN:
        return join_lines(nodes[0])
    if kind is VertexKind.TERMINAL:
        return (Line(nodes[0].name),)
    return box_lines(nodes, usual, told)


def tooltip(nodes: Sequence[Node], *, idle: bool = False) -> str:
    """Every operator that a shape stands for, the silent ones too; whether they never run."""
    names = [f"{node.path} ({node.op.name})" for node in nodes[:MAX_TOOLTIP_ENTRIES]]
    hidden = len(nodes) - len(names)
    told = listing([*names, f"and {hidden:,} more"] if hidden else names)
    return f"{told}: never run{'s' if len(nodes) == 1 else ''}" if idle else told


def caption(scope: Scope | None) -> str:
    """A scope's own name where it says something; the number of a member does not."""
    if scope is None or scope.name is None or scope.name.isdigit():
        return ""
    return scope.name


def telling(nodes: Iterable[Node]) -> list[str]:
    """The phrases of the telling operators among some nodes."""
    return [phrase(node) for node in nodes if not is_silent(node)]


def pixels(node: Node) -> int:
    """How many pixels the map has that a node makes; 0 where it makes none."""
    shape = node.shape
    return math.prod(int(extent) for extent in shape.spatial) if shape.rank == 3 else 0
