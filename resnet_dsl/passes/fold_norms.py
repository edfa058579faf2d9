"""Batch norms folded into the layers before them.

In inference a batch norm scales and shifts each channel by constants, which is what the weights and
the bias of the layer before it can do as well (Jacob et al. 2018, arXiv 1712.05877, section 3.2).

Before: a verified network. After: a network in which every such norm is gone and its layer has a
bias; paths of what is left are what they were. A layer whose output anyone else reads is left alone,
as is a norm with no such layer before it. The result is for inference: in training, batch norm
follows the batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from resnet_dsl.ir.graph import Network, Node, Operand, Scope
from resnet_dsl.ir.verify import verify
from resnet_dsl.ops.conv import CONV
from resnet_dsl.ops.deconv import DECONV
from resnet_dsl.ops.linear import LINEAR
from resnet_dsl.ops.norm import BN
from resnet_dsl.ops.reshape import IDENTITY

VARIANT = "with batch norms folded"
_LAYERS = (CONV.name, DECONV.name, LINEAR.name)


class Fold(NamedTuple):
    """One norm that a layer took over: their paths, and what the weights' arithmetic needs.

    `groups` is that of a transposed convolution, whose weight lists input channels first; 0 for all
    other layers, whose weight lists output channels first.
    """

    layer: str
    norm: str
    eps: float
    affine: bool
    had_bias: bool
    groups: int


class Folded(NamedTuple):
    """The network without its norms, and what became of each, in order."""

    network: Network
    folds: tuple[Fold, ...]


def fold_norms(network: Network) -> Folded:
    """The same network for inference, with batch norms folded where that is possible."""
    layers = _folding(network)
    if not layers:
        return Folded(network, ())
    folds = [_fold(network, network.node(layer), network.node(norm)) for norm, layer in layers.items()]
    later: dict[str, bool] = {}  # a second norm finds the bias that the first one brought
    for position, fold in enumerate(folds):
        folds[position] = fold._replace(had_bias=later.get(fold.layer, fold.had_bias))
        later[fold.layer] = True
    folded = _Copy(network, layers).copy()
    verify(folded)
    return Folded(folded, tuple(folds))


def _folding(network: Network) -> dict[int, int]:
    """Each norm that folds, with the layer that takes it over, in execution order."""
    results = {network.output, *(entry.node for entry in network.auxiliary)}
    layers: dict[int, int] = {}
    for node in network.nodes():
        if node.op.name != BN.name:
            continue
        source = node.operands[0].node
        layer = layers.get(source, source)
        if network.node(layer).op.name not in _LAYERS or source in results:
            continue
        if [reader.id for reader, _ in network.consumers(source)] == [node.id]:
            layers[node.id] = layer
    return layers


def _fold(network: Network, layer: Node, norm: Node) -> Fold:
    return Fold(
        layer=layer.path,
        norm=norm.path,
        eps=float(norm.attributes["eps"]),
        affine=bool(norm.attributes["affine"]),
        had_bias=bool(layer.attributes["bias"]),
        groups=int(layer.attributes["groups"]) if layer.op.name == DECONV.name else 0,
    )


class _Copy:
    """Copies a network without the norms in `layers`, each of which is a key, its layer the value.

    A norm that is a numbered member of a `seq` leaves an identity behind, unless it is the last: the
    numbers of those after it are part of their paths.
    """

    def __init__(self, network: Network, layers: Mapping[int, int]) -> None:
        self.network = network
        self.layers = layers
        self.last_norms = {layer: network.node(norm) for norm, layer in layers.items()}
        self.kept = {norm for norm in layers if self._is_followed(network.node(norm))}
        self.place: dict[int, int] = {}  # of each node's value in the new network
        count = 0
        for node in network.nodes():
            if node.id in layers and node.id not in self.kept:
                self.place[node.id] = self.place[node.operands[0].node]
            else:
                self.place[node.id] = count
                count += 1

    def _is_followed(self, node: Node) -> bool:
        if not node.numbered:
            return False
        items = self.network.scope(node.scope).items
        return not all(
            isinstance(item, Node) and item.id in self.layers for item in items[items.index(node) :]
        )

    def copy(self) -> Network:
        old = self.network
        new = Network(old.name, old.doc)
        new.variant = f"{old.variant} {VARIANT}".strip()
        for scope in old.scopes:
            new.scopes.append(self._scope(scope))
        for node in old.nodes():
            if node.id not in self.layers or node.id in self.kept:
                new.add_node(self._node(node))
        for scope in new.scopes:
            scope.items = []
        for scope in old.scopes:
            for item in scope.items:
                if isinstance(item, Scope):
                    new.scopes[scope.id].items.append(new.scopes[item.id])
                elif item.id not in self.layers or item.id in self.kept:
                    new.scopes[scope.id].items.append(new.node(self.place[item.id]))
        new.inputs = [self.place[node] for node in old.inputs]
        new.output = self.place[old.output]
        new.auxiliary = [
            entry._replace(node=self.place[entry.node], via=self._via(entry.node, entry.via))
            for entry in old.auxiliary
        ]
        return new

    def _scope(self, scope: Scope) -> Scope:
        output = scope.output if scope.output < 0 else self.place[scope.output]
        via = self._via(scope.output, scope.output_via)
        operands = tuple([self._operand(operand) for operand in scope.operands])
        return replace(scope, operands=operands, output=output, output_via=via, items=[])

    def _node(self, node: Node) -> Node:
        node_id = self.place[node.id]
        operands = tuple([self._operand(operand) for operand in node.operands])
        if node.id in self.kept:
            return replace(node, id=node_id, op=IDENTITY, attributes={}, operands=operands, labelled=False)
        norm = self.last_norms.get(node.id)
        if norm is None:
            return replace(node, id=node_id, operands=operands)
        # What the spec calls the norm's result is now the layer's.
        binding = norm.binding or node.binding
        attributes: dict[str, Any] = {**node.attributes, "bias": True}
        return replace(node, id=node_id, operands=operands, attributes=attributes, binding=binding)

    def _operand(self, operand: Operand) -> Operand:
        via = self._via(operand.node, operand.via)
        return operand._replace(node=self.place[operand.node], via=via)

    def _via(self, node_id: int, via: int) -> int:
        """The scope that yields what is read; that of the layer where the norm behind it is gone."""
        while via < 0 and node_id in self.layers and node_id not in self.kept:
            source = self.network.node(node_id).operands[0]
            node_id, via = source.node, source.via
        return via
