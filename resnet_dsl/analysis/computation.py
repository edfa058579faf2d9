"""Whether networks compute the same from the same tensors, whatever their spec looks like."""

from __future__ import annotations

from collections.abc import Hashable

from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network
from resnet_dsl.ir.text import value_text


def computation(network: Network, seen: dict[Hashable, int]) -> tuple[int, ...]:
    """Numbers for what a network's outputs compute; equal for equal computations with equal keys.

    `seen` is shared between networks that are compared. Order of statements, names of operators
    without weights, and what weights start as do not count.
    """
    values: list[int] = []
    for node in network.nodes():
        settings = tuple(
            (name, value_text(value)) for name, value in node.attributes.items() if not is_start(name)
        )
        weights = tuple(node.op.weights(node.attributes, node.operand_shapes))
        is_input = node.op.category is Category.INPUT
        place = network.inputs.index(node.id) if is_input else node.path if weights else ""
        look = (node.op.name, settings, weights, place, tuple(values[index] for index in node.inputs))
        values.append(seen.setdefault(look, len(seen)))
    outputs = [network.output, *(auxiliary.node for auxiliary in network.auxiliary)]
    return tuple(values[index] for index in outputs)


def is_start(name: str) -> bool:
    """Whether an argument says what a weight starts as: no matter for one that is loaded."""
    return name == "init" or name.endswith("_init")
