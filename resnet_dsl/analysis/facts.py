"""What every analysis asks of a node, worked out once."""

from __future__ import annotations

from math import prod
from typing import NamedTuple, cast

from resnet_dsl.ir.contract import Weight
from resnet_dsl.ir.graph import Network, Node
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.record import Operator

FLOAT_BYTES = 4  # activations are float32
_COUNTER_BYTES = 8  # of int64, whatever the dtype of the rest


class Facts(NamedTuple):
    """A node with its record, its operands' ids and shapes, its weights and its output's size.

    `output` is the output's shape in plain ints, `output_bytes` its size for one sample.
    """

    node: Node
    operator: Operator
    sources: tuple[int, ...]
    inputs: tuple[Shape, ...]
    weights: tuple[Weight, ...]
    output: tuple[int, ...]
    output_bytes: int


def facts(network: Network) -> list[Facts]:
    """The facts of every node, by id."""
    nodes = list(network.nodes())
    found = []
    for node in nodes:
        operator = cast(Operator, node.op)
        sources = node.inputs
        inputs = tuple([nodes[source].shape for source in sources])
        weights = operator.weights(node.attributes, inputs)
        dims = tuple(map(int, node.shape.dims))
        found.append(Facts(node, operator, sources, inputs, weights, dims, prod(dims) * FLOAT_BYTES))
    return found


def held_bytes(entry: Facts, element_bytes: int = FLOAT_BYTES) -> int:
    """What the module holds for a node: weights, buffers, and those that are not in the state_dict."""
    held = (*entry.weights, *entry.operator.constants(entry.node.attributes, entry.inputs))
    return sum(
        [tensor.elements * (_COUNTER_BYTES if tensor.dtype == "int64" else element_bytes) for tensor in held]
    )
