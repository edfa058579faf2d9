"""Images and their labels, together: a batch, or a whole part of a data set in memory."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Part:
    """Images (N, C, H, W), uint8 or float32 from 0 to 1, and their labels (N, ...)."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def at(self, indices: Tensor, *, complete: bool = True) -> Part:  # noqa: ARG002 - all can be read
        where = indices.to(self.labels.device, non_blocking=True)  # or the host would wait for the device
        return Part(self.images.index_select(0, where), self.labels.index_select(0, where))

    def to(self, device: torch.device) -> Part:
        return Part(self.images.to(device), self.labels.to(device))


def unit_floats(images: Tensor) -> Tensor:
    """Bytes as float32 from 0 to 1; floats as they are."""
    return images.float().div_(255) if images.dtype == torch.uint8 else images  # in place: half the memory
