"""What the shapes of a picture say: operators, tensors and numbers in a few words."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import cast

from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network, Node
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.record import Operator

_KERNEL = re.compile(r"(\d+×\d+)(.*)", re.DOTALL)
_WINDOWED = frozenset({Category.CONV, Category.POOLING})  # whose labels begin with their kernel
_QUIET = frozenset({Category.NORM, Category.ACTIVATION, Category.IDENTITY})
CHAIN = " → "  # between operators on one line
MAX_PATTERN = 3  # lines that are counted together where they repeat
_UNITS = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))


def record(node: Node) -> Operator:
    """The node's operator as the full record; elaborated networks hold nothing else."""
    return cast(Operator, node.op)


def is_join(node: Node) -> bool:
    """Whether the node brings several lines together and is drawn as a circle."""
    return node.op.category is Category.MERGE and len(node.operands) > 1


def is_silent(node: Node) -> bool:
    """Whether coarse levels may leave the node's name out: norms, activations, relabelling."""
    if node.op.category is Category.RESHAPE:
        # Flattening a vector-like map moves nothing; other reshapes lose or add something.
        return node.shape.rank == 1 and len(node.operands) == 1
    return node.op.category in _QUIET


def usual_names(network: Network) -> frozenset[str]:
    """The norm and the activation that the network uses most.

    These are the ones a reader takes for granted; any other one is worth a word, and so is a norm
    that the network has for fewer than half of its weighted layers.
    """
    layers = sum(record(node).counts_depth for node in network.nodes())
    found: set[str] = set()
    for category, at_least in ((Category.NORM, layers / 2), (Category.ACTIVATION, 1)):
        names = Counter(node.op.name for node in network.nodes() if node.op.category is category)
        usual = min(names, key=lambda name: (-names[name], name), default="")
        if usual and names[usual] >= at_least:
            found.add(usual)
    return frozenset(found)


def phrase(node: Node) -> str:
    """An operator as figures write it: ``3×3 conv, 64, /2``, ``fc 1000``, ``subsample /2``."""
    operator = record(node)
    label, short = operator.label(node.attributes), operator.short
    if not label:
        return short
    kernel = _KERNEL.fullmatch(label) if node.op.category in _WINDOWED else None
    if kernel is None:
        return f"{short} {label}"
    return f"{kernel[1]} {short}{kernel[2]}"


def without_rate(node: Node) -> str:
    """An operator as figures write it; one that regularises without its rate."""
    return record(node).short if node.op.category is Category.REGULARISER else phrase(node)


def with_rates(nodes: Sequence[Node]) -> str:
    """Operators that differ in their rate at most, as one: ``drop path 0.0176–0.0294``."""
    labels = [record(node).label(node.attributes) for node in nodes]
    if len(set(labels)) == 1 or nodes[0].op.category is not Category.REGULARISER:
        return phrase(nodes[0])
    least, most = min(labels, key=_number), max(labels, key=_number)
    return f"{record(nodes[0]).short} {least}–{most}"


def _number(label: str) -> float:
    try:
        return float(label)
    except ValueError:
        return math.inf


def shape_text(shape: Shape) -> str:
    """``256×56×56``: channels, height, width; the batch is implied."""
    return "×".join(str(int(dim)) for dim in shape.dims)


def listing(names: Iterable[str]) -> str:
    return ", ".join(names)


def short_number(value: int) -> str:
    """``25.6 M``: three significant digits, which is what a figure has room for."""
    for size, unit in _UNITS:
        # 999,950 and up would print as "1e+03 k".
        if value >= size * 0.9995:
            return f"{value / size:#.3g}".rstrip(".") + f" {unit}"
    return str(value)


def folded(lines: Sequence[str], limit: int) -> list[str]:
    """Lines with repetitions counted, of several lines too, and the rest of a long list summed up."""
    if len(lines) <= limit:
        return list(lines)
    runs: list[tuple[Sequence[str], int]] = []
    start = 0
    while start < len(lines):
        patterns = [(period, _times(lines, start, period)) for period in range(1, MAX_PATTERN + 1)]
        period, times = max(patterns, key=lambda entry: (entry[0] * entry[1] * (entry[1] > 1), -entry[0]))
        runs.append((lines[start : start + period], times))
        start += period * times
    counted = [listing(run) if times == 1 else f"{listing(run)}  × {times}" for run, times in runs]
    if len(counted) <= limit:
        return counted
    hidden = sum(len(run) * times for run, times in runs[limit - 1 :])
    return [*counted[: limit - 1], f"… {hidden:,} more"]


def _times(lines: Sequence[str], start: int, period: int) -> int:
    """How often the `period` lines from `start` on stand there in a row."""
    end = start + period
    while end < len(lines) and lines[end] == lines[end - period]:
        end += 1
    return (end - start) // period
