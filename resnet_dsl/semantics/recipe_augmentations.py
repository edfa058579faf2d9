"""The schema's augmentations: how training images are varied, in the order of the list."""

from __future__ import annotations

from typing import Any

from resnet_dsl.semantics.recipe_schema import BELOW_ONE, FRACTION, Bounds, Choice, Field, FieldKind, number
from resnet_dsl.semantics.recipe_variations import (
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

_POSITIVE_RATIO = Bounds(0.01, 100)


def _rising_pairs(values: dict[str, Any]) -> tuple[str, str] | None:
    for name, key in (("area", "area_fractions"), ("aspect", "aspect_ratios")):
        pair = values[key]
        if len(pair) != 2 or pair[0] > pair[1]:
            return f"`{name}` is the least and the most", f"{name} = [{min(pair):g}, {max(pair):g}]"
    return None


def _whole(
    name: str, meaning: str, default: Any, least: float, most: float, example: int | None = None
) -> Field:
    shown = default if example is None else example
    return Field(name, FieldKind.WHOLE, meaning, f"{name} = {shown}", default, Bounds(least, most))


def _pair(name: str, attribute: str, meaning: str, default: tuple[float, float], bounds: Bounds) -> Field:
    example = f"{name} = [{default[0]:g}, {default[1]:g}]"
    return Field(name, FieldKind.NUMBERS, meaning, example, default, bounds, (), attribute)


def _size(name: str, meaning: str) -> Field:
    return Field(name, FieldKind.WHOLE, meaning, f"{name} = 224", bounds=Bounds(1, 10_000))


def _strength(name: str) -> Field:
    return number(name, "largest change", 0.4, FRACTION, default=0.4)


AUGMENTATIONS = (
    Choice(
        "shift",
        "move each training image at random; zeros come in at the edge",
        (_whole("pixels", "largest move along each axis, in pixels", 1, 1, 1_000),),
        Shift,
    ),
    Choice(
        "crop",
        "a square at random from the image with zeros around it",
        (
            _whole("pad", "pixels of zeros on each side", 4, 0, 1_000),
            _whole("size", "side in pixels; 0 is the image's own", 0, 0, 10_000),
        ),
        Crop,
        "He et al. 2016, arXiv 1512.03385, section 4.2",
    ),
    Choice(
        "random_resized_crop",
        "a box at random, resized; validation takes a square of `size` from the middle",
        (
            _size("size", "side in pixels of what comes out"),
            _pair("area", "area_fractions", "least and most share of the image", (0.08, 1.0), FRACTION),
            _pair(
                "aspect", "aspect_ratios", "least and most width over height", (0.75, 4 / 3), _POSITIVE_RATIO
            ),
        ),
        RandomResizedCrop,
        "Szegedy et al. 2014, arXiv 1409.4842, section 6",
        _rising_pairs,
    ),
    Choice(
        "flip",
        "mirror left and right",
        (
            number("probability", "share of the images", 0.5, FRACTION, default=0.5),
            Field("vertical", FieldKind.FLAG, "mirror up and down instead", "vertical = true", False),
        ),
        Flip,
    ),
    Choice(
        "rotation",
        "turn and zoom about the middle",
        (
            number("degrees", "largest turn either way", 15, Bounds(0, 180), default=15.0),
            number("zoom", "largest change of size", 0.25, BELOW_ONE, default=0.0),
        ),
        Rotation,
    ),
    Choice(
        "elastic",
        "bend by random displacements of a coarse mesh, smooth in between",
        (
            _whole("grid", "points of the mesh along each axis", 3, 2, 64),
            number(
                "deviation",
                "standard deviation of the displacements, in pixels",
                10,
                Bounds(0, 1_000),
                "deviation_pixels",
                default=10.0,
            ),
        ),
        Elastic,
        "Ronneberger et al. 2015, arXiv 1505.04597, section 3.1",
    ),
    Choice(
        "color_jitter",
        "change brightness, contrast, saturation and hue, in this order",
        (
            _strength("brightness"),
            _strength("contrast"),
            _strength("saturation"),
            number(
                "hue",
                "largest turn of the hue, as a share of the circle, in YIQ",
                0.1,
                Bounds(0, 0.5),
                default=0.0,
            ),
        ),
        ColorJitter,
    ),
    Choice(
        "lighting",
        "add ImageNet's principal components of colour, by random amounts",
        (number("deviation", "standard deviation of the amounts", 0.1, Bounds(0, 10), default=0.1),),
        Lighting,
        "Krizhevsky et al. 2012, section 4.1",
    ),
    Choice(
        "erase",
        "set a box at random to the image's mean colour",
        (
            number("probability", "share of the images", 0.25, FRACTION, default=0.25),
            _pair("area", "area_fractions", "least and most share of the image", (0.02, 1 / 3), FRACTION),
            _pair("aspect", "aspect_ratios", "least and most width over height", (0.3, 3.3), _POSITIVE_RATIO),
        ),
        Erase,
        "Zhong et al. 2017, arXiv 1708.04896",
        _rising_pairs,
    ),
    Choice(
        "trivial_augment",
        "one operation an image, of 14, at a strength drawn evenly",
        (_whole("bins", "number of strengths", 31, 2, 1_000),),
        TrivialAugment,
        "Müller and Hutter 2021, arXiv 2103.10158",
    ),
    Choice(
        "rand_augment",
        "a few operations an image, of 14, all at one strength",
        (
            _whole("operations", "operations an image", 2, 1, 10),
            _whole("magnitude", "their strength, of 30", 9, 0, 30),
        ),
        RandAugment,
        "Cubuk et al. 2019, arXiv 1909.13719",
    ),
)
