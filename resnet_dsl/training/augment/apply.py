"""A recipe's augmentations, applied to a batch in the order of its list."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from resnet_dsl.semantics.recipe_variations import (
    Augmentation,
    ColorJitter,
    Crop,
    Elastic,
    Erase,
    Flip,
    Lighting,
    RandAugment,
    RandomResizedCrop,
    Rotation,
    Shift,
    TrivialAugment,
)
from resnet_dsl.training.augment import colour, policies
from resnet_dsl.training.augment.draws import Draws
from resnet_dsl.training.augment.geometry import (
    Warp,
    box_matrix,
    identity_matrix,
    turn_matrix,
    warped,
    warped_labels,
    window,
)
from resnet_dsl.training.batch import Part, unit_floats
from resnet_dsl.training.key_points import are_points


def augmented(
    batch: Part,
    steps: Sequence[Augmentation],
    indices: Tensor,
    seed: int,
    epoch: int,
    mirrored: Tensor | None = None,
) -> Part:
    """The batch after each of `steps`: images (N, C, H, W), bytes or from 0 to 1, labels moved alike.

    `indices` (N,) say which samples these are and lie on the CPU. Bytes stay bytes while pixels only
    move by whole places. Of key points, `mirrored` (K,) says which joint each becomes in a mirror.
    """
    images, labels = batch.images, batch.labels
    for place, step in enumerate(steps):
        draws = Draws(indices, seed, f"augment/{place}/{step.kind}", epoch)
        match step:
            case Shift() | Crop():
                images, labels = _cut(images, labels, step, draws)
            case Flip():
                images, labels = _flipped(images, labels, step, draws, mirrored)
            case RandomResizedCrop() | Rotation() | Elastic():
                images = unit_floats(images)
                warp = _warp(step, draws, images)
                labels = warped_labels(labels, warp, (images.shape[-2], images.shape[-1]))
                images = warped(images, warp)
            case TrivialAugment() | RandAugment():
                images, labels = _by_policy(unit_floats(images), labels, step, draws)
            case _:
                images = _coloured(unit_floats(images), step, draws)
    return Part(images, labels)


def _cut(images: Tensor, labels: Tensor, step: Shift | Crop, draws: Draws) -> tuple[Tensor, Tensor]:
    """A box without interpolation; shifts and crops with padding are the same thing."""
    rows, columns = images.shape[-2:]
    pad = step.pixels if isinstance(step, Shift) else step.pad
    size = step.size if isinstance(step, Crop) and step.size else 0
    height, width = size or rows, size or columns
    pad = max(pad, -(-(height - rows) // 2), -(-(width - columns) // 2))  # a box fits in any case
    shares = draws.uniform(2)
    tops = _one_of(shares[:, 0], rows + 2 * pad - height)
    lefts = _one_of(shares[:, 1], columns + 2 * pad - width)
    if labels.ndim >= 3:
        sizes = torch.full((len(tops),), float(height)), torch.full((len(tops),), float(width))
        matrix = box_matrix((tops - pad).float(), (lefts - pad).float(), *sizes, (rows, columns))
        warp = Warp(matrix.to(images.device, non_blocking=True), (height, width))
        labels = warped_labels(labels, warp, (rows, columns))
    place = torch.stack([tops, lefts]).to(images.device, non_blocking=True)
    return window(images, place[0], place[1], height, width, pad), labels


def _one_of(shares: Tensor, most: int | Tensor) -> Tensor:
    """Whole numbers from 0 to `most`, evenly, of shares from 0 to below 1."""
    numbers = (shares * (most + 1)).long()
    return torch.minimum(numbers, torch.as_tensor(most, dtype=torch.int64))


def _flipped(
    images: Tensor, labels: Tensor, step: Flip, draws: Draws, mirrored: Tensor | None
) -> tuple[Tensor, Tensor]:
    chosen = (draws.uniform(1)[:, 0] < step.probability).to(images.device, non_blocking=True)
    axis = -2 if step.vertical else -1
    if are_points(labels):
        other = _mirrored_points(labels, images.shape[axis], step.vertical, mirrored)
        labels = torch.where(chosen[:, None, None], other, labels)
    elif labels.ndim >= 3:
        labels = torch.where(chosen.view(-1, *[1] * (labels.ndim - 1)), labels.flip(axis), labels)
    return torch.where(chosen[:, None, None, None], images.flip(axis), images), labels


def _mirrored_points(points: Tensor, length: int, vertical: bool, mirrored: Tensor | None) -> Tensor:
    """Key points (N, K, 3) in a mirror, in which a left hand is a right one, whichever way it hangs."""
    x, y, seen = points.unbind(-1)
    x, y = (x, length - 1 - y) if vertical else (length - 1 - x, y)
    points = torch.stack([x, y, seen], -1)
    return points if mirrored is None else points.index_select(1, mirrored.to(points.device))


def _warp(step: RandomResizedCrop | Rotation | Elastic, draws: Draws, images: Tensor) -> Warp:
    size = (images.shape[-2], images.shape[-1])
    bend = None
    match step:
        case RandomResizedCrop():
            matrix = _resized_box(step, draws, size)
            size = (step.size, step.size)
        case Rotation():
            shares = draws.uniform(2, -1.0, 1.0)
            matrix = turn_matrix(shares[:, 0] * step.degrees, 1 + shares[:, 1] * step.zoom, size)
        case Elastic():
            matrix = identity_matrix(len(images))
            moves = draws.normal(2 * step.grid**2).view(-1, 2, step.grid, step.grid)
            per_pixel = 2 * step.deviation_pixels / torch.tensor([size[1], size[0]])
            bend = (moves * per_pixel[:, None, None]).to(images.device, non_blocking=True)
    return Warp(matrix.to(images.device, non_blocking=True), size, bend)


def _resized_box(step: RandomResizedCrop, draws: Draws, size: tuple[int, int]) -> Tensor:
    rows, columns = size
    heights, widths = _boxes(draws.uniform(2), step.area_fractions, step.aspect_ratios, size)
    places = Draws(draws.indices, draws.seed, f"{draws.purpose}/place", draws.epoch).uniform(2)
    return box_matrix(
        places[:, 0] * (rows - heights), places[:, 1] * (columns - widths), heights, widths, size
    )


def _boxes(
    shares: Tensor, areas: Sequence[float], aspects: Sequence[float], size: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """Heights and widths in pixels: areas evenly, aspect ratios evenly in their logarithm, cut to the image."""
    rows, columns = size
    area = (areas[0] + shares[:, 0] * (areas[1] - areas[0])) * rows * columns
    low, high = torch.tensor(aspects).log()
    ratio = (low + shares[:, 1] * (high - low)).exp()
    return (area / ratio).sqrt().clamp(1, rows), (area * ratio).sqrt().clamp(1, columns)


def _coloured(images: Tensor, step: Augmentation, draws: Draws) -> Tensor:
    match step:
        case ColorJitter():
            shares = draws.uniform(4, -1.0, 1.0)
            images = colour.brightened(images, 1 + shares[:, 0] * step.brightness)
            images = colour.contrasted(images, 1 + shares[:, 1] * step.contrast)
            images = colour.saturated(images, 1 + shares[:, 2] * step.saturation)
            return colour.hue_turned(images, shares[:, 3] * step.hue) if step.hue else images
        case Lighting():
            return colour.lit(images, draws.normal(3) * step.deviation)
        case Erase():
            return _erased(images, step, draws)
        case _:
            raise AssertionError(f"no colours are changed by {step.kind}")


def _erased(images: Tensor, step: Erase, draws: Draws) -> Tensor:
    size = (images.shape[-2], images.shape[-1])
    shares = draws.uniform(5)
    heights, widths = _boxes(shares[:, :2], step.area_fractions, step.aspect_ratios, size)
    heights, widths = heights.round(), widths.round()
    tops = _one_of(shares[:, 2], size[0] - heights)
    lefts = _one_of(shares[:, 3], size[1] - widths)
    heights = torch.where(shares[:, 4] < step.probability, heights, 0.0)
    box = torch.stack([tops, tops + heights, lefts, lefts + widths]).to(images.device, non_blocking=True)
    rows = torch.arange(size[0], device=images.device)[None, :, None]
    columns = torch.arange(size[1], device=images.device)[None, None, :]
    top, bottom, left, right = box[:, :, None, None]
    inside = (rows >= top) & (rows < bottom) & (columns >= left) & (columns < right)
    return torch.where(inside[:, None], images.mean((2, 3), keepdim=True), images)


def _by_policy(
    images: Tensor, labels: Tensor, step: TrivialAugment | RandAugment, draws: Draws
) -> tuple[Tensor, Tensor]:
    size = (images.shape[-2], images.shape[-1])
    rounds = 1 if isinstance(step, TrivialAugment) else step.operations
    shares = draws.uniform(3 * rounds)
    for number in range(rounds):
        which, level, sign = shares[:, 3 * number : 3 * number + 3].unbind(1)
        if isinstance(step, TrivialAugment):
            strength = _one_of(level, step.bins - 1) / (step.bins - 1)
            ranges = policies.wide(size)
        else:
            strength = torch.full_like(level, step.magnitude / 30)
            ranges = policies.narrow(size)
        images, labels = policies.varied(
            images,
            labels,
            _one_of(which, policies.OPERATIONS - 1),
            strength,
            torch.where(sign < 0.5, -1.0, 1.0),
            ranges,
        )
    return images, labels
