"""A checkpoint as data: which tensors a file holds, and a way to their bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

from resnet_dsl.weights.dtypes import SIZES

MAX_TENSORS = 100_000  # ResNet-1202 has about 7,000
MAX_KEY = 1_000  # characters
MAX_DIMENSIONS = 16


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """One tensor of a file: its key there, its shape, and its dtype as torch names it."""

    key: str
    shape: tuple[int, ...]
    dtype: str

    @property
    def bytes_count(self) -> int:
        return prod(self.shape) * SIZES.get(self.dtype, 0)


@dataclass(frozen=True)
class Checkpoint:
    """What a file holds.

    `format` is ``safetensors`` or ``torch``, `wrapper` the dotted way to the weights inside the file
    where they lie in a larger value, and `others` the ways to further ones. `in_order` says that the
    file keeps the order in which modules were registered; safetensors does not.
    """

    path: Path
    format: str
    tensors: Sequence[TensorInfo]
    read: Callable[[TensorInfo], bytes]  # its elements, little-endian, in C order
    wrapper: str = ""
    others: Sequence[str] = ()
    in_order: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)
