"""Many networks beside each other: one row each, for a table or a scatter plot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

from resnet_dsl.analysis.cost import CostReport
from resnet_dsl.analysis.devices import DTYPE_BYTES, Device
from resnet_dsl.analysis.lifetimes import both_lifetimes
from resnet_dsl.analysis.peak import inference_peak
from resnet_dsl.analysis.roofline import roofline
from resnet_dsl.analysis.training_memory import training_memory
from resnet_dsl.ir.graph import Network

Order = Literal["given", "name", "params", "macs", "peak", "step", "depth", "time"]
ORDERS: tuple[Order, ...] = get_args(Order)
_FLOAT32_BYTES = 4


class FamilyRow(NamedTuple):
    """One network: where it stands, its size and its cost.

    `macs` are of one sample; `peak_bytes` is what activations take at once in inference, `step_bytes`
    the most that a float32 training step takes with its weights and optimizer, `seconds` the least time of a batch on a device, None where none was named. `spec` is a file's name.
    """

    spec: str
    model: str
    input: tuple[int, ...]
    params: int
    macs: int
    peak_bytes: int
    step_bytes: int
    depth: int
    seconds: float | None = None


def family_row(
    spec: str,
    network: Network,
    report: CostReport,
    *,
    batch: int = 1,
    dtype: str = "float32",
    device: Device | None = None,
    optimizer: str = "momentum",
) -> FamilyRow:
    """The row of a network. Raises `DeviceError` where the device has no rate for `dtype`."""
    inference, step = both_lifetimes(network)
    return FamilyRow(
        spec,
        network.title,
        report.input,
        report.params,
        report.macs,
        inference_peak(network, lives=inference).bytes * batch * DTYPE_BYTES[dtype] // _FLOAT32_BYTES,
        training_memory(network, batch, optimizer, step).peak_bytes,
        report.depth,
        None if device is None else roofline(network, device, batch, dtype).seconds,
    )


def in_order(rows: Sequence[FamilyRow], order: Order, *, descending: bool = False) -> list[FamilyRow]:
    """Sorted by one column; rows that are equal in it keep their order."""
    if order == "given":
        return list(reversed(rows)) if descending else list(rows)
    return sorted(rows, key=lambda row: _key(row, order), reverse=descending)


def _key(row: FamilyRow, order: Order) -> tuple[float, str]:
    figures = {
        "params": row.params,
        "macs": row.macs,
        "peak": row.peak_bytes,
        "step": row.step_bytes,
        "depth": row.depth,
        "time": row.seconds or 0.0,
    }
    return figures.get(order, 0), row.model if order == "name" else ""
