"""What every analysis asks of a node, worked out once."""

from __future__ import annotations

from math import prod
from typing import NamedTuple, cast

from resnet_dsl.analysis.counts import elements
from resnet_dsl.ir.contract import Weight
from resnet_dsl.ir.graph import Network, Node
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.record import Operator

FLOAT_BYTES = 4  # activations are float32
_COUNTER_BYTES = 8  # of int64, whatever the dtype of the rest


class Facts(NamedTuple):
    """A node with its record, its operands' ids and shapes, its weights and its output's size.

    `output` is the output's shape in plain ints, `output_bytes` its size for one sample. `params`
    are the trainable elements, `buffers` the others of the state_dict, `elements` those of all tensors
    that the module holds (constants too, which are not in the state_dict), `counters` those of them
    that count.
    """

    node: Node
    operator: Operator
    sources: tuple[int, ...]
    inputs: tuple[Shape, ...]
    weights: tuple[Weight, ...]
    output: tuple[int, ...]
    output_bytes: int
    params: int
    buffers: int
    elements: int
    counters: int


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
        params, buffers = elements(weights)
        held = counters = 0
        for tensor in (*weights, *operator.constants(node.attributes, inputs)):
            held += tensor.elements
            if tensor.dtype == "int64":
                counters += tensor.elements
        size = prod(dims) * FLOAT_BYTES
        found.append(
            Facts(node, operator, sources, inputs, weights, dims, size, params, buffers, held, counters)
        )
    return found


def held_bytes(entry: Facts, element_bytes: int = FLOAT_BYTES) -> int:
    """What the module holds for a node: weights, buffers, and those that are not in the state_dict."""
    return entry.elements * element_bytes + entry.counters * (_COUNTER_BYTES - element_bytes)
