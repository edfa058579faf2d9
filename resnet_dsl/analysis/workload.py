"""The work of one batch: what each pass computes and moves, whatever it runs on.

Every operator reads its operands and weights once and writes its result once: nothing is fused,
nothing stays in a cache. This is the traffic of Williams, Waterman and Patterson 2009, Roofline: an
insightful visual performance model, where arithmetic intensity is FLOPs a byte of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from resnet_dsl.analysis.devices import DTYPE_BYTES, DeviceError
from resnet_dsl.analysis.facts import FLOAT_BYTES, Facts, facts
from resnet_dsl.analysis.training_memory import OPTIMIZER_STATES
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network

# Tensors of the parameters' size that one step of an optimizer reads and writes: parameter,
# gradient and each moment are read, parameter and moments are written.
OPTIMIZER_TRAFFIC = {name: 3 + 2 * states for name, states in OPTIMIZER_STATES.items()}


class Pass(NamedTuple):
    """One kernel's work: operations, bytes moved, whether matrix units do it, and its multiply-adds.

    `flops` are 2 x `macs` and the other operations.
    """

    flops: int
    moved_bytes: int
    matrix: bool
    macs: int = 0


class LayerWork(NamedTuple):
    """One operator: its passes, forward first."""

    node: int
    path: str
    op: str
    passes: tuple[Pass, ...]

    @property
    def flops(self) -> int:
        return sum([entry.flops for entry in self.passes])

    @property
    def moved_bytes(self) -> int:
        return sum([entry.moved_bytes for entry in self.passes])

    @property
    def macs(self) -> int:
        """Multiply-adds of all passes."""
        return sum([entry.macs for entry in self.passes])


@dataclass(frozen=True)
class Workload:
    """The work of one batch, layer by layer in execution order.

    In training a layer has its forward and backward passes: a product is done again for the
    gradient of its weights, and once more for that of its operand, but for operands that need none,
    as the first layer's. `optimizer` is the update of the parameters; in inference it is None.
    """

    batch: int
    dtype: str
    training: bool
    layers: tuple[LayerWork, ...]
    optimizer: LayerWork | None = None

    @cached_property
    def flops(self) -> int:
        return sum([layer.flops for layer in self.every])

    @cached_property
    def moved_bytes(self) -> int:
        return sum([layer.moved_bytes for layer in self.every])

    @cached_property
    def macs(self) -> int:
        """Multiply-adds of all passes."""
        return sum([layer.macs for layer in self.every])

    @property
    def intensity(self) -> float:
        """Arithmetic intensity: FLOPs a byte moved, over the whole batch."""
        return self.flops / self.moved_bytes if self.moved_bytes else 0.0

    @property
    def every(self) -> tuple[LayerWork, ...]:
        """The layers, and the optimizer's step."""
        return self.layers if self.optimizer is None else (*self.layers, self.optimizer)


def workload(
    network: Network,
    batch: int = 1,
    dtype: str = "float32",
    training: bool = False,
    optimizer: str = "momentum",
    nodes: Sequence[Facts] | None = None,
) -> Workload:
    """The work of one batch, per layer and in total.

    Inference runs the graph without auxiliary heads; training a forward and a backward pass with
    them, and a step of `optimizer` (a key of `OPTIMIZER_TRAFFIC`). `nodes` are the network's facts
    where they are known already. Raises `DeviceError` for an unknown dtype, `ValueError` for a batch
    below 1.
    """
    if batch < 1:
        raise ValueError(f"a batch has at least one sample, not {batch}")
    if dtype not in DTYPE_BYTES:
        raise DeviceError(f"there is no dtype `{dtype}`; known here: {', '.join(DTYPE_BYTES)}")
    nodes = facts(network) if nodes is None else nodes
    shown = network.training_nodes() if training else network.inference_nodes()
    kernels = _Kernels(nodes, shown, batch, DTYPE_BYTES[dtype])
    layers = []
    for entry in nodes:
        if entry.operator.category is Category.INPUT or entry.node.id not in shown:
            continue
        passes = [kernels.forward(entry, training)]
        if training:
            passes += kernels.backward(entry)
        layers.append(LayerWork(entry.node.id, entry.node.path, entry.operator.name, tuple(passes)))
    step = None
    if training:
        params = sum([entry.params for entry in nodes if entry.node.id in shown])
        tensors = OPTIMIZER_TRAFFIC[optimizer]
        update = Pass(
            2 * params * OPTIMIZER_STATES[optimizer] + 2 * params, FLOAT_BYTES * tensors * params, False
        )
        step = LayerWork(-1, "optimizer", optimizer, (update,))
    return Workload(batch, dtype, training, tuple(layers), step)


class _Kernels:
    """What each node computes and moves; sizes are of a batch, in bytes of the dtype.

    `running` are the nodes that run: no other counts as a reader.
    """

    def __init__(
        self, nodes: Sequence[Facts], running: Collection[int], batch: int, element_bytes: int
    ) -> None:
        self.nodes = nodes
        self.batch = batch
        self.element_bytes = element_bytes
        self.needs_gradient: list[bool] = []
        self.readers = [0] * len(nodes)
        for entry in nodes:
            below = any([self.needs_gradient[source] for source in entry.sources])
            self.needs_gradient.append(below or entry.params > 0)
            for source in entry.sources if entry.node.id in running else ():
                self.readers[source] += 1

    def size(self, node: int) -> int:
        return self.nodes[node].output_bytes // FLOAT_BYTES * self.batch * self.element_bytes

    def weight_bytes(self, entry: Facts) -> int:
        return entry.elements * self.element_bytes

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
        read = sum([self.size(source) for source in dict.fromkeys(entry.sources)])
        if training and operator.category is Category.NORM:
            read *= 2  # statistics first, then the values
        moved = read + self.size(node.id) + self.weight_bytes(entry)
        if training and self.needs_gradient[node.id]:
            moved += self.kept_bytes(entry)
        return Pass(2 * macs + others, moved, _on_matrix_units(entry), macs)

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
                yield Pass(2 * macs, size + weights + written, matrix, macs)
            if entry.params:
                read = sum(self.size(source) for source in entry.sources)
                others = operator.other_ops(node.attributes, entry.inputs, node.shape) * self.batch
                yield Pass(2 * macs + others, size + read + weights, matrix, macs)
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
    if entry.operator.category not in (Category.CONV, Category.LINEAR):  # a set would call their hash
        return False
    groups = int(entry.node.attributes.get("groups", 1))
    return groups == 1 or groups < int(entry.inputs[0].channels)
