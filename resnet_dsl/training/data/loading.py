"""From a recipe's `data` to a `Dataset`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from resnet_dsl.semantics.recipe_choices import DiceCrossEntropy
from resnet_dsl.semantics.recipe_sources import (
    Cifar10,
    Cifar100,
    CocoKeypoints,
    CocoMasks,
    DataSource,
    HubFolder,
    ImageFolder,
    Shards,
    Synthetic,
    WebDataset,
)
from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.semantics.recipe_variations import Augmentation, Crop, RandomResizedCrop
from resnet_dsl.training.data.cifar import load_cifar
from resnet_dsl.training.data.coco import load_coco
from resnet_dsl.training.data.coco_keypoints import load_coco_keypoints
from resnet_dsl.training.data.digits import load_digits
from resnet_dsl.training.data.hub import load_hub
from resnet_dsl.training.data.images import load_images
from resnet_dsl.training.data.parts import BadSamples, Dataset
from resnet_dsl.training.data.shards import load_shards
from resnet_dsl.training.data.synthetic import load_synthetic
from resnet_dsl.training.data.tars import load_tars
from resnet_dsl.training.errors import TrainingError

BUILTIN: dict[str, Callable[[], Dataset]] = {"digits": load_digits}


def load_dataset(recipe: Recipe, *, stop_on_bad_sample: bool = False) -> Dataset:
    """The data a recipe names; RDL907 where it names none, RDL908 where a batch does not fit.

    An image that cannot be read is passed over and counted, or ends the run (RDL974).
    """
    if recipe.data is None:
        raise TrainingError("RDL907", recipe=recipe.name)
    bad_samples = BadSamples(stop_on_bad_sample)
    data = open_source(recipe.data, bad_samples)
    check_targets(recipe, data.name, data.task)
    for step in recipe.augment:
        # A map of one place would be found in every picture.
        if data.joints is not None and 0 < _crop_of(step) < data.joints.stride:
            raise _no_place(step, data.name, data.joints.stride)
    images = len(data.training)
    if recipe.batch_size > images:
        raise TrainingError(
            "RDL908",
            batch=recipe.batch_size,
            images=images,
            data=data.name,
            suggestion=min(64, images),
        )
    return replace(data, evaluation_size=_evaluation_size(recipe))


def open_source(source: DataSource | str, bad_samples: BadSamples) -> Dataset:
    """The data itself, whatever a recipe does with it."""
    match source:
        case str():
            data = BUILTIN[source]()
        case Synthetic():
            data = load_synthetic(source)
        case Cifar10() | Cifar100():
            data = load_cifar(source)
        case ImageFolder():
            data = load_images(source, bad_samples)
        case Shards():
            data = load_shards(source)
        case WebDataset():
            data = load_tars(source, bad_samples)
        case HubFolder():
            data = load_hub(source, bad_samples)
        case CocoMasks():
            data = load_coco(source, bad_samples)
        case CocoKeypoints():
            data = load_coco_keypoints(source, bad_samples)
        case never:
            assert_never(never)
    return replace(data, bad_samples=bad_samples)


_TARGETS = {
    "classification": "one class an image",
    "segmentation": "a class for every pixel",
    "keypoints": "heat maps",
}
_LOSSES = {
    "classification": ("cross_entropy", "binary_cross_entropy", "mse"),
    "segmentation": ("cross_entropy", "binary_cross_entropy", "dice_cross_entropy"),
    "keypoints": ("mse",),
}


def check_targets(recipe: Recipe, name: str, task: str) -> None:
    """RDL976 where the loss or the mixing is for targets of another form than those of `task`."""
    loss = recipe.loss.kind if isinstance(recipe.loss, DiceCrossEntropy) else recipe.loss
    able = _LOSSES[task]
    if loss not in able:
        advice = f"`--set train.loss={able[0]}`"
        raise TrainingError("RDL976", key=f"loss = {loss}", data=name, targets=_TARGETS[task], advice=advice)
    _check_crops(recipe, name)
    for key in ("mixup", "cutmix"):
        if getattr(recipe, key) and task != "classification":
            advice = f"leave it out: `--set train.{key}=0`"
            targets = _TARGETS[task]
            raise TrainingError("RDL976", key=key, data=name, targets=targets, advice=advice)


def _check_crops(recipe: Recipe, name: str) -> None:
    """RDL976 for a crop that is smaller than one place of a heat map."""
    source = recipe.data
    if not isinstance(source, Synthetic) or source.task != "keypoints":
        return
    sides = source.size[1:]
    places = tuple(-(-side // source.stride) for side in sides)
    for step in recipe.augment:
        size = _crop_of(step)
        if not size:
            continue
        places = tuple(count * size // side for count, side in zip(places, sides, strict=True))
        sides = (size, size)
        if not all(places):
            raise _no_place(step, name, source.stride)


def _no_place(step: Augmentation, name: str, stride: int) -> TrainingError:
    return TrainingError(
        "RDL976",
        key=f"{step.kind}(size = {_crop_of(step)})",
        data=name,
        targets=f"heat maps with a place for each {stride} x {stride} pixels",
        advice=f"crop to {stride} pixels at least",
    )


def _crop_of(step: Augmentation) -> int:
    """The side in pixels of what a step cuts out; 0 where it keeps the size."""
    return step.size if isinstance(step, Crop | RandomResizedCrop) else 0


def _evaluation_size(recipe: Recipe) -> int:
    """The side of the training crop, so that evaluation shows the network the same size; 0 for none."""
    sizes = [each.size for each in recipe.augment if isinstance(each, Crop | RandomResizedCrop)]
    return sizes[-1] if sizes else 0
