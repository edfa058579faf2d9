"""Key points as labels, and the heat maps that a network is to give for them.

Points are (N, K, 3), float32: x and y in pixels of the sample, the middle of the first pixel at 0, and COCO's
visibility, which is above 0 where a joint was labelled. They become maps once the images have been varied, so a map
is always a bell of the same width about the very place.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import torch
from torch import Tensor

UNLABELLED = float("nan")  # all over the map of a joint whose place is not known, which counts for nothing
_SIDES = re.compile("left|right")


@dataclass(frozen=True, slots=True)
class Joints:
    """What is known of a set's joints beside their places.

    `mirrored` (K,), int64, has for each joint the one that it becomes in a mirror; a heat map has a place for
    `stride` x `stride` pixels.
    """

    mirrored: Tensor
    stride: int

    @property
    def have_sides(self) -> bool:
        """Whether a mirror swaps any two of them."""
        return bool((self.mirrored != torch.arange(len(self.mirrored), device=self.mirrored.device)).any())

    def to(self, device: torch.device) -> Joints:
        return Joints(self.mirrored.to(device), self.stride)


def joints_named(names: Sequence[str], stride: int) -> Joints:
    """Joints that are named alike but for `left` and `right` are each other's mirror images.

    Where several names differ in capitals alone, only a pair that is each other's and nobody else's is swapped.
    """
    lower = [name.lower() for name in names]
    count = Counter(lower)
    places = {name: place for place, name in enumerate(lower) if count[name] == 1}
    partners = [
        places.get(_SIDES.sub(lambda found: "left" if found[0] == "right" else "right", name), place)
        for place, name in enumerate(lower)
    ]
    mirrored = [other if partners[other] == place else place for place, other in enumerate(partners)]
    return Joints(torch.tensor(mirrored, dtype=torch.int64), stride)


def are_points(labels: Tensor) -> bool:
    """Whether these are places of key points, (N, K, 3), and no masks (N, H, W), which are whole numbers."""
    return labels.ndim == 3 and labels.is_floating_point()


def without_those_outside(points: Tensor, size: tuple[int, int]) -> Tensor:
    """The points with visibility 0 where they lie outside an image of `size`, (H, W), or nowhere at all."""
    x, y, seen = points.unbind(-1)
    height, width = size
    inside = (x >= -0.5) & (x < width - 0.5) & (y >= -0.5) & (y < height - 0.5)
    return torch.stack([x, y, torch.where(inside, seen, 0.0)], -1)


def heat_maps(points: Tensor, size: tuple[int, int], stride: int) -> Tensor:
    """Points (N, K, 3) of images of `size`, (H, W), as maps (N, K, H / stride, W / stride).

    `UNLABELLED` all over where a joint's visibility is 0.
    """
    x, y, seen = points.unbind(-1)
    return torch.where((seen > 0)[:, :, None, None], bells(y, x, *size, stride), UNLABELLED)


def bells(down: Tensor, right: Tensor, height: int, width: int, stride: int) -> Tensor:
    """(N, K, H / stride, W / stride): for each point a bell of deviation one about its place, 1 at its highest.

    Newell et al. 2016, arXiv 1603.06937, section 3.3.
    """
    return (-distances(down, right, height, width, stride) / (2 * stride**2)).exp()


def distances(down: Tensor, right: Tensor, height: int, width: int, stride: int) -> Tensor:
    """(N, K, H / stride, W / stride): squared distances in pixels from the middles of cells to the points."""
    middle = (stride - 1) / 2
    rows = torch.arange(ceil(height / stride), device=down.device) * stride + middle
    columns = torch.arange(ceil(width / stride), device=down.device) * stride + middle
    rows_off = (rows[:, None] - down[:, :, None, None]).square()
    columns_off = (columns[None, :] - right[:, :, None, None]).square()
    return rows_off + columns_off
