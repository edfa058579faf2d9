"""What figures are told of: an input, a batch, a type of elements, and a device."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resnet_dsl.analysis.devices import Device

_SHAPE = re.compile(r"[1-9][0-9]{0,9}(x[1-9][0-9]{0,9}){0,3}")


class Dtype(StrEnum):
    """What elements are, in memory and in arithmetic."""

    FLOAT32 = "float32"
    TF32 = "tf32"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"


class Optimizer(StrEnum):
    """What a training step ends with; momentum is SGD with it."""

    SGD = "sgd"
    MOMENTUM = "momentum"
    ADAM = "adam"
    ADAMW = "adamw"


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
    sizes = text.split("x")
    if not _SHAPE.fullmatch(text) or len(sizes) not in (1, 3):
        raise _no_shape(text)
    return tuple(int(size) for size in sizes)


def reads_otherwise(shape: Sequence[int]) -> bool:
    """Whether a shape may be meant in another way than channels first: `check_shape` then knows."""
    return len(shape) == 1 or (shape[1] != shape[2] and shape[0] != shape[2])


def check_shape(shape: Sequence[int], declared: Sequence[int]) -> None:
    """A usage error where a map that the spec declares is given without channels, or with them last."""
    text = "x".join(map(str, shape))
    if len(shape) == 1 and len(declared) == 3:
        raise _no_shape(text)
    if len(shape) == len(declared) == 3 and shape[0] != declared[0] == shape[2]:
        first = "x".join(map(str, (shape[2], shape[0], shape[1])))
        raise typer.BadParameter(f"channels come first: {first}, not {text}", param_hint="--input")


def _no_shape(text: str) -> typer.BadParameter:
    return typer.BadParameter(
        f"`{text}` is no shape of a map: write channels, height and width, as in 3x224x224; a vector has one number",
        param_hint="--input",
    )
