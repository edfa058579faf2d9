"""Time by the roofline: each pass takes as long as its arithmetic or its memory traffic needs.

Williams, Waterman and Patterson 2009, Roofline: an insightful visual performance model. It is a
bound from below: every kernel runs at the device's peak, each tensor is read and written once by
the operator that uses it (nothing is fused, nothing stays in a cache), and launches cost nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from resnet_dsl.analysis.devices import Device
from resnet_dsl.analysis.workload import LayerWork, Workload, workload
from resnet_dsl.ir.graph import Network


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

    @cached_property
    def compute_seconds(self) -> float:
        """The part of the time that passes take which arithmetic bounds."""
        return sum(layer.compute_seconds for layer in self._all)

    @property
    def bound(self) -> str:
        """What bounds the passes that take most of the time.

        Each pass has a bound of its own, so this need not be the larger of all arithmetic at the
        device's peak and all traffic at its bandwidth, which passes that do both at once would take.
        """
        return "compute" if 2 * self.compute_seconds > self.seconds else "memory"

    @property
    def bound_share(self) -> float:
        """The share of the time that `bound` bounds, a half to one."""
        by_compute = self.compute_seconds / self.seconds if self.seconds else 0.0
        return max(by_compute, 1 - by_compute)

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
    them, and a step of `optimizer` (a key of `workload.OPTIMIZER_TRAFFIC`). Raises `DeviceError` where the
    device has no rate for `dtype`, `ValueError` for a batch below 1.
    """
    return timed(workload(network, batch, dtype, training, optimizer), device)


def timed(work: Workload, device: Device) -> Roofline:
    """The time of a batch's work. Raises `DeviceError` where the device has no rate for its dtype."""
    machine = _Machine(device, device.rate(work.dtype))
    layers = tuple([machine.layer(layer) for layer in work.layers])
    step = None if work.optimizer is None else machine.layer(work.optimizer)
    return Roofline(device, work.batch, work.dtype, work.training, layers, step)


class _Machine(NamedTuple):
    device: Device
    matrix_rate: float

    def layer(self, work: LayerWork) -> LayerTime:
        by_compute = by_memory = 0.0
        for entry in work.passes:
            arithmetic = entry.flops / (self.matrix_rate if entry.matrix else self.device.vector_flops)
            traffic = entry.moved_bytes / self.device.bandwidth
            if arithmetic > traffic:
                by_compute += arithmetic
            else:
                by_memory += traffic
        seconds = by_compute + by_memory
        bound = "free" if not seconds else "compute" if by_compute > by_memory else "memory"
        return LayerTime(
            work.node, work.path, work.op, work.flops, work.moved_bytes, seconds, bound, by_compute
        )
