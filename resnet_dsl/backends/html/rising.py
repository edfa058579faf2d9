"""Which operators of a network stand in the arm of a U that leads upwards, as diagrams draw it."""

from __future__ import annotations

from resnet_dsl.backends.graphviz.content import pixels
from resnet_dsl.backends.graphviz.levels import op_level
from resnet_dsl.ir.graph import Network


def rising_nodes(network: Network) -> list[int]:
    """Ids of the operators on the way up, in order; none where the network has no form of a U."""
    nodes = list(network.nodes())
    sizes = [pixels(node) for node in nodes]
    if not any(
        sizes[node.id] > max((sizes[index] for index in node.inputs), default=0) > 0 for node in nodes
    ):
        return []  # nothing grows, so nothing rises
    draft = op_level(network)
    return sorted(node for vertex in draft.arms.rising for node in draft.holds.get(vertex, ()))
