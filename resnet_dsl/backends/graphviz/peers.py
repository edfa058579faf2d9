"""Regularisers that one drawn one stands for, where blocks are folded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from resnet_dsl.backends.graphviz.contract import Fragment
from resnet_dsl.backends.graphviz.fold import Run
from resnet_dsl.backends.graphviz.groups import Unit
from resnet_dsl.backends.graphviz.wiring import Wiring
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Node


def peers(wiring: Wiring, runs: Iterable[Run], fragments: Mapping[Unit, Fragment]) -> dict[int, list[Node]]:
    """For each regulariser of a block that stands for others, by id: it and the same one of all others.

    Pictures tell all regularisers, so these are told in one order; norms and activations that go without
    saying need not be the same.
    """
    found: dict[int, list[Node]] = {}
    for run in runs:
        for place, unit in enumerate(run.drawn):
            units = [unit, *run.hidden[place :: len(run.drawn)]]
            for parts in zip(*(fragments[other].parts for other in units), strict=True):
                told = [[node for node in part.nodes if _drops(wiring.nodes[node])] for part in parts]
                for ids in zip(*told, strict=False):  # the end of a long list may differ: it is but counted
                    found[ids[0]] = [wiring.nodes[node] for node in ids]
    return found


def _drops(node: Node) -> bool:
    return node.op.category is Category.REGULARISER
