"""A recipe's augmentations as the templates take them: each with its sizes before and after it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from resnet_dsl.semantics.recipe_values import Recipe
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
from resnet_dsl.training.augment.policies import narrow, wide


def steps_of(recipe: Recipe, size: tuple[int, int], maps: tuple[int, int]) -> Iterator[dict[str, Any]]:
    """Each augmentation with the sizes of images, and of heat maps, before and after it, in pixels."""
    for place, step in enumerate(recipe.augment):
        rows, columns = size
        height, width = size
        if isinstance(step, Crop | RandomResizedCrop) and step.size:
            height = width = step.size
        maps = (maps[0] * height // rows, maps[1] * width // columns)
        yield {
            "kind": step.kind,
            "purpose": f"augment/{place}/{step.kind}",
            "rows": rows,
            "columns": columns,
            "height": height,
            "width": width,
            "map_rows": maps[0],
            "map_columns": maps[1],
            **_values(step, (rows, columns), (height, width)),
        }
        size = (height, width)


def _values(step: Augmentation, size: tuple[int, int], after: tuple[int, int]) -> dict[str, Any]:
    match step:
        case Shift() | Crop():
            pad = step.pixels if isinstance(step, Shift) else step.pad
            gaps = [-(-(new - old) // 2) for old, new in zip(size, after, strict=True)]
            return {"pad": max(pad, *gaps)}
        case RandomResizedCrop():
            return {"areas": step.area_fractions, "aspects": step.aspect_ratios}
        case Flip():
            return {"probability": step.probability, "axis": -2 if step.vertical else -1}
        case Rotation():
            return {"degrees": step.degrees, "zoom": step.zoom}
        case Elastic():
            return {"grid": step.grid, "deviation": step.deviation_pixels}
        case ColorJitter():
            names = ("brightness", "contrast", "saturation", "hue")
            return {name: getattr(step, name) for name in names}
        case Lighting():
            return {"deviation": step.deviation}
        case Erase():
            aspects = {"areas": step.area_fractions, "aspects": step.aspect_ratios}
            return {"probability": step.probability, **aspects}
        case TrivialAugment() | RandAugment():
            simple = isinstance(step, TrivialAugment)
            full = wide(size) if simple else narrow(size)
            ranges = (full.shear, *full.move, full.degrees, full.factor, full.bits)
            if isinstance(step, TrivialAugment):
                return {"rounds": 1, "bins": step.bins, "ranges": ranges}
            return {"rounds": step.operations, "bins": 0, "strength": step.magnitude / 30, "ranges": ranges}


def middle_of(recipe: Recipe, size: tuple[int, int]) -> str:
    """The slices of the middle square that evaluation takes; empty where it takes the whole image."""
    sizes = [each.size for each in recipe.augment if isinstance(each, Crop | RandomResizedCrop)]
    side = sizes[-1] if sizes else 0
    if side == 0 or max(size) <= side:
        return ""
    starts = [max(0, length - side) // 2 for length in size]
    return ", ".join(f"{start}:{start + side}" for start in starts)
