"""What the graph needs to know of an operator.

The records themselves live above, in `ops`; the graph only holds them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from math import prod
from typing import Any, NamedTuple, Protocol

from resnet_dsl.ir.shape import Shape


class Category(Enum):
    """What an operator is for; reports group by it and diagrams colour by it."""

    INPUT = "input"
    CONV = "conv"
    LINEAR = "linear"
    NORM = "norm"
    ACTIVATION = "activation"
    POOLING = "pooling"
    MERGE = "merge"
    RESHAPE = "reshape"
    REGULARISER = "regulariser"
    IDENTITY = "identity"


class Weight(NamedTuple):
    """One tensor of an operator's state: its last key part, shape in plain ints, and whether it is trained.

    Without a name it is a bare tensor: the operator's path is its whole key.
    """

    name: str
    shape: tuple[int, ...]
    trainable: bool = True
    dtype: str = "float32"

    @property
    def elements(self) -> int:
        return prod(self.shape)


class OperatorLike(Protocol):
    """The part of an operator record that the graph and its checks call."""

    @property
    def name(self) -> str: ...
    @property
    def category(self) -> Category: ...
    def infer(self, attributes: Mapping[str, Any], inputs: Sequence[Shape]) -> Shape: ...
    def weights(self, attributes: Mapping[str, Any], inputs: Sequence[Shape]) -> tuple[Weight, ...]: ...
