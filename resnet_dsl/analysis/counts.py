"""Parameters and multiply-adds, layer by layer, and nothing else.

What other counters measure by running a module. `cost` tells more of each layer, and takes four
times as long.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import NamedTuple, cast

from resnet_dsl.ir.contract import Category, Weight
from resnet_dsl.ir.graph import Network
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.record import Operator


class LayerCount(NamedTuple):
    """One operator: its path, the shape of its output, trainable and other elements, multiply-adds.

    `inference` says whether the main output needs it: auxiliary heads are needed in training alone, and
    what no output needs never runs.
    """

    path: str
    op: str
    shape: Shape
    params: int
    buffers: int
    macs: int
    inference: bool


class Counts(NamedTuple):
    """A network's totals, and its layers in execution order, without the inputs.

    `params` and `buffers` are of all layers, `macs` of those of inference, for one sample.
    """

    params: int
    buffers: int
    macs: int
    layers: list[LayerCount]


def counts(network: Network) -> Counts:
    """The counts of a network for one sample. Linear in its size."""
    inference = network.inference_nodes()
    nodes = list(network.nodes())
    layers: list[LayerCount] = []
    counted: dict[str, bool] = {}  # by operator, whether there is anything to count: mostly not
    all_params = all_buffers = all_macs = 0
    for node in nodes:
        operator = cast(Operator, node.op)
        if operator.category is Category.INPUT:
            continue
        params = buffers = macs = 0
        needed = node.id in inference
        name = operator.name
        if name not in counted:
            counted[name] = operator.has_weights or operator.has_macs
        if counted[name]:
            inputs = [nodes[operand.node].shape for operand in node.operands]
            params, buffers = elements(operator.weights(node.attributes, inputs))
            macs = operator.macs(node.attributes, inputs, node.shape)
            all_params += params
            all_buffers += buffers
            if needed:
                all_macs += macs
        layers.append(LayerCount(node.path, name, node.shape, params, buffers, macs, needed))
    return Counts(all_params, all_buffers, all_macs, layers)


def elements(weights: Iterable[Weight]) -> tuple[int, int]:
    """The elements that are trained, and those that are not."""
    params = buffers = 0
    for _, shape, trainable, _ in weights:
        if trainable:
            params += prod(shape)
        else:
            buffers += prod(shape)
    return params, buffers
