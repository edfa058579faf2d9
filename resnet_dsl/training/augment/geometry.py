"""Moving pixels: windows without interpolation, and warps with it.

A warp maps places of the output to places of the input, in coordinates from -1 to 1 over an image's
edges. What moves an image moves its mask (nearest pixel, `OUTSIDE` where there is none), its heat maps
(bilinear) and its key points (by the warp's inverse) as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from resnet_dsl.training.key_points import are_points, without_those_outside

OUTSIDE = 255  # in masks: a pixel that came from nowhere, and counts for nothing
_ROUNDS = 12  # of following a bend back; one of a slope of a half is then known to 1/4000 of its reach
_NEAR_PIXELS = 0.5  # from where a point was, to where following it forth again leads


@dataclass(frozen=True, slots=True)
class Warp:
    """`matrix` (N, 2, 3) from (x, y, 1) of the output to (x, y) of the input; then `bend` is added.

    `bend` (N, 2, h, w) is of any size and stretched to the output's. `size` is that of the output, in pixels.
    """

    matrix: Tensor
    size: tuple[int, int]
    bend: Tensor | None = None

    def grid(self, height: int, width: int) -> Tensor:
        """(N, height, width, 2), as `grid_sample` takes it."""
        shape = [len(self.matrix), 1, height, width]
        grid = functional.affine_grid(self.matrix, shape, align_corners=False)
        if self.bend is not None:
            grid = grid + self._stretched(self.bend, height, width).permute(0, 2, 3, 1)
        return grid

    def back(self, places: Tensor) -> tuple[Tensor, Tensor]:
        """(N, K, 2) places of the input as places of the output, and how far off they are there, (N, K), in pixels.

        A bend has no inverse that could be written down: what it adds is taken from where the place seems to
        be, and again from there. Where it folds the image, what is found
        is one of several places, or near none.
        """
        a, b, across, c, d, down = self.matrix.flatten(1).unsqueeze(1).unbind(-1)

        def straight(x: Tensor, y: Tensor) -> Tensor:
            x, y = x - across, y - down
            return torch.stack([d * x - b * y, a * y - c * x], -1) / (a * d - b * c).unsqueeze(-1)

        found = straight(*places.unbind(-1))
        if self.bend is None:
            return found, torch.zeros_like(found[..., 0])
        bend = self._stretched(self.bend, *self.size)
        last = found
        for _ in range(_ROUNDS):
            moves = functional.grid_sample(
                bend, found.unsqueeze(1), padding_mode="border", align_corners=False
            )
            last, found = found, straight(*(places - moves.squeeze(2).transpose(1, 2)).unbind(-1))
        right, lower = (found - last).unbind(-1)
        return found, torch.hypot(right * self.size[1] / 2, lower * self.size[0] / 2)

    @staticmethod
    def _stretched(bend: Tensor, height: int, width: int) -> Tensor:
        return functional.interpolate(bend, (height, width), mode="bicubic", align_corners=True)


def window(images: Tensor, tops: Tensor, lefts: Tensor, height: int, width: int, pad: int) -> Tensor:
    """A box of each image (N, C, H, W) with `pad` pixels of zeros around; `tops`, `lefts` (N,) count those."""
    padded = functional.pad(images, (pad, pad, pad, pad))
    rows = tops[:, None] + torch.arange(height, device=images.device)
    columns = lefts[:, None] + torch.arange(width, device=images.device)
    sample = torch.arange(len(images), device=images.device)[:, None, None]
    # Advanced indices around the channel slice move the channel axis to the end.
    return padded[sample, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2).contiguous()


def warped(images: Tensor, warp: Warp) -> Tensor:
    """Images (N, C, H, W), float, bilinear; zeros come in from outside."""
    return functional.grid_sample(images, warp.grid(*warp.size), align_corners=False)


def warped_labels(labels: Tensor, warp: Warp, before: tuple[int, int]) -> Tensor:
    """Masks, heat maps or key points moved as an image of size `before` was; classes as they are."""
    if labels.ndim < 3:
        return labels
    if are_points(labels):
        return _warped_points(labels, warp, before)
    height, width = (
        side * new // old for side, new, old in zip(labels.shape[-2:], warp.size, before, strict=True)
    )
    grid = warp.grid(height, width)
    if labels.ndim == 4:
        return functional.grid_sample(labels, grid, align_corners=False)
    floats = labels.unsqueeze(1).float() - OUTSIDE
    moved = functional.grid_sample(floats, grid, mode="nearest", align_corners=False)
    return (moved + OUTSIDE).squeeze(1).to(labels.dtype)


def _warped_points(points: Tensor, warp: Warp, before: tuple[int, int]) -> Tensor:
    """Key points (N, K, 3); those that leave the image, or have no one place in it, are no longer visible."""
    x, y, seen = points.unbind(-1)
    (rows, columns), (height, width) = before, warp.size
    places, off = warp.back(torch.stack([(2 * x + 1) / columns - 1, (2 * y + 1) / rows - 1], -1))
    x, y = ((places[..., 0] + 1) * width - 1) / 2, ((places[..., 1] + 1) * height - 1) / 2
    return without_those_outside(
        torch.stack([x, y, torch.where(off < _NEAR_PIXELS, seen, 0.0)], -1), warp.size
    )


def box_matrix(tops: Tensor, lefts: Tensor, heights: Tensor, widths: Tensor, size: tuple[int, int]) -> Tensor:
    """The warp's matrix that stretches a box of an image of `size`, in pixels, over the output."""
    rows, columns = size
    matrix = torch.zeros(len(tops), 2, 3)
    matrix[:, 0, 0] = widths / columns
    matrix[:, 0, 2] = (2 * lefts + widths) / columns - 1
    matrix[:, 1, 1] = heights / rows
    matrix[:, 1, 2] = (2 * tops + heights) / rows - 1
    return matrix


def turn_matrix(degrees: Tensor, zoom: Tensor, size: tuple[int, int]) -> Tensor:
    """Turns counter-clockwise about the middle and makes larger by `zoom`; angles stay true on any image."""
    rows, columns = size
    radians = degrees * torch.pi / 180
    matrix = torch.zeros(len(degrees), 2, 3)
    matrix[:, 0, 0] = radians.cos() / zoom
    matrix[:, 0, 1] = -radians.sin() / zoom * rows / columns
    matrix[:, 1, 0] = radians.sin() / zoom * columns / rows
    matrix[:, 1, 1] = radians.cos() / zoom
    return matrix


def identity_matrix(count: int) -> Tensor:
    return torch.eye(2, 3).repeat(count, 1, 1)
