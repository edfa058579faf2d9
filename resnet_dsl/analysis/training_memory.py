"""Memory of one training step: weights, gradients, optimizer state, and what autograd keeps.

The step is followed operator by operator: forward, where a storage stays as long as somebody holds
it (`lifetimes`) or the backward pass needs it, then backward in the opposite order, where gradients
come and what was kept goes. Eager float32, no checkpointing; library workspace is apart.
"""

from __future__ import annotations

from typing import NamedTuple

from resnet_dsl.analysis.facts import FLOAT_BYTES, Facts, held_bytes
from resnet_dsl.analysis.lifetimes import Lifetimes, lifetimes
from resnet_dsl.analysis.storages import storages, working_bytes
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network

# Moments of each parameter that an optimizer keeps from step to step.
OPTIMIZER_STATES = {"sgd": 0, "momentum": 1, "adam": 2, "adamw": 2}


class TrainingMemory(NamedTuple):
    """Bytes of float32 in one training step.

    `peak_bytes` is everything at the worst moment: weights, optimizer state, activations, and the
    gradients that exist by then; `path` names the operator whose pass that is, "" for the
    optimizer's own step. Weights that nothing runs have no gradient and no state. Gradients of the step before are dropped first, as ``zero_grad()`` does.
    """

    batch: int
    optimizer: str
    weight_bytes: int
    gradient_bytes: int
    optimizer_bytes: int
    saved_bytes: int
    peak_bytes: int
    path: str


def training_memory(
    network: Network, batch: int = 1, optimizer: str = "momentum", lives: Lifetimes | None = None
) -> TrainingMemory:
    """The memory of a step on `batch` samples; `optimizer` is a key of `OPTIMIZER_STATES`.

    `lives` are training's lifetimes where they are known already.
    """
    lives = lifetimes(network, training=True) if lives is None else lives
    nodes = lives.nodes
    weights = sum([held_bytes(entry) for entry in nodes])
    gradients = FLOAT_BYTES * sum([nodes[index].params for index in lives.order])
    states = gradients * OPTIMIZER_STATES[optimizer]
    step = _Step(network, lives, batch)
    step.forward()
    saved = step.saved_bytes
    step.backward()
    peak, path = step.peak, step.path
    if gradients > peak:
        peak, path = gradients, ""
    return TrainingMemory(batch, optimizer, weights, gradients, states, saved, weights + states + peak, path)


class _Step:
    """One forward and backward pass: what lives, and the most that did."""

    def __init__(self, network: Network, lives: Lifetimes, batch: int) -> None:
        self.network = network
        self.nodes, self.order, self.last = lives
        self.batch = batch
        self.base = storages(self.nodes, training=True)
        self.trained = [False] * len(self.nodes)
        self.live = 0
        self.peak = 0
        self.path = ""
        self.saved_bytes = 0
        self.keepers: dict[int, int] = {}  # storage -> passes to come that need it
        # By node, the storages that its backward pass reads, and bytes that nothing else does.
        self.kept: list[tuple[int, ...]] = [()] * len(self.nodes)
        self.extra = [0] * len(self.nodes)
        self.pinned: set[int] = set()  # held by the caller

    def forward(self) -> None:
        ends = [-1] * len(self.nodes)
        for value, base in enumerate(self.base):
            ends[base] = max(ends[base], self.last[value])
        outputs = [self.network.output, *[entry.node for entry in self.network.auxiliary]]
        self.pinned = {self.base[index] for index in [*self.network.inputs, *outputs]}
        going: dict[int, list[int]] = {}
        for value, base in enumerate(self.base):
            if base == value and value not in self.pinned:
                going.setdefault(ends[value], []).append(value)
        for place, index in enumerate(self.order):
            node = self.nodes[index].node
            if self.base[index] == index:
                self.take(self.size(index), node.path)
            self._keep(self.nodes[index])
            for value in going.get(place, []):
                if value not in self.keepers:
                    self.live -= self.size(value)
        counted = {storage for kept in self.kept for storage in kept}
        self.saved_bytes = sum(self.size(storage) for storage in counted) + sum(self.extra)

    def _keep(self, entry: Facts) -> None:
        """Notes what the node's backward pass will read."""
        node, operator = entry.node, entry.operator
        takes = [self.trained[source] for source in entry.sources]
        if not entry.params and not any(takes):
            self._pass_by(working_bytes(entry, training=True) * self.batch, node.path)
            return
        self.trained[node.id] = True
        saved = operator.saved(node.attributes, entry.inputs, node.shape)
        values = [self.base[entry.sources[place]] for place in saved.kept(takes)]
        if saved.output:
            values.append(self.base[node.id])
        self.kept[node.id] = tuple(dict.fromkeys(values))
        for storage in self.kept[node.id]:
            self.keepers[storage] = self.keepers.get(storage, 0) + 1
        self.extra[node.id] = saved.extra_bytes * self.batch + saved.fixed_bytes
        self.take(self.extra[node.id], node.path)

    def backward(self) -> None:
        gradients = _Gradients(self)
        same: list[int] = []  # an identity returns the tensor that it is given, not one made of it
        for entry in self.nodes:
            is_same = entry.operator.category is Category.IDENTITY
            same.append(same[entry.sources[0]] if is_same else entry.node.id)
        for output in [self.network.output, *[entry.node for entry in self.network.auxiliary]]:
            index = same[output]
            if index not in gradients.of and self.trained[index]:
                gradients.of[index] = gradients.new(index)
        for index in reversed(self.order):
            if index not in gradients.of:
                continue
            entry, own = self.nodes[index], gradients.of.pop(index)
            self.take(FLOAT_BYTES * entry.params, entry.node.path)
            sent = []
            # Gradients of what was spread over a larger map, before they are summed, and what else the
            # pass makes and drops.
            passing_bytes = self._backward_bytes(entry)
            for source in dict.fromkeys([same[operand] for operand in self._receivers(entry)]):
                if self._passes_on(entry, source):
                    sent.append((source, gradients.share(own)))
                    continue
                sent.append((source, gradients.new(source)))
                if entry.operator.category is Category.MERGE:  # a square: a gradient for either factor
                    times = [same[operand] for operand in entry.sources].count(source)
                    passing_bytes += (times - 1) * self.size(source)
                if entry.operator.category is Category.MERGE and self.size(source) < self.size(index):
                    passing_bytes += self.size(index)
            self._pass_by(passing_bytes, entry.node.path)
            gradients.release(own)
            self._drop(index)
            for source, storage in sent:
                gradients.add(source, storage)

    def _receivers(self, entry: Facts) -> list[int]:
        """The operands that a gradient goes to; of a view's others the size alone is read."""
        sources = entry.sources[:1] if entry.operator.view else dict.fromkeys(entry.sources)
        return [source for source in sources if self.trained[source]]

    def _passes_on(self, entry: Facts, source: int) -> bool:
        """Whether the operand's gradient is the output's, or a part of it."""
        if entry.operator.view:
            return self.size(source) == self.size(entry.node.id)
        return entry.operator.hands_on or entry.operator.arity[1] is None

    def _backward_bytes(self, entry: Facts) -> int:
        """What the backward pass makes and drops again, beside the gradients that it leaves."""
        operator, node = entry.operator, entry.node
        if operator.backward_bytes is None:
            return 0
        receives = self.trained[entry.sources[0]]
        return operator.backward_bytes(node.attributes, entry.inputs, node.shape, receives) * self.batch

    def _drop(self, node: int) -> None:
        self.live -= self.extra[node]
        for storage in self.kept[node]:
            self.keepers[storage] -= 1
            if not self.keepers[storage] and storage not in self.pinned:
                self.live -= self.size(storage)

    def _pass_by(self, size: int, path: str) -> None:
        """Takes what goes again at once."""
        self.take(size, path)
        self.live -= size

    def take(self, size: int, path: str) -> None:
        self.live += size
        if self.live > self.peak:
            self.peak, self.path = self.live, path

    def size(self, node: int) -> int:
        return self.nodes[node].output_bytes * self.batch


class _Gradients:
    """Gradients of values: the storage that each lies in, and how many hold a storage."""

    def __init__(self, step: _Step) -> None:
        self.step = step
        self.of: dict[int, int] = {}  # node -> storage
        self.sizes: list[int] = []
        self.holders: list[int] = []

    def new(self, node: int) -> int:
        """A storage for the gradient of a node's value."""
        self.sizes.append(self.step.size(node))
        self.holders.append(1)
        self.step.take(self.sizes[-1], self.step.nodes[node].node.path)
        return len(self.sizes) - 1

    def share(self, storage: int) -> int:
        self.holders[storage] += 1
        return storage

    def release(self, storage: int) -> None:
        self.holders[storage] -= 1
        if not self.holders[storage]:
            self.step.live -= self.sizes[storage]

    def add(self, node: int, storage: int) -> None:
        """Adds what one more reader sent: in place, unless others hold what is there."""
        before = self.of.get(node)
        if before is None:
            self.of[node] = storage
            return
        if self.holders[before] > 1:
            self.of[node] = self.new(node)
            self.release(before)
        self.release(storage)
