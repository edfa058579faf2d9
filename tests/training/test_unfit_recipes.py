"""Recipes that do not fit their data: a loss, a mix or a crop that its labels do not allow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from resnet_dsl.semantics.recipe_choices import DiceCrossEntropy
from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.semantics.recipe_variations import Crop
from resnet_dsl.training.data import load_dataset
from resnet_dsl.training.errors import TrainingError
from tests.training.sources import synthetic


@pytest.mark.parametrize(
    ("task", "changes", "said"),
    [
        ("shapes", {"loss": "mse", "label_smoothing": 0.0}, "`loss = mse` does not fit"),
        ("shapes", {"mixup": 0.2}, "`mixup` does not fit `synthetic shapes`"),
        ("keypoints", {"loss": "cross_entropy"}, "whose targets are heat maps"),
        ("gratings", {"loss": DiceCrossEntropy(1.0)}, "`loss = dice_cross_entropy` does not fit"),
        ("keypoints", {"loss": "mse", "cutmix": 1.0}, "`cutmix` does not fit"),
    ],
)
def test_a_recipe_that_does_not_fit_its_data(
    recipe: Recipe, task: str, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(TrainingError) as error:
        load_dataset(replace(recipe, data=synthetic(task), **changes))
    assert error.value.code == "RDL976"
    assert said in error.value.diagnostic.message
    assert "--set train." in error.value.diagnostic.help


@pytest.mark.parametrize("sizes", [[3], [8, 3], [3, 8]])
def test_a_crop_smaller_than_a_place_of_a_heat_map_is_told(recipe: Recipe, sizes: list[int]) -> None:
    source = synthetic("keypoints")
    steps = tuple(Crop(size=size, pad=0) for size in sizes)
    chosen = replace(recipe, data=source, augment=steps, loss="mse", mixup=0.0, label_smoothing=0.0)
    with pytest.raises(TrainingError, match=r"crop\(size = 3\)") as error:
        load_dataset(chosen)
    assert error.value.code == "RDL976"
