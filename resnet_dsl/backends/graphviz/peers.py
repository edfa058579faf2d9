"""Operators that one drawn operator stands for, where blocks are folded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from resnet_dsl.backends.graphviz.contract import Fragment
from resnet_dsl.backends.graphviz.fold import Run
from resnet_dsl.backends.graphviz.groups import Unit
from resnet_dsl.backends.graphviz.wiring import Wiring
from resnet_dsl.ir.graph import Node


def peers(wiring: Wiring, runs: Iterable[Run], fragments: Mapping[Unit, Fragment]) -> dict[int, list[Node]]:
    """For each node of a block that stands for others, by id: it and the same one of all others."""
    found: dict[int, list[Node]] = {}
    for run in runs:
        for place, unit in enumerate(run.drawn):
            units = [unit, *run.hidden[place :: len(run.drawn)]]
            for parts in zip(*(fragments[other].parts for other in units), strict=True):
                # Operators that no picture tells may be other ones, or more.
                for ids in zip(*(part.nodes for part in parts), strict=False):
                    nodes = [wiring.nodes[node] for node in ids]
                    if len({node.op.name for node in nodes}) == 1:
                        found[ids[0]] = nodes
    return found
