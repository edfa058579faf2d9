"""The size at which images are read, where a recipe leaves it to its crop and its model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from resnet_dsl.semantics.recipe_sources import CocoKeypoints, CocoMasks, HubFolder, ImageFolder, WebDataset
from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.semantics.recipe_variations import Crop, RandomResizedCrop

_ROUND_A_CROP = (
    256,
    224,
)  # images of 256 pixels for crops of 224 (He et al. 2016, arXiv 1512.03385, section 3.4)
_NOT_SQUARE = 256


def sized(recipe: Recipe, image: Sequence[int]) -> Recipe:
    """The recipe with the `size` of its data filled in, for a model whose input is (C, H, W).

    Where it crops to a size of its own, images are read larger by 256/224; else at the model's own
    size, and at 256 pixels where the model's input is no square.
    """
    data = recipe.data
    if isinstance(data, CocoKeypoints) and not any(data.size):
        return replace(recipe, data=replace(data, size=_frame(recipe, image)))
    if not isinstance(data, ImageFolder | WebDataset | HubFolder | CocoMasks) or data.size:
        return recipe
    return replace(recipe, data=replace(data, size=_side(recipe, image)))


def _frame(recipe: Recipe, image: Sequence[int]) -> tuple[int, int]:
    """Height and width: the model's own, whatever their aspect, or a square around a crop."""
    if len(image) == 3 and not _crops(recipe):
        return image[1], image[2]
    side = _side(recipe, image)
    return side, side


def _crops(recipe: Recipe) -> list[int]:
    return [each.size for each in recipe.augment if isinstance(each, Crop | RandomResizedCrop) and each.size]


def _side(recipe: Recipe, image: Sequence[int]) -> int:
    crops = _crops(recipe)
    if crops:
        whole, cut = _ROUND_A_CROP
        return -(-crops[-1] * whole // cut)
    return image[1] if len(image) == 3 and image[1] == image[2] else _NOT_SQUARE
