"""What running a network takes: memory of inference and of training, and time on a device."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from resnet_dsl.analysis.cost import CostReport
from resnet_dsl.analysis.devices import DTYPE_BYTES, Device
from resnet_dsl.analysis.facts import facts, held_bytes
from resnet_dsl.analysis.fit import Fit, need
from resnet_dsl.analysis.lifetimes import both_lifetimes
from resnet_dsl.analysis.peak import Peak, inference_peak
from resnet_dsl.analysis.receptive_field import FieldSize, deepest_field, field_sizes
from resnet_dsl.analysis.training_memory import TrainingMemory, training_memory
from resnet_dsl.analysis.workload import Workload, workload
from resnet_dsl.ir.graph import Network

if TYPE_CHECKING:
    from resnet_dsl.analysis.roofline import Roofline

_FLOAT32_BYTES = 4


@dataclass(frozen=True)
class Resources:
    """Memory and time of a network at a batch size.

    `weight_bytes`, `inference_weight_bytes` (without auxiliary heads) and `peak` (inference's
    activations) are in `dtype`; `training` is of float32.
    `work` is what a batch of inference, or of training, computes and moves in `dtype`.
    `field` is the deepest one, None for networks without maps; `fields` are those of all maps.
    `roofline` is None where no device was asked for, `fit` also where its memory is not known.
    """

    batch: int
    dtype: str
    weight_bytes: int
    inference_weight_bytes: int
    peak: Peak
    training: TrainingMemory
    work: Workload
    field: FieldSize | None
    fields: tuple[FieldSize, ...] = ()
    roofline: Roofline | None = None
    fit: Fit | None = None


def resources(
    network: Network,
    *,
    batch: int = 1,
    dtype: str = "float32",
    device: Device | None = None,
    training: bool = False,
    optimizer: str = "momentum",
) -> Resources:
    """The resources of a network.

    Raises `DeviceError` where the device has no rate for `dtype`.
    """
    each = DTYPE_BYTES[dtype]
    nodes = facts(network)
    inference, step = both_lifetimes(network, nodes)
    peak = inference_peak(network, lives=inference)
    inference_weights = sum([held_bytes(nodes[index], each) for index in inference.order])
    sizes = field_sizes(network, nodes)
    work = workload(network, batch, dtype, training, optimizer, nodes)
    times = fit = None
    if device is not None:
        from resnet_dsl.analysis.roofline import timed

        times = timed(work, device)
        if device.memory_bytes:
            fit = Fit(
                device.memory_bytes,
                need(
                    lambda samples: inference_weights + peak.bytes * samples * each // _FLOAT32_BYTES,
                    batch,
                    device.memory_bytes,
                ),
                need(
                    lambda samples: training_memory(network, samples, optimizer, step).peak_bytes,
                    batch,
                    device.memory_bytes,
                ),
            )
    return Resources(
        batch,
        dtype,
        sum([held_bytes(entry, each) for entry in nodes]),
        inference_weights,
        Peak(peak.bytes * batch * each // _FLOAT32_BYTES, peak.path),
        training_memory(network, batch, optimizer, step),
        work,
        deepest_field(network, sizes),
        tuple([size for size in sizes if size is not None]),
        times,
        fit,
    )


def with_resources(report: CostReport, found: Resources) -> CostReport:
    """The report with its resources beside it, and the work and time of each layer in its row."""
    work = {layer.path: layer for layer in found.work.layers}
    layers = tuple(
        [
            layer._replace(flops=done.flops, moved_bytes=done.moved_bytes) if done is not None else layer
            for layer in report.layers
            for done in (work.get(layer.path),)
        ]
    )
    if found.roofline is not None:
        times = {layer.path: layer for layer in found.roofline.layers}
        layers = tuple(
            [
                layer._replace(
                    seconds=times[layer.path].seconds, compute_seconds=times[layer.path].compute_seconds
                )
                if layer.path in times
                else layer
                for layer in layers
            ]
        )
    return replace(report, layers=layers, resources=found)


def measured(
    network: Network,
    report: CostReport,
    batch: int = 1,
    dtype: str = "float32",
    device: Device | None = None,
    training: bool = False,
    optimizer: str = "momentum",
) -> CostReport:
    """The network's report for a batch, with its resources: see `resources`."""
    found = resources(
        network, batch=batch, dtype=dtype, device=device, training=training, optimizer=optimizer
    )
    return with_resources(report if batch == 1 else report.at_batch(batch), found)
