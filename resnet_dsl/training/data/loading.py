"""From a recipe's `data` to a `Dataset`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from resnet_dsl.semantics.recipe_choices import Crop, RandomResizedCrop
from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.data.digits import load_digits
from resnet_dsl.training.data.parts import BadSamples, Dataset
from resnet_dsl.training.errors import TrainingError

BUILTIN: dict[str, Callable[[], Dataset]] = {"digits": load_digits}


def load_dataset(recipe: Recipe, *, stop_on_bad_sample: bool = False) -> Dataset:
    """The data a recipe names; RDL907 where it names none, RDL908 where a batch does not fit.

    An image that cannot be read is passed over and counted, or ends the run (RDL920).
    """
    if recipe.data is None:
        raise TrainingError("RDL907", recipe=recipe.name)
    bad_samples = BadSamples(stop_on_bad_sample)
    data = replace(_open(recipe, bad_samples), bad_samples=bad_samples)
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


def _open(recipe: Recipe, bad_samples: BadSamples) -> Dataset:
    assert isinstance(recipe.data, str)
    return BUILTIN[recipe.data]()


def _evaluation_size(recipe: Recipe) -> int:
    """The side of the training crop, so that evaluation shows the network the same size; 0 for none."""
    sizes = [each.size for each in recipe.augment if isinstance(each, Crop | RandomResizedCrop)]
    return sizes[-1] if sizes else 0
