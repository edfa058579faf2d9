"""Does a network take a data set, and at its own size? Asked before anything is trained or written."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from resnet_dsl.semantics.recipe_sources import (
    CocoKeypoints,
    CocoMasks,
    HubFolder,
    ImageFolder,
    Shards,
    WebDataset,
)
from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.semantics.recipe_variations import Flip
from resnet_dsl.training.data import Dataset, evaluation_batches
from resnet_dsl.training.data.shards import MOST_STRIDE
from resnet_dsl.training.errors import TrainingError, first_line, wrong_output
from resnet_dsl.training.losses import loss_of


@torch.no_grad()
def check_fit(
    model: nn.Module, data: Dataset, recipe: Recipe, declared: Sequence[int] = ()
) -> tuple[str, ...]:
    """Runs two images through `model`: RDL903 where they do not fit, RDL904 where the output does not.

    `declared` is the shape of the model's input as its spec has it, (C, H, W). Gives a note where the
    images have another one, and the model takes them all the same.
    """
    model.eval()
    batch = next(evaluation_batches(data, data.validation, 2), None)
    if batch is None:  # none can be read, and asking for one says so
        batch = data.validation.at(torch.zeros(1, dtype=torch.int64))
    shape = tuple(batch.images.shape[1:])
    is_other = bool(declared) and shape != tuple(declared)
    try:
        outputs = model(batch.images)
    except (RuntimeError, ValueError, TypeError) as error:
        reason = f"its input is {_times(declared)}" if is_other else first_line(error)
        raise TrainingError("RDL903", data=data.name, shape=_times(shape), reason=reason) from error
    given, advice = "not a single tensor", ""
    if isinstance(outputs, Tensor):
        advice = _other_stride(outputs, batch.labels, data, recipe, shape)
        given = str(list(outputs.shape[1:]))
        axes = 2 if data.task == "classification" else 4
        if outputs.ndim == axes and _has_classes(outputs, data, recipe) and not advice:
            try:
                loss_of(recipe, outputs, batch.labels)
            except (RuntimeError, ValueError, TypeError):
                pass  # a map of another size than the targets
            else:
                size_note = (_note(shape, declared, recipe),) if is_other else ()
                return (*size_note, *_flips_nothing(data, recipe))
    size = batch.labels.shape[-2:] if data.task != "classification" else ()
    raise wrong_output(given, data.name, data.task, data.classes, tuple(size), advice)


def _other_stride(
    outputs: Tensor, targets: Tensor, data: Dataset, recipe: Recipe, image: Sequence[int]
) -> str:
    """What makes heat maps of the size of `outputs`, where they are of another and a stride does.

    Larger targets could be cut in the middle, as masks are, and would then be of another scale.
    """
    has_joints = data.task == "keypoints" and outputs.ndim == 4 and outputs.shape[1] == data.classes
    if not has_joints or outputs.shape[-2:] == targets.shape[-2:]:
        return ""
    strides = {side / out for side, out in zip(image[1:], outputs.shape[-2:], strict=True)}
    stride = strides.pop()
    if strides or stride not in range(1, MOST_STRIDE + 1):
        return ""
    if isinstance(recipe.data, Shards):
        return f"give heat maps the network's stride: `resnet-dsl data prepare` with `--stride {stride:g}`"
    return f"give heat maps the network's stride: `--set train.data.stride={stride:g}`"


def _flips_nothing(data: Dataset, recipe: Recipe) -> tuple[str, ...]:
    """That a mirror swaps no joints, where the recipe has one."""
    if (
        data.joints is None
        or data.joints.have_sides
        or not any(isinstance(each, Flip) for each in recipe.augment)
    ):
        return ()
    what = "no two joints are named alike but for `left` and `right`, so `flip` swaps none of them"
    return (f"note: {what}; leave it out where each side has joints of its own",)


def _note(shape: Sequence[int], declared: Sequence[int], recipe: Recipe) -> str:
    """That the images are of another size than the model's input, and what makes them equal."""
    advice = ""
    _, rows, columns = declared if len(declared) == 3 else (0, 0, 0)
    match recipe.data:
        case _ if not rows:
            pass
        case _ if any(getattr(each, "size", 0) for each in recipe.augment):
            advice = "; the recipe crops them to that" if rows == columns else ""
        case CocoKeypoints():
            advice = f"; `--set train.data.size=[{rows},{columns}]` cuts them out at the model's size"
        case ImageFolder() | WebDataset() | HubFolder() | CocoMasks() if rows == columns:
            advice = f"; `--set train.data.size={rows}` reads them at the model's size"
        case Shards() if rows == columns:
            advice = f"; `resnet-dsl data prepare` with `--size {rows}` writes them at the model's size"
    return f"note: the images are {_times(shape)}, and the model's input is {_times(declared)}{advice}"


def _times(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))


def _has_classes(outputs: Tensor, data: Dataset, recipe: Recipe) -> bool:
    """A number a class; one alone will do for yes and no, where the loss takes it so."""
    alone = data.classes == 2 and recipe.loss == "binary_cross_entropy"
    return outputs.shape[1] == data.classes or (alone and outputs.shape[1] == 1)
