"""Losses of a batch, from a recipe: means over images or pixels, in float32 at least.

Targets are what `data` gives: classes (N,), int64; shares of classes (N, classes) after mixing;
masks (N, H, W), int64, with `IGNORED` where a pixel counts for nothing; heat maps (N, K, H, W).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from resnet_dsl.semantics.recipe_choices import DiceCrossEntropy
from resnet_dsl.semantics.recipe_values import Recipe

IGNORED = -100  # torch's own mark in class targets


def loss_of(recipe: Recipe, outputs: Tensor | tuple[Tensor, ...], targets: Tensor) -> Tensor:
    """The mean loss of a batch, a scalar.

    A network with auxiliary outputs gives a tuple in training, the main output first; each adds its
    loss times its weight (Szegedy et al. 2014, arXiv 1409.4842, section 5: 0.3).
    """
    main, *auxiliary = outputs if isinstance(outputs, tuple) else (outputs,)
    loss = _loss(recipe, main, targets)
    for number, output in enumerate(auxiliary):
        weight = recipe.aux_weights[min(number, len(recipe.aux_weights) - 1)]
        loss = loss + weight * _loss(recipe, output, targets)
    return loss


def _loss(recipe: Recipe, output: Tensor, targets: Tensor) -> Tensor:
    if output.dtype in {torch.float16, torch.bfloat16}:
        output = output.float()
    match recipe.loss:
        case DiceCrossEntropy(dice_weight=weight):
            fitted = fitted_targets(output, targets)
            return _cross_entropy(recipe, output, fitted) + weight * dice_loss(output, fitted)
        case "binary_cross_entropy":
            return _binary_cross_entropy(output, fitted_targets(output, targets), recipe.label_smoothing)
        case "mse":
            return functional.mse_loss(output, _numbers(output, targets))
        case _:
            return _cross_entropy(recipe, output, fitted_targets(output, targets))


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


def _cross_entropy(recipe: Recipe, output: Tensor, targets: Tensor) -> Tensor:
    return functional.cross_entropy(
        output, targets, label_smoothing=recipe.label_smoothing, ignore_index=IGNORED
    )


def _binary_cross_entropy(output: Tensor, targets: Tensor, smoothing: float) -> Tensor:
    """Over every class of every image or pixel; one output alone is the probability of class 1."""
    counted = torch.ones((), dtype=torch.bool, device=output.device)
    if not targets.is_floating_point():
        counted = (targets != IGNORED).unsqueeze(1)
        targets = _one_hot(targets, output.shape[1]).to(output.dtype)
    targets = targets * (1 - smoothing) + smoothing / max(output.shape[1], 2)
    losses = functional.binary_cross_entropy_with_logits(output, targets, reduction="none")
    counted = counted.expand_as(losses)
    return (losses * counted).sum() / counted.sum().clamp(min=1)


def dice_loss(output: Tensor, targets: Tensor) -> Tensor:
    """One minus the soft Dice overlap, mean over the classes: output (N, C, H, W), targets (N, H, W).

    Overlaps are of the whole batch, with one pixel added, so that a class that is absent and not
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
