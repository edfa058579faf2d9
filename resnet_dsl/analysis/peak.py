"""The most memory that activations take at any moment of inference.

Counted are the storages of tensors: the input, which the caller holds, and every output from when
its operator runs until its last reader has run and nobody holds it any more (`lifetimes`). Weights
are apart, and so is what a library takes as workspace.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from resnet_dsl.analysis.facts import Facts
from resnet_dsl.analysis.lifetimes import Lifetimes, lifetimes
from resnet_dsl.analysis.storages import storages, working_bytes
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network


class Peak(NamedTuple):
    """Bytes of float32 for one sample, and the path of the operator at whose run they are held."""

    bytes: int
    path: str


def inference_peak(
    network: Network,
    *,
    in_place: bool = False,
    freed_early: bool = False,
    lives: Lifetimes | None = None,
) -> Peak:
    """The peak of an eager forward pass without gradients, of one sample.

    With `in_place` activations overwrite their operand. With `freed_early` a value goes with its
    last reader, whatever names Python would still hold it by: what a compiler that plans memory can
    reach in this order of execution. `lives` are inference's lifetimes where they are known already.
    """
    nodes, order, last = lifetimes(network, training=False) if lives is None else lives
    base = storages(nodes, training=False, in_place=in_place)
    if freed_early:
        last = _last_reads(network, nodes, order)
    ends: dict[int, int] = {}  # storage -> the place in the order behind which it goes
    for value in order:
        ends[base[value]] = max(ends.get(base[value], -1), last[value])
    freed = [0] * len(order)
    for storage, place in ends.items():
        freed[place] += nodes[storage].output_bytes
    live = sum(nodes[index].output_bytes for index in network.inputs)
    peak = Peak(live, "")
    for place, index in enumerate(order):
        entry = nodes[index]
        if base[index] == index and entry.operator.category is not Category.INPUT:
            live += entry.output_bytes
            beside = working_bytes(entry, training=False)
            if live + beside > peak.bytes:
                peak = Peak(live + beside, entry.node.path)
        live -= freed[place]
    return peak


def _last_reads(network: Network, nodes: Sequence[Facts], order: Sequence[int]) -> list[int]:
    """For each node the place in the order of its last reader; inputs and output stay to the end."""
    last = [-1] * len(nodes)
    for place, index in enumerate(order):
        for value in (index, *nodes[index].sources):
            last[value] = place
    for index in [*network.inputs, network.output]:
        last[index] = len(order) - 1
    return last
