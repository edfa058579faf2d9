"""Depth as papers count it: the longest path in weighted layers."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_dsl.analysis.facts import Facts


def depths(nodes: Sequence[Facts]) -> list[int]:
    """Convolution and linear operators on the longest path from an input to each node.

    The gate operand of a `mul` is not followed, so SE-ResNet-50 is 50.
    """
    longest: list[int] = []
    for facts in nodes:
        before, gates = 0, facts.operator.gates
        for position, source in enumerate(facts.sources):
            if longest[source] > before and position not in gates:
                before = longest[source]
        longest.append(before + facts.operator.counts_depth)
    return longest
