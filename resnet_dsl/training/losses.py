"""Losses of a batch, from a recipe: means over images or pixels, in float32 at least.

Targets are what `data` gives: classes (N,), int64; shares of classes (N, classes) after mixing;
masks (N, H, W), int64, with `IGNORED` where a pixel counts for nothing; heat maps (N, K, H, W), NaN
where a joint counts for nothing.

Of a batch in several parts, each part's loss is such that the mean over the parts is the loss of the whole
batch: a sum over the part's pixels by the pixels that count in all of them. A part without any has loss 0.
Dice alone is a ratio of sums and cannot be split: it is the overlap of each part.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from resnet_dsl.semantics.recipe_choices import DiceCrossEntropy
from resnet_dsl.semantics.recipe_values import Recipe

IGNORED = -100  # torch's own mark in class targets


@dataclass(frozen=True, slots=True)
class Whole:
    """The batch that some masks are a part of: `places` (1, H, W) says how many of its images count there."""

    places: Tensor
    parts: int


def places_counted(targets: Tensor) -> Tensor | None:
    """(1, H, W): in how many masks (N, H, W) each place counts; None where the targets are no masks."""
    if targets.ndim != 3 or targets.is_floating_point():
        return None
    return (targets != IGNORED).sum(0, keepdim=True)


def loss_of(
    recipe: Recipe, outputs: Tensor | tuple[Tensor, ...], targets: Tensor, whole: Whole | None = None
) -> Tensor:
    """The mean loss of a batch, or of a part of the `whole` one, a scalar.

    A network with auxiliary outputs gives a tuple in training, the main output first; each adds its
    loss times its weight (Szegedy et al. 2014, arXiv 1409.4842, section 5: 0.3).
    """
    main, *auxiliary = outputs if isinstance(outputs, tuple) else (outputs,)
    loss = _loss(recipe, main, targets, whole)
    for number, output in enumerate(auxiliary):
        weight = recipe.aux_weights[min(number, len(recipe.aux_weights) - 1)]
        loss = loss + weight * _loss(recipe, output, targets, whole)
    return loss


def _loss(recipe: Recipe, output: Tensor, targets: Tensor, whole: Whole | None) -> Tensor:
    if output.dtype in {torch.float16, torch.bfloat16}:
        output = output.float()
    match recipe.loss:
        case DiceCrossEntropy(dice_weight=weight):
            fitted = fitted_targets(output, targets)
            return _cross_entropy(recipe, output, fitted, whole) + weight * dice_loss(output, fitted)
        case "binary_cross_entropy":
            fitted = fitted_targets(output, targets)
            return _binary_cross_entropy(output, fitted, recipe.label_smoothing, whole)
        case "mse":
            return _squared_error(output, targets)
        case _:
            return _cross_entropy(recipe, output, fitted_targets(output, targets), whole)


def _squared_error(output: Tensor, targets: Tensor) -> Tensor:
    """The mean over all numbers. A joint whose place is not known adds none, and stays among those divided by:
    every other joint then weighs alike, in whichever batch, or part of one, it is."""
    numbers = _numbers(output, targets)
    if targets.ndim == 4 and targets.is_floating_point():
        known = ~numbers.isnan()
        output, numbers = torch.where(known, output, 0), torch.where(known, numbers, 0)
    return functional.mse_loss(output, numbers)


def fitted_targets(output: Tensor, targets: Tensor) -> Tensor:
    """Masks cut, in the middle, to the size of `output`; other targets as they are.

    Convolutions without padding give a smaller map than the image (Ronneberger et al. 2015, figure 1).
    """
    if targets.ndim < 3 or output.ndim != 4 or targets.shape[-2:] == output.shape[-2:]:
        return targets
    (height, width), (rows, columns) = output.shape[-2:], targets.shape[-2:]
    if height > rows or width > columns:
        raise ValueError(f"an output of {height}x{width} for targets of {rows}x{columns}")
    top, left = (rows - height) // 2, (columns - width) // 2
    return targets[..., top : top + height, left : left + width]


def _counted(output: Tensor, targets: Tensor, whole: Whole | None) -> Tensor:
    """What a sum over the pixels of `targets`, fitted to `output`, is to be divided by."""
    if whole is None:
        return (targets != IGNORED).sum().clamp(min=1)
    return fitted_targets(output, whole.places).sum().clamp(min=1) / whole.parts


def _cross_entropy(recipe: Recipe, output: Tensor, targets: Tensor, whole: Whole | None) -> Tensor:
    smoothing = recipe.label_smoothing
    if targets.ndim < 3:
        return functional.cross_entropy(output, targets, label_smoothing=smoothing)
    losses = functional.cross_entropy(
        output, targets, label_smoothing=smoothing, ignore_index=IGNORED, reduction="sum"
    )
    return losses / _counted(output, targets, whole)


def _binary_cross_entropy(output: Tensor, targets: Tensor, smoothing: float, whole: Whole | None) -> Tensor:
    """Over every class of every image or pixel; one output alone is the probability of class 1."""
    masks = targets
    counted = torch.ones((), dtype=torch.bool, device=output.device)
    if not targets.is_floating_point():
        counted = (targets != IGNORED).unsqueeze(1)
        targets = _one_hot(targets, output.shape[1]).to(output.dtype)
    targets = targets * (1 - smoothing) + smoothing / max(output.shape[1], 2)
    losses = functional.binary_cross_entropy_with_logits(output, targets, reduction="none")
    if masks.ndim < 3 or masks.is_floating_point():
        return losses.sum() / losses.numel()
    return (losses * counted).sum() / (_counted(output, masks, whole) * output.shape[1])


def dice_loss(output: Tensor, targets: Tensor) -> Tensor:
    """One minus the soft Dice overlap, mean over the classes: output (N, C, H, W), targets (N, H, W).

    Overlaps are of all the images given, with one pixel added, so that a class that is absent and not
    predicted costs nothing (Milletari et al. 2016, arXiv 1606.04797, section 3).
    """
    counted = (targets != IGNORED).unsqueeze(1)
    shares = output.softmax(1) if output.shape[1] > 1 else output.sigmoid()
    shares = shares * counted
    truth = _one_hot(targets, output.shape[1]).to(output.dtype) * counted
    overlap = (shares * truth).sum((0, 2, 3))
    whole = (shares + truth).sum((0, 2, 3))
    return 1 - ((2 * overlap + 1) / (whole + 1)).mean()


def _one_hot(targets: Tensor, classes: int) -> Tensor:
    """(N, ...) -> (N, classes, ...), where one class alone stands for class 1; nothing where ignored."""
    numbers = torch.arange(classes, device=targets.device) if classes > 1 else targets.new_ones(1)
    return targets.unsqueeze(1) == numbers.view(1, -1, *[1] * (targets.ndim - 1))


def _numbers(output: Tensor, targets: Tensor) -> Tensor:
    """Targets as numbers of the output's shape; a class becomes 1 in its place."""
    if targets.is_floating_point():
        fitted = fitted_targets(output, targets)
        return fitted.to(output.dtype).reshape(output.shape)
    if output.ndim == 2 and output.shape[1] == 1:
        return targets.to(output.dtype).unsqueeze(1)
    return _one_hot(fitted_targets(output, targets), output.shape[1]).to(output.dtype)
