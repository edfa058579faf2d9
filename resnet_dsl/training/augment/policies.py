"""TrivialAugment and RandAugment: one operation of fourteen for each image, at a strength.

The fourteen, their ranges and their signs are those of Müller and Hutter 2021 (arXiv 2103.10158,
table 1, "wide") and of Cubuk et al. 2019 (arXiv 1909.13719, section 3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from resnet_dsl.training.augment.colour import (
    auto_contrasted,
    brightened,
    contrasted,
    equalized,
    posterized,
    saturated,
    sharpened,
    solarized,
)
from resnet_dsl.training.augment.geometry import Warp, identity_matrix, turn_matrix, warped, warped_labels

OPERATIONS = 14
# Their numbers: 0 leaves the image alone, 1 to 5 move it, the rest change its colours.
_SHEAR_X, _SHEAR_Y, _MOVE_X, _MOVE_Y, _TURN = range(1, 6)


@dataclass(frozen=True, slots=True)
class Ranges:
    """What full strength means: shear as a slope, moves in pixels, turns in degrees, bits taken away."""

    shear: float
    move: tuple[float, float]  # down and right
    degrees: float
    factor: float
    bits: float


def wide(size: tuple[int, int]) -> Ranges:
    """TrivialAugment's ranges."""
    return Ranges(0.99, (32.0, 32.0), 135.0, 0.99, 6.0)


def narrow(size: tuple[int, int]) -> Ranges:
    """RandAugment's ranges."""
    return Ranges(0.3, (size[0] * 150 / 331, size[1] * 150 / 331), 30.0, 0.9, 4.0)


def varied(
    images: Tensor, labels: Tensor, which: Tensor, strength: Tensor, sign: Tensor, ranges: Ranges
) -> tuple[Tensor, Tensor]:
    """Images (N, C, H, W) and labels after operation `which` (N,), at `strength` (N,) from 0 to 1.

    What is not moved keeps its pixels and its labels to the bit, whatever the rest of the batch does.
    `which`, `strength` and `sign` lie on the CPU, so that choosing waits for no device.
    """
    size = (images.shape[-2], images.shape[-1])
    moving = (which >= _SHEAR_X) & (which <= _TURN) & (strength > 0)
    if bool(moving.any()):
        matrix = _matrices(which, strength * sign, ranges, size)
        warp = Warp(matrix.to(images.device, non_blocking=True), size)
        # Through one call for all; the identity's grid is off by rounding, so what stays is taken from before.
        moves = moving.to(images.device, non_blocking=True)
        images = torch.where(moves[:, None, None, None], warped(images, warp), images)
        if labels.ndim >= 3:
            moved = warped_labels(labels, warp, size)
            labels = torch.where(moves.view(-1, *[1] * (labels.ndim - 1)), moved, labels)
    factors = 1 + strength * sign * ranges.factor
    operations: list[Callable[[Tensor, Tensor], Tensor]] = [
        lambda some, rows: brightened(some, factors[rows]),
        lambda some, rows: saturated(some, factors[rows]),
        lambda some, rows: contrasted(some, factors[rows]),
        lambda some, rows: sharpened(some, factors[rows]),
        lambda some, rows: posterized(some, 8 - (strength[rows] * ranges.bits).round()),
        lambda some, rows: solarized(some, 1 - strength[rows]),
        lambda some, rows: auto_contrasted(some),
        lambda some, rows: equalized(some),
    ]
    changed = images.clone()
    for number, operation in enumerate(operations, _TURN + 1):
        rows = (which == number).nonzero().flatten()
        if len(rows):
            place = rows.to(images.device, non_blocking=True)
            changed[place] = operation(images[place], rows)
    return changed, labels


def _matrices(which: Tensor, strength: Tensor, ranges: Ranges, size: tuple[int, int]) -> Tensor:
    height, width = size
    matrix = identity_matrix(len(which))
    turn = turn_matrix(strength * ranges.degrees, torch.ones(len(which)), size)
    matrix = torch.where((which == _TURN)[:, None, None], turn, matrix)
    zero = torch.zeros(len(which))
    matrix[:, 0, 1] += torch.where(which == _SHEAR_X, strength * ranges.shear * height / width, zero)
    matrix[:, 1, 0] += torch.where(which == _SHEAR_Y, strength * ranges.shear * width / height, zero)
    matrix[:, 0, 2] += torch.where(which == _MOVE_X, strength * 2 * ranges.move[1] / width, zero)
    matrix[:, 1, 2] += torch.where(which == _MOVE_Y, strength * 2 * ranges.move[0] / height, zero)
    return matrix
