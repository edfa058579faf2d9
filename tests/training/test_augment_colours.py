"""Colours with Pillow as the judge, and the operations of the policies."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from PIL import Image, ImageEnhance, ImageOps
from torch import Tensor

from resnet_dsl.semantics.recipe_variations import Augmentation, RandAugment, TrivialAugment
from resnet_dsl.training.augment import colour, policies
from resnet_dsl.training.augment.apply import augmented
from resnet_dsl.training.data import Part
from tests.training.augmentations import COLOURING


def pictures() -> Tensor:
    draws = torch.Generator().manual_seed(1)
    smooth = torch.nn.functional.interpolate(torch.rand(4, 3, 5, 5, generator=draws), 24, mode="bicubic")
    images = (smooth.clamp(0, 1) * 200 + 20).round() / 255
    images[3, 1] = 128 / 255  # a channel without contrast
    return images


def to_pillow(image: Tensor) -> Image.Image:
    rows = (image * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous()
    return Image.frombytes("RGB", (image.shape[2], image.shape[1]), bytes(rows.flatten().tolist()))


def from_pillow(image: Image.Image) -> Tensor:
    rows = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    return rows.view(image.height, image.width, 3).permute(2, 0, 1).float() / 255


Ours = Callable[[Tensor], Tensor]
Theirs = Callable[[Image.Image], Image.Image]


def full(value: float) -> Tensor:
    return torch.full((4,), value)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda x: colour.brightened(x, full(1.4)), lambda x: ImageEnhance.Brightness(x).enhance(1.4)),
        (lambda x: colour.contrasted(x, full(0.3)), lambda x: ImageEnhance.Contrast(x).enhance(0.3)),
        (lambda x: colour.saturated(x, full(1.8)), lambda x: ImageEnhance.Color(x).enhance(1.8)),
        (lambda x: colour.saturated(x, full(0.0)), lambda x: ImageEnhance.Color(x).enhance(0.0)),
        (lambda x: colour.sharpened(x, full(1.9)), lambda x: ImageEnhance.Sharpness(x).enhance(1.9)),
        (lambda x: colour.posterized(x, full(3.0)), lambda x: ImageOps.posterize(x, 3)),
        (lambda x: colour.solarized(x, full(128 / 255)), lambda x: ImageOps.solarize(x, 128)),
        (colour.auto_contrasted, ImageOps.autocontrast),
        (colour.equalized, ImageOps.equalize),
    ],
)
def test_colours_are_pillows(ours: Ours, theirs: Theirs) -> None:
    images = pictures()
    wanted = torch.stack([from_pillow(theirs(to_pillow(image))) for image in images])
    # Pillow rounds in between; equalize spreads by another rounding of the same histogram.
    torch.testing.assert_close(ours(images), wanted, rtol=0, atol=5 / 255)


def test_hue_turns_in_a_circle_and_leaves_grey_alone() -> None:
    images = pictures().clamp(0.3, 0.7)
    torch.testing.assert_close(colour.hue_turned(images, full(1.0)), images, rtol=0, atol=1e-5)
    third = colour.hue_turned(images, full(1 / 3))
    back = colour.hue_turned(colour.hue_turned(third, full(1 / 3)), full(1 / 3))
    assert float((third - images).abs().mean()) > 0.02
    inside = ((third > 0) & (third < 1)).all(1, keepdim=True).expand_as(images)
    assert float((back - images).abs()[inside].median()) < 1e-3
    torch.testing.assert_close(colour.grey(third), colour.grey(images), rtol=0, atol=0.02)
    flat = torch.full((4, 3, 2, 2), 0.4)
    torch.testing.assert_close(colour.hue_turned(flat, full(0.3)), flat, rtol=0, atol=1e-5)


@pytest.mark.parametrize("sides", [(1, 1), (2, 5), (5, 2)])
def test_images_too_small_to_sharpen_stay(sides: tuple[int, int]) -> None:
    images = torch.rand(3, 3, *sides, generator=torch.Generator().manual_seed(0))
    assert torch.equal(colour.sharpened(images, torch.tensor([0.1, 1.0, 1.9])), images)
    steps: list[Augmentation] = [TrivialAugment(31), RandAugment(2, 9)]
    part = Part(images.repeat(40, 1, 1, 1), torch.zeros(120))
    assert torch.isfinite(augmented(part, steps, torch.arange(120), 0, 0).images).all()


def test_images_of_one_channel_have_no_colour_to_change() -> None:
    images = pictures()[:, :1]
    for step in COLOURING[:2]:
        after = augmented(Part(images, torch.zeros(4)), [step], torch.arange(4), 0, 0).images
        assert after.shape == images.shape
    assert colour.lit(images, torch.ones(4, 3)) is images
    assert colour.hue_turned(images, full(0.2)) is images


@pytest.mark.parametrize("number", range(policies.OPERATIONS))
def test_every_operation_of_the_policies(number: int) -> None:
    images = pictures()
    which = torch.full((4,), number)
    after, labels = policies.varied(
        images,
        torch.arange(4),
        which,
        full(0.5),
        torch.tensor([1.0, -1.0, 1.0, -1.0]),
        policies.wide((24, 24)),
    )
    assert torch.equal(labels, torch.arange(4))
    assert float(after.min()) >= 0
    assert float(after.max()) <= 1
    changed = float((after - images).abs().mean())
    assert (changed == 0) == (number == 0)
    if 2 < number < 5:  # moves are by whole pixels: 16 of 24
        axis = -1 if number == 3 else -2
        torch.testing.assert_close(
            after[0].narrow(axis, 0, 8), images[0].narrow(axis, 16, 8), rtol=0, atol=1e-5
        )


@pytest.mark.parametrize("channels", [0, 5], ids=["masks", "heat maps"])
def test_what_is_not_moved_keeps_its_labels(channels: int) -> None:
    """To the bit, also where the rest of the batch moves; a strength of 0 moves nothing."""
    generator = torch.Generator().manual_seed(1)
    size = 23, 29  # a size at which the grid of the identity is not quite the identity
    images = torch.rand(6, 3, *size, generator=generator)
    labels = torch.randint(0, 9, (6, *size), generator=generator)
    if channels:
        labels = torch.rand(6, channels, *size, generator=generator)
    which = torch.tensor([5, 0, 1, 9, 5, 3])
    strength = torch.tensor([0.5, 0.5, 0.5, 0.5, 0.0, 0.0])
    after, moved = policies.varied(images, labels, which, strength, torch.ones(6), policies.wide(size))
    unmoved = torch.tensor([1, 3, 4, 5])
    assert torch.equal(moved[unmoved], labels[unmoved])
    assert torch.equal(after[[1, 4, 5]], images[[1, 4, 5]])
    for number in (0, 2):
        assert not torch.equal(moved[number], labels[number])
        assert not torch.equal(after[number], images[number])
