"""Parameters and multiply-adds, layer by layer, and nothing else.

What other counters measure by running a module. `cost` tells more of each layer, and takes several
times as long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from math import prod
from typing import NamedTuple, cast

from resnet_dsl.ir.contract import Category, Weight
from resnet_dsl.ir.graph import Network
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.record import Attributes, Operator, Shapes


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


class _Rules(NamedTuple):
    weights: Callable[[Attributes, Shapes], tuple[Weight, ...]] | None
    macs: Callable[[Attributes, Shapes, Shape], int] | None


_layer = partial(tuple.__new__, LayerCount)  # LayerCount's own way is three times as slow


def counts(network: Network) -> Counts:
    """The counts of a network for one sample. Linear in its size.

    One loop, which asks an operator only for what it has: most of a layer's time goes to calls.
    """
    inference = network.inference_nodes()
    rows: list[tuple[object, ...]] = []
    rules: dict[str, _Rules | None] = {}  # by operator; none for inputs
    counted: dict[int, tuple[object, int, int]] = {}  # by the tensors' identity, so they are kept
    all_params = all_buffers = all_macs = 0
    for node in network.nodes():
        name = node.op.name
        if name not in rules:
            rules[name] = _rules(cast(Operator, node.op))
        rule = rules[name]
        if rule is None:
            continue
        weights, multiply_adds = rule
        params = buffers = macs = 0
        needed = node.id in inference
        if weights is not None:
            tensors = weights(node.attributes, node.operand_shapes)
            known = counted.get(id(tensors))
            if known is None:
                known = counted[id(tensors)] = (tensors, *elements(tensors))
            _, params, buffers = known
            all_params += params
            all_buffers += buffers
        if multiply_adds is not None:
            macs = multiply_adds(node.attributes, node.operand_shapes, node.shape)
            if needed:
                all_macs += macs
        rows.append((node.path, name, node.shape, params, buffers, macs, needed))
    return Counts(all_params, all_buffers, all_macs, list(map(_layer, rows)))


def _rules(operator: Operator) -> _Rules | None:
    """What lists an operator's weights, and what counts its multiply-adds, where there are any."""
    if operator.category is Category.INPUT:
        return None
    return _Rules(
        operator.weight_rule if operator.has_weights else None,
        operator.macs if operator.has_macs else None,
    )


def elements(weights: Iterable[Weight]) -> tuple[int, int]:
    """The elements that are trained, and those that are not."""
    params = buffers = 0
    for _, shape, trainable, _ in weights:
        if trainable:
            params += prod(shape)
        else:
            buffers += prod(shape)
    return params, buffers
