"""Time by the roofline: each pass takes as long as its arithmetic or its memory traffic needs.

Williams, Waterman and Patterson 2009, Roofline: an insightful visual performance model. It is a
bound from below: every kernel runs at the device's peak, each tensor is read and written once by
the operator that uses it (nothing is fused, nothing stays in a cache), and launches cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from resnet_dsl.analysis.devices import DTYPE_BYTES, Device, DeviceError
from resnet_dsl.analysis.facts import Facts, facts
from resnet_dsl.analysis.training_memory import OPTIMIZER_STATES
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network

_FLOAT32_BYTES = 4
# Tensors of the parameters' size that one step of an optimizer reads and writes: parameter,
# gradient and each moment are read, parameter and moments are written.
OPTIMIZER_TRAFFIC = {name: 3 + 2 * states for name, states in OPTIMIZER_STATES.items()}


class Pass(NamedTuple):
    """One kernel's work: operations, bytes moved, and whether matrix units do it."""

    flops: int
    moved_bytes: int
    matrix: bool


class LayerTime(NamedTuple):
    """One operator: FLOPs and bytes of all its passes, their time, and what bounds it.

    `bound` is ``compute``, ``memory``, or ``free`` for what neither computes nor moves anything.
    """

    node: int
    path: str
    op: str
    flops: int
    moved_bytes: int
    seconds: float
    bound: str
    compute_seconds: float = 0.0  # of the passes that arithmetic bounds

    @property
    def intensity(self) -> float:
        """Arithmetic intensity: FLOPs a byte moved."""
        return self.flops / self.moved_bytes if self.moved_bytes else 0.0


@dataclass(frozen=True)
class Roofline:
    """A network's time on a device, layer by layer in execution order.

    In training, a layer has its forward and backward passes, and `optimizer` is the update of the
    parameters; in inference it is None.
    """

    device: Device
    batch: int
    dtype: str
    training: bool
    layers: tuple[LayerTime, ...]
    optimizer: LayerTime | None = None

    @cached_property
    def seconds(self) -> float:
        """One batch: inference, or a training step."""
        return sum(layer.seconds for layer in self._all)

    @cached_property
    def flops(self) -> int:
        return sum(layer.flops for layer in self._all)

    @cached_property
    def moved_bytes(self) -> int:
        return sum(layer.moved_bytes for layer in self._all)

    @property
    def intensity(self) -> float:
        """FLOPs a byte moved, over the whole batch."""
        return self.flops / self.moved_bytes if self.moved_bytes else 0.0

    @property
    def samples_per_second(self) -> float:
        return self.batch / self.seconds if self.seconds else 0.0

    @property
    def bound(self) -> str:
        """What bounds most of the time."""
        by_compute = sum(layer.compute_seconds for layer in self._all)
        return "compute" if 2 * by_compute > self.seconds else "memory"

    @property
    def _all(self) -> tuple[LayerTime, ...]:
        return self.layers if self.optimizer is None else (*self.layers, self.optimizer)


def roofline(
    network: Network,
    device: Device,
    batch: int = 1,
    dtype: str = "float32",
    training: bool = False,
    optimizer: str = "momentum",
) -> Roofline:
    """The time of one batch, per layer and in total.

    Inference runs the graph without auxiliary heads; training a forward and a backward pass with
    them, and a step of `optimizer` (a key of `OPTIMIZER_TRAFFIC`). Raises `DeviceError` where the
    device has no rate for `dtype`, `ValueError` for a batch below 1.
    """
    if batch < 1:
        raise ValueError(f"a batch has at least one sample, not {batch}")
    if dtype not in DTYPE_BYTES:
        raise DeviceError(f"there is no dtype `{dtype}`; known here: {', '.join(DTYPE_BYTES)}")
    machine = _Machine(device, device.rate(dtype))
    nodes = facts(network)
    work = _Work(nodes, batch, DTYPE_BYTES[dtype])
    shown = None if training else network.inference_nodes()
    layers = []
    for entry in nodes:
        if entry.operator.category is Category.INPUT or (shown is not None and entry.node.id not in shown):
            continue
        passes = [work.forward(entry, training)]
        if training:
            passes += work.backward(entry)
        layers.append(machine.layer(entry.node.id, entry.node.path, entry.operator.name, passes))
    step = None
    if training:
        params = sum(weight.elements for entry in nodes for weight in entry.weights if weight.trainable)
        tensors = OPTIMIZER_TRAFFIC[optimizer]
        update = Pass(
            2 * params * OPTIMIZER_STATES[optimizer] + 2 * params, _FLOAT32_BYTES * tensors * params, False
        )
        step = machine.layer(-1, "optimizer", optimizer, [update])
    return Roofline(device, batch, dtype, training, tuple(layers), step)


class _Machine(NamedTuple):
    device: Device
    matrix_rate: float

    def layer(self, node: int, path: str, op: str, passes: Sequence[Pass]) -> LayerTime:
        by_compute = by_memory = 0.0
        for entry in passes:
            arithmetic = entry.flops / (self.matrix_rate if entry.matrix else self.device.vector_flops)
            traffic = entry.moved_bytes / self.device.bandwidth
            if arithmetic > traffic:
                by_compute += arithmetic
            else:
                by_memory += traffic
        seconds = by_compute + by_memory
        bound = "free" if not seconds else "compute" if by_compute > by_memory else "memory"
        flops, moved = sum(entry.flops for entry in passes), sum(entry.moved_bytes for entry in passes)
        return LayerTime(node, path, op, flops, moved, seconds, bound, by_compute)


class _Work:
    """What each node computes and moves; sizes are of a batch, in bytes of the dtype."""

    def __init__(self, nodes: Sequence[Facts], batch: int, element_bytes: int) -> None:
        self.nodes = nodes
        self.batch = batch
        self.element_bytes = element_bytes
        self.needs_gradient: list[bool] = []
        self.readers = [0] * len(nodes)
        for entry in nodes:
            trained = any([weight.trainable for weight in entry.weights])
            self.needs_gradient.append(trained or any([self.needs_gradient[i] for i in entry.sources]))
            for source in entry.sources:
                self.readers[source] += 1

    def size(self, node: int) -> int:
        return self.nodes[node].output_bytes // _FLOAT32_BYTES * self.batch * self.element_bytes

    def weight_bytes(self, entry: Facts) -> int:
        return sum(weight.elements for weight in entry.weights) * self.element_bytes

    def kept_bytes(self, entry: Facts) -> int:
        """What an operator makes for its backward pass besides its output: indices, masks."""
        saved = entry.operator.saved(entry.node.attributes, entry.inputs, entry.node.shape)
        return saved.extra_bytes * self.batch + saved.fixed_bytes

    def forward(self, entry: Facts, training: bool) -> Pass:
        node, operator = entry.node, entry.operator
        if operator.view:
            return Pass(0, 0, False)
        macs = operator.macs(node.attributes, entry.inputs, node.shape) * self.batch
        others = operator.other_ops(node.attributes, entry.inputs, node.shape) * self.batch
        read = sum(self.size(source) for source in dict.fromkeys(entry.sources))
        if training and operator.category is Category.NORM:
            read *= 2  # statistics first, then the values
        moved = read + self.size(node.id) + self.weight_bytes(entry)
        if training and self.needs_gradient[node.id]:
            moved += self.kept_bytes(entry)
        return Pass(2 * macs + others, moved, _on_matrix_units(entry))

    def backward(self, entry: Facts) -> Iterator[Pass]:
        """The passes from the gradient of the output to those of the operands and weights."""
        node, operator = entry.node, entry.operator
        if not self.needs_gradient[node.id]:
            return
        size = self.size(node.id)
        for _ in range(self.readers[node.id] - 1):  # gradients of several readers are added up
            yield Pass(size // self.element_bytes, 3 * size, False)
        wanted = [source for source in dict.fromkeys(entry.sources) if self.needs_gradient[source]]
        written = sum(self.size(source) for source in wanted)
        if operator.view:
            smaller = wanted and self.size(wanted[0]) > size  # a part's gradient is set into zeros
            yield Pass(0, size + written if smaller else 0, False)
            return
        macs = operator.macs(node.attributes, entry.inputs, node.shape) * self.batch
        if macs:
            matrix, weights = _on_matrix_units(entry), self.weight_bytes(entry)
            if wanted:
                yield Pass(2 * macs, size + weights + written, matrix)
            if any([weight.trainable for weight in entry.weights]):
                read = sum(self.size(source) for source in entry.sources)
                others = operator.other_ops(node.attributes, entry.inputs, node.shape) * self.batch
                yield Pass(2 * macs + others, size + read + weights, matrix)
            return
        if operator.arity[1] is None:
            return  # of a sum or a join: each operand's gradient is the output's, or lies in it
        saved = operator.saved(node.attributes, entry.inputs, node.shape)
        read = size + sum(self.size(entry.sources[place]) for place in saved.operands)
        read += size if saved.output else 0
        if operator.category is Category.NORM:
            read *= 2  # sums over the batch first, then the values
        others = operator.other_ops(node.attributes, entry.inputs, node.shape) * self.batch
        yield Pass(others, read + self.kept_bytes(entry) + written + self.weight_bytes(entry), False)


def _on_matrix_units(entry: Facts) -> bool:
    """Convolutions and products, but for depthwise ones: a group of one channel fills no matrix."""
    if entry.operator.category not in {Category.CONV, Category.LINEAR}:
        return False
    groups = int(entry.node.attributes.get("groups", 1))
    return groups == 1 or groups < int(entry.inputs[0].channels)
