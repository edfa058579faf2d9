"""Batches of an epoch, and of a part to be judged."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.augment.apply import augmented
from resnet_dsl.training.augment.mixing import mixed
from resnet_dsl.training.data.parts import Dataset, Part, Samples
from resnet_dsl.training.key_points import are_points, heat_maps, without_those_outside
from resnet_dsl.training.randomness import epoch_order

# Images of several batches are augmented together while they are this few numbers: the cost of
# small images is that of calling, not of computing. On a CPU they should stay in its cache.
TOGETHER = {"cpu": 1 << 19, "cuda": 1 << 25}


def training_batches(
    data: Dataset,
    recipe: Recipe,
    epoch: int,
    first_step: int,
    *,
    device: torch.device | None = None,
    rank: int = 0,
    world: int = 1,
) -> Iterator[Part]:
    """An epoch's batches from `first_step` on: augmented, normalised, mixed, all of one size.

    A pure function of its arguments. What does not fill a batch is left out of this epoch; the
    next epoch's order leaves out others. Of each batch a process gets the `rank`-th of `world` shares,
    batch_size // world images, which are the same as in the whole batch, mixing included.
    """
    size, part = recipe.batch_size, data.training
    share = size // world
    # Mixing blends an image with the one before it, which for the first of a share is another process's.
    ahead = int(world > 1 and bool(recipe.mixup or recipe.cutmix))
    width = ahead + share
    order = epoch_order(len(part), recipe.seed, epoch)
    steps = len(part) // size
    stride = _batches_together(data, share)
    # Counted from the epoch's start, so that a run that goes on computes in the same groups.
    for first in range(first_step // stride * stride, steps, stride):
        numbers = range(first, min(first + stride, steps))
        places = torch.arange(rank * share - ahead, (rank + 1) * share) % size
        chosen = torch.cat([order[number * size + places] for number in numbers])
        batch = part.at(chosen)
        if device is not None:
            batch = Part(
                batch.images.to(device, non_blocking=True), batch.labels.to(device, non_blocking=True)
            )
        mirrored = data.joints.mirrored if data.joints else None
        batch = augmented(batch, recipe.augment, chosen, recipe.seed, epoch, mirrored)
        images = data.normalised(batch.images)
        for place, number in enumerate(numbers):
            if number < first_step:
                continue
            span = slice(place * width, (place + 1) * width)
            one = Part(images[span], _targets(data, batch.labels[span], images))
            yield mixed(one, recipe, data.classes, epoch, number, has_first_partner=bool(ahead))


def _batches_together(data: Dataset, share: int) -> int:
    if not isinstance(data.training, Part):
        return 1
    images = data.training.images
    return max(1, TOGETHER.get(images.device.type, 1) // max(1, share * images[0].numel()))


def evaluation_batches(
    data: Dataset,
    part: Samples,
    batch_size: int,
    *,
    device: torch.device | None = None,
    rank: int = 0,
    world: int = 1,
) -> Iterator[Part]:
    """A part in order, normalised, the middle square of `data.evaluation_size`; no image twice.

    The last batch may be small; images that cannot be read are left out. Of a part, process `rank`
    gets every `world`-th image.
    """
    indices = torch.arange(rank, len(part), world)
    for start in range(0, len(indices), batch_size):
        chosen = indices[start : start + batch_size]
        batch = part.at(chosen, complete=False)
        if not len(batch):
            continue
        images, labels = batch.images, batch.labels
        if device is not None:
            images, labels = images.to(device, non_blocking=True), labels.to(device, non_blocking=True)
        seen = _middle(images, data.evaluation_size)
        if are_points(labels):
            labels = _middle_points(labels, images, seen)
        elif labels.ndim == 3 and labels.shape[-2:] == images.shape[-2:]:
            labels = _middle(labels, data.evaluation_size)
        seen = data.normalised(seen)
        yield Part(seen, _targets(data, labels, seen))


def _middle(images: Tensor, size: int) -> Tensor:
    """The middle square of `size` pixels of (..., H, W); all of it for 0 or where it is smaller."""
    height, width = images.shape[-2:]
    if size == 0 or (height <= size and width <= size):
        return images
    top, left = max(0, height - size) // 2, max(0, width - size) // 2
    return images[..., top : top + size, left : left + size]


def _middle_points(points: Tensor, images: Tensor, seen: Tensor) -> Tensor:
    """Key points of `images` as those of their middle, `seen`."""
    height, width = seen.shape[-2:]
    top, left = (images.shape[-2] - height) // 2, (images.shape[-1] - width) // 2
    x, y, visibility = points.unbind(-1)
    return without_those_outside(torch.stack([x - left, y - top, visibility], -1), (height, width))


def _targets(data: Dataset, labels: Tensor, images: Tensor) -> Tensor:
    """Labels as a loss takes them; key points become heat maps of their `images`."""
    if data.joints is not None:
        return heat_maps(labels, (images.shape[-2], images.shape[-1]), data.joints.stride)
    return as_targets(labels)


def as_targets(labels: Tensor) -> Tensor:
    """Labels as a loss takes them: masks of bytes become int64, 255 becomes `IGNORED`."""
    if labels.dtype != torch.uint8:
        return labels
    wide = labels.long()
    return torch.where(wide == 255, -100, wide) if labels.ndim == 3 else wide


def hard_labels(labels: Tensor) -> Tensor:
    """(N,) classes: of mixed labels (N, classes) the larger share."""
    return labels.argmax(1) if labels.ndim == 2 and labels.is_floating_point() else labels
