"""Sums of a cost report by block, by stage or over the whole model."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Literal, NamedTuple, get_args

from resnet_dsl.analysis.cost import CostReport, LayerCost, Runs

Grouping = Literal["op", "block", "stage", "model"]
GROUPINGS: tuple[Grouping, ...] = get_args(Grouping)


class GroupCost(NamedTuple):
    """Consecutive layers summed: one operator, one instance of a block or stage, or the model.

    Layers that stand in no block (or stage) form groups between those that do; their `path` names
    the `first` and `last` of them. `in_shapes` are those of the first layer, `out_shape` that of
    the last. All layers of a group run in the same graphs.
    """

    path: str
    kind: str
    detail: str
    layers: int
    in_shapes: tuple[tuple[int, ...], ...]
    out_shape: tuple[int, ...]
    params: int
    buffers: int
    macs: int
    other_ops: int
    activation_bytes: int
    saved_bytes: int
    runs: Runs
    seconds: float = 0.0
    compute_seconds: float = 0.0
    flops: int = 0
    moved_bytes: int = 0

    @property
    def inference(self) -> bool:
        """Whether inference runs it."""
        return self.runs == "always"

    @property
    def intensity(self) -> float:
        """FLOPs a byte moved."""
        return self.flops / self.moved_bytes if self.moved_bytes else 0.0

    @property
    def bound(self) -> str:
        """What bounds most of the time on the device: compute, memory, or free of either."""
        if not self.seconds:
            return "free"
        return "compute" if 2 * self.compute_seconds > self.seconds else "memory"


def group(report: CostReport, by: Grouping) -> tuple[GroupCost, ...]:
    """The rows of a report, in execution order."""
    if by == "op":
        return tuple(_operator(layer) for layer in report.layers)
    if by == "model":
        return (_model(report),)
    instance = _block if by == "block" else _stage
    runs = groupby(report.layers, lambda layer: (instance(layer), layer.stage, layer.runs))
    return tuple(_sum(*key[0], list(layers)) for key, layers in runs)


def _block(layer: LayerCost) -> tuple[str, str]:
    return layer.block or "", layer.block_type


def _stage(layer: LayerCost) -> tuple[str, str]:
    return layer.stage or "", layer.stage_type


def _operator(layer: LayerCost) -> GroupCost:
    return GroupCost(
        path=layer.path,
        kind=layer.op,
        detail=layer.detail,
        layers=1,
        in_shapes=layer.in_shapes,
        out_shape=layer.out_shape,
        params=layer.params,
        buffers=layer.buffers,
        macs=layer.macs,
        other_ops=layer.other_ops,
        activation_bytes=layer.activation_bytes,
        saved_bytes=layer.saved_bytes,
        runs=layer.runs,
        seconds=layer.seconds,
        compute_seconds=layer.compute_seconds,
        flops=layer.flops,
        moved_bytes=layer.moved_bytes,
    )


def _model(report: CostReport) -> GroupCost:
    return GroupCost(
        path=report.model,
        kind="model",
        detail="",
        layers=len(report.layers),
        in_shapes=tuple(shape for _, shape in report.inputs),
        out_shape=report.output,
        params=report.params,
        buffers=report.buffers,
        macs=report.macs,
        other_ops=report.other_ops,
        activation_bytes=report.activation_bytes,
        saved_bytes=report.saved_bytes,
        runs="always",
        seconds=sum(layer.seconds for layer in report.layers),
        compute_seconds=sum(layer.compute_seconds for layer in report.layers),
        flops=sum(layer.flops for layer in report.layers),
        moved_bytes=sum(layer.moved_bytes for layer in report.layers),
    )


def _sum(path: str, kind: str, layers: Sequence[LayerCost]) -> GroupCost:
    if not path:
        if len(layers) == 1:
            return _operator(layers[0])
        path, kind = f"{layers[0].path} .. {layers[-1].path}", _operators(layers)
    return GroupCost(
        path=path,
        kind=kind,
        detail="",
        layers=len(layers),
        in_shapes=layers[0].in_shapes,
        out_shape=layers[-1].out_shape,
        params=sum(layer.params for layer in layers),
        buffers=sum(layer.buffers for layer in layers),
        macs=sum(layer.macs for layer in layers),
        other_ops=sum(layer.other_ops for layer in layers),
        activation_bytes=sum(layer.activation_bytes for layer in layers),
        saved_bytes=sum(layer.saved_bytes for layer in layers),
        runs=layers[0].runs,
        seconds=sum(layer.seconds for layer in layers),
        compute_seconds=sum(layer.compute_seconds for layer in layers),
        flops=sum(layer.flops for layer in layers),
        moved_bytes=sum(layer.moved_bytes for layer in layers),
    )


def _operators(layers: Sequence[LayerCost]) -> str:
    """``conv, bn, relu``: what a run of loose operators consists of, each named once."""
    return ", ".join(dict.fromkeys(layer.op for layer in layers))
