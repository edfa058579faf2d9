"""Shapes: ``[C, H, W]`` for feature maps, ``[F]`` for vectors, the batch implied."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shape:
    """The dimensions of one value without its batch."""

    dims: tuple[int, ...]

    @classmethod
    def map(cls, channels: int, height: int, width: int) -> Shape:
        return cls((channels, int(height), int(width)))

    @classmethod
    def vector(cls, features: int) -> Shape:
        return cls((features,))

    @property
    def rank(self) -> int:
        return len(self.dims)

    @property
    def is_map(self) -> bool:
        return len(self.dims) == 3

    @property
    def channels(self) -> int:
        """Channels of a map, features of a vector."""
        return self.dims[0]

    @property
    def height(self) -> int:
        return self.dims[1]

    @property
    def width(self) -> int:
        return self.dims[2]

    @property
    def spatial(self) -> tuple[int, ...]:
        return self.dims[1:]

    @property
    def elements(self) -> int:
        """Elements of one sample."""
        total = 1
        for dim in self.dims:
            total *= int(dim)
        return total

    def plain(self) -> list[int]:
        """The dimensions as bare ints, for JSON."""
        return [int(dim) for dim in self.dims]

    def batched(self) -> str:
        """As docstrings write it: ``(N, 64, 56, 56)``."""
        return "(" + ", ".join(["N", *(str(int(dim)) for dim in self.dims)]) + ")"

    def __str__(self) -> str:
        return "x".join(str(int(dim)) for dim in self.dims)
