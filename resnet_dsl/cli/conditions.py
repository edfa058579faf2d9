"""What figures are told of: an input, a batch, a type of elements, and a device."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from resnet_dsl.analysis.devices import Device

_SHAPE = re.compile(r"[1-9][0-9]{0,9}(x[1-9][0-9]{0,9}){0,3}")


class Dtype(StrEnum):
    """What elements are, in memory and in arithmetic."""

    FLOAT32 = "float32"
    TF32 = "tf32"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"


Batch = Annotated[
    int, typer.Option(metavar="N", min=1, max=2**31, help="Samples that bytes and times are counted for.")
]
DeviceName = Annotated[
    str | None,
    typer.Option(
        "--device",
        metavar="NAME",
        help="Estimate times on h200, h100, a100, rtx4090, laptop-cpu or `flops=20e12,bandwidth=900e9`.",
    ),
]
ElementType = Annotated[Dtype, typer.Option(help="What elements are.")]


def parse_device(text: str, dtype: Dtype) -> Device:
    """A device that has a rate for the dtype; typer's usage error for anything else."""
    from resnet_dsl.analysis.devices import DeviceError
    from resnet_dsl.analysis.devices import device as find

    try:
        found = find(text)
        found.rate(dtype.value)
    except DeviceError as error:
        raise typer.BadParameter(str(error), param_hint="--device") from None
    return found


def parse_shape(text: str) -> tuple[int, ...]:
    """``3x256x256`` as numbers; typer's usage error for anything else."""
    if not _SHAPE.fullmatch(text):
        raise typer.BadParameter(f"`{text}` is no shape; write it as 3x224x224", param_hint="--input")
    return tuple(int(size) for size in text.split("x"))
