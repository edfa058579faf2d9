"""Shapes without their batch: ``[C, H, W]`` for feature maps, ``[F]`` for vectors, ``[C, L]`` for
sequences, and ``[H, W, C]`` for maps whose channels come last."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod


@dataclass(frozen=True, slots=True)
class Shape:
    """The dimensions of one value without its batch, in the order of its memory.

    `channels_last` tells a map ``[H, W, C]`` from one ``[C, H, W]``. It is part of the shape, and
    not a way of reading three numbers, so that nothing can mistake a width for channels.
    """

    dims: tuple[int, ...]
    channels_last: bool = False

    @classmethod
    def map(cls, channels: int, height: int, width: int) -> Shape:
        return cls((channels, int(height), int(width)))

    @classmethod
    def vector(cls, features: int) -> Shape:
        return cls((features,))

    def with_channels(self, channels: int) -> Shape:
        """The same shape with another number of channels."""
        if self.channels_last:
            return Shape((*self.dims[:-1], channels), True)
        return Shape((channels, *self.dims[1:]))

    @property
    def rank(self) -> int:
        return len(self.dims)

    @property
    def is_map(self) -> bool:
        """Whether it is ``[C, H, W]``."""
        return len(self.dims) == 3 and not self.channels_last

    @property
    def channels(self) -> int:
        """Channels of a map, features of a vector."""
        return self.dims[-1] if self.channels_last else self.dims[0]

    @property
    def height(self) -> int:
        return self.spatial[0]

    @property
    def width(self) -> int:
        return self.spatial[1]

    @property
    def spatial(self) -> tuple[int, ...]:
        """What is not channels: height and width of a map, the length of a sequence."""
        return self.dims[:-1] if self.channels_last else self.dims[1:]

    @property
    def elements(self) -> int:
        """Elements of one sample."""
        return prod(map(int, self.dims))

    def plain(self) -> list[int]:
        """The dimensions as bare ints, for JSON."""
        return [int(dim) for dim in self.dims]

    def batched(self) -> str:
        """As docstrings write it: ``(N, 64, 56, 56)``."""
        return "(" + ", ".join(["N", *(str(int(dim)) for dim in self.dims)]) + ")"

    def __str__(self) -> str:
        return "x".join(str(int(dim)) for dim in self.dims)
