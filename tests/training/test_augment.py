"""Augmentations: pure functions of the sample, true to their definitions, and masks go along."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from PIL import Image, ImageEnhance, ImageOps
from torch import Tensor

from resnet_dsl.semantics.recipe_augmentations import AUGMENTATIONS
from resnet_dsl.semantics.recipe_sources import Synthetic
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
from resnet_dsl.training.augment import colour, policies
from resnet_dsl.training.augment.apply import augmented
from resnet_dsl.training.augment.mixing import mixed
from resnet_dsl.training.data import Part, hard_labels, load_dataset, training_batches

MOVING: list[Augmentation] = [
    Shift(3),
    Crop(4, 0),
    Crop(0, 20),
    Crop(6, 40),
    RandomResizedCrop(24, (0.2, 1.0), (0.75, 1.33)),
    Flip(0.5, vertical=False),
    Flip(0.5, vertical=True),
    Rotation(30.0, 0.25),
    Elastic(3, 4.0),
    TrivialAugment(31),
    RandAugment(2, 9),
]
COLOURING: list[Augmentation] = [
    ColorJitter(0.4, 0.4, 0.4, 0.1),
    Lighting(0.1),
    Erase(0.5, (0.02, 0.33), (0.3, 3.3)),
]


def name(step: Augmentation) -> str:
    return step.kind


def scene(count: int = 12, size: int = 32) -> Part:
    """A bright box somewhere in each dark image, and its mask of class 1."""
    draws = torch.Generator().manual_seed(0)
    masks = torch.zeros(count, size, size, dtype=torch.uint8)
    for mask in masks:
        top, left = (int(each) for each in torch.randint(4, size // 2, (2,), generator=draws))
        mask[top : top + 10, left : left + 8] = 1
    colours = torch.randint(150, 250, (count, 3, 1, 1), generator=draws)
    noise = torch.randint(0, 40, (count, 3, size, size), generator=draws)
    images = masks[:, None] * colours + noise
    return Part(images.clamp(max=255).to(torch.uint8), masks)


@pytest.mark.parametrize("step", MOVING + COLOURING, ids=name)
def test_what_becomes_of_a_sample_depends_on_the_sample_alone(step: Augmentation) -> None:
    part = scene()
    indices = torch.arange(12) * 97
    full = augmented(part, [step], indices, 3, 5)
    assert len(full) == 12
    for chosen in (torch.tensor([7]), torch.tensor([3, 11, 0])):
        some = augmented(part.at(chosen), [step], indices[chosen], 3, 5)
        torch.testing.assert_close(some.images, full.images[chosen], rtol=0, atol=1e-6)
        assert torch.equal(some.labels, full.labels[chosen])
    other = augmented(part, [step], indices, 3, 6)
    assert not torch.equal(other.images, full.images)
    if full.images.is_floating_point():
        assert float(full.images.min()) >= 0
        assert float(full.images.max()) <= 1


@pytest.mark.parametrize("step", MOVING, ids=name)
def test_a_mask_goes_where_its_image_goes(step: Augmentation) -> None:
    part = scene(48)
    if isinstance(step, TrivialAugment | RandAugment):
        part = Part((part.labels * 255)[:, None].expand(-1, 3, -1, -1), part.labels)
    after = augmented(part, [step], torch.arange(48), 0, 0)
    images = after.images.float() / (255 if after.images.dtype == torch.uint8 else 1)
    counted = after.labels != 255
    if isinstance(
        step, TrivialAugment | RandAugment
    ):  # colours change too; shapes are compared where both stay
        images = images.amax(1)
        kept = (images.flatten(1).amax(1) > 0.9) & (images.flatten(1).amin(1) < 0.1)
        assert int(kept.sum()) > 24
    else:
        images = images.mean(1)
        kept = torch.ones(48, dtype=torch.bool)
    same = ((images > 0.35) == (after.labels == 1))[kept] | ~counted[kept]
    assert float(same.float().mean()) > 0.97
    assert bool((after.labels[kept] == 1).any())


def test_heat_maps_go_where_their_images_go(recipe: Recipe) -> None:
    source = Synthetic("keypoints", 100, (3, 64, 64), 1 + 1, 0.0, 4, 0)
    plain = replace(recipe, data=source, loss="mse", label_smoothing=0.0, batch_size=32)
    steps: tuple[Augmentation, ...]
    for steps in ((Rotation(30.0, 0.25),), (Flip(1.0, vertical=False),), (Shift(6),), (Elastic(3, 2.0),)):
        recipe = replace(plain, augment=steps)
        data = load_dataset(recipe)
        batch = next(training_batches(data, recipe, 0, 0))
        pictures = batch.images * data.deviation + data.mean
        dots = (pictures.amax(1) > 0.25).float()
        near = torch.nn.functional.max_pool2d(dots[:, None], 12, 4, 4)[:, 0, :16, :16]
        strong = batch.labels.amax((2, 3)) > 0.6
        peaks = batch.labels.flatten(2).argmax(2)
        found = near.flatten(1).gather(1, peaks)[strong]
        assert int(strong.sum()) > 32
        assert float(found.mean()) > 0.95


def test_what_changes_nothing_changes_nothing() -> None:
    part = scene()
    indices = torch.arange(12)
    floats = part.images.float() / 255
    for step in (
        Crop(0, 0),
        Flip(0.0, vertical=False),
        Rotation(0.0, 0.0),
        RandomResizedCrop(32, (1.0, 1.0), (1.0, 1.0)),
        Elastic(3, 0.0),
        ColorJitter(0.0, 0.0, 0.0, 0.0),
        Lighting(0.0),
        Erase(0.0, (0.1, 0.2), (1.0, 1.0)),
        RandAugment(1, 0),
    ):
        after = augmented(part, [step], indices, 0, 0)
        images = after.images.float() / 255 if after.images.dtype == torch.uint8 else after.images
        if isinstance(step, RandAugment):  # autocontrast and equalize know no strength
            images, before = images[:3], floats[:3]
            assert float((images - before).abs().amax((1, 2, 3)).min()) < 1e-5
            continue
        torch.testing.assert_close(images, floats, rtol=0, atol=2e-5)
        assert torch.equal(after.labels, part.labels)
    assert augmented(part, [], indices, 0, 0).images is part.images


def test_a_crop_is_a_window_of_the_padded_image() -> None:
    part = Part(
        torch.arange(1, 37, dtype=torch.uint8).view(1, 1, 6, 6).repeat(400, 1, 1, 1), torch.zeros(400)
    )
    after = augmented(part, [Crop(2, 0)], torch.arange(400), 0, 0).images
    padded = torch.nn.functional.pad(part.images[0, 0], (2, 2, 2, 2))
    windows = {
        bytes(padded[top : top + 6, left : left + 6].flatten().tolist())
        for top in range(5)
        for left in range(5)
    }
    seen = {bytes(image.flatten().tolist()) for image in after}
    assert seen == windows  # each of the 25, and nothing else


def test_resized_crops_have_the_areas_asked_for() -> None:
    ramp = torch.linspace(0, 1, 64).expand(500, 1, 64, 64)
    part = Part(ramp, torch.zeros(500, dtype=torch.int64))
    after = augmented(part, [RandomResizedCrop(16, (0.25, 0.5), (1.0, 1.0))], torch.arange(500), 0, 0)
    assert after.images.shape == (500, 1, 16, 16)
    width = (after.images[:, 0, 8, -1] - after.images[:, 0, 8, 0]) * 16 / 15
    area = width.square()
    assert 0.24 < float(area.min()) < 0.3
    assert 0.45 < float(area.max()) < 0.52


def test_erased_boxes_are_of_the_images_colour() -> None:
    part = scene(200)
    step = Erase(0.5, (0.1, 0.1), (1.0, 1.0))
    after = augmented(part, [step], torch.arange(200), 0, 0).images
    before = part.images.float() / 255
    changed = (after != before).any(1)
    share = changed.float().mean((1, 2))
    assert float((share > 0).float().mean()) == pytest.approx(0.5, abs=0.12)
    assert float(share[share > 0].mean()) == pytest.approx(0.1, abs=0.02)
    erased = int((share > 0).nonzero()[0])
    torch.testing.assert_close(after[erased][:, changed[erased]].T[0], before[erased].mean((1, 2)))


def test_boxes_are_erased_in_every_place_alike() -> None:
    """A box of 2 x 2 in an image of 6 x 5 has 5 x 4 places; a corner is in one of them, the middle in four."""
    count = 20_000
    image = torch.rand(1, 1, 6, 5, generator=torch.Generator().manual_seed(0)).expand(count, -1, -1, -1)
    step = Erase(1.0, (4 / 30, 4 / 30), (1.0, 1.0))
    after = augmented(Part(image, torch.zeros(count)), [step], torch.arange(count), 0, 0).images
    found = (after != image).float().mean((0, 1))
    down, across = torch.tensor([1.0, 2, 2, 2, 2, 1]) / 5, torch.tensor([1.0, 2, 2, 2, 1]) / 4
    torch.testing.assert_close(found, down[:, None] * across[None, :], atol=0.012, rtol=0)
    whole = augmented(
        Part(image[:5], torch.zeros(5)), [Erase(1.0, (1, 1), (1.2, 1.2))], torch.arange(5), 0, 0
    )
    assert torch.isfinite(whole.images).all()


# --- colours, with Pillow as the judge -----------------------------------------------------------


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


def test_the_schema_has_every_augmentation() -> None:
    assert {choice.name for choice in AUGMENTATIONS} == {step.kind for step in MOVING + COLOURING}


# --- mixing --------------------------------------------------------------------------------------


def labelled(count: int = 16) -> Part:
    images = torch.arange(count, dtype=torch.float32).view(-1, 1, 1, 1).expand(-1, 3, 20, 20)
    return Part(images, torch.arange(count) % 10)


def test_mixup_blends_images_and_labels_alike(recipe: Recipe) -> None:
    part = labelled()
    after = mixed(part, replace(recipe, mixup=0.4), 10, 0, 3)
    shares = after.labels
    torch.testing.assert_close(shares.sum(1), torch.ones(16))
    kept = float(shares[1, 1])
    assert 0 < kept < 1
    torch.testing.assert_close(shares[1, 0], torch.tensor(1 - kept))
    torch.testing.assert_close(after.images[1], torch.full((3, 20, 20), kept * 1))
    torch.testing.assert_close(after.images[0], torch.full((3, 20, 20), (1 - kept) * 15))
    assert torch.equal(hard_labels(shares)[1:], part.labels[1:] if kept > 0.5 else part.labels[:-1])


def test_cutmix_counts_the_pixels_that_it_takes(recipe: Recipe) -> None:
    part = labelled()
    cut = replace(recipe, cutmix=1.0)
    for step in range(30):
        after = mixed(part, cut, 10, 0, step)
        stayed = float((after.images[1] == 1).float().mean())
        assert float(after.labels[1, 1]) == pytest.approx(stayed, abs=1e-6)
        assert set(after.images[1].flatten().tolist()) <= {0.0, 1.0}


def test_mixing_depends_on_seed_epoch_and_step_alone(recipe: Recipe) -> None:
    both = replace(recipe, mixup=0.2, cutmix=1.0)
    part = labelled()

    def kinds(chosen: Recipe, epoch: int) -> list[Tensor]:
        return [mixed(part, chosen, 10, epoch, step).images for step in range(40)]

    one, same, other = kinds(both, 0), kinds(both, 0), kinds(replace(both, seed=1), 0)
    assert all(torch.equal(left, right) for left, right in zip(one, same, strict=True))
    assert not all(torch.equal(left, right) for left, right in zip(one, other, strict=True))
    blends = sum(bool(((images[2] != 2) & (images[2] != 1)).any()) for images in one)
    assert 8 < blends < 32  # each batch gets one of the two
    assert mixed(part, recipe, 10, 0, 0) is part


def test_batches_come_mixed_and_labels_hard_or_soft(recipe: Recipe) -> None:
    source = Synthetic("gratings", 200, (3, 16, 16), 0, 0.1, 4, 0)
    plain = replace(recipe, data=source, batch_size=32, augment=(Crop(2, 0), Flip(0.5, vertical=False)))
    data = load_dataset(plain)
    soft = next(training_batches(data, replace(plain, mixup=0.2), 0, 2))
    hard = next(training_batches(data, plain, 0, 2))
    assert soft.labels.shape == (32, 10)
    assert hard.labels.dtype == torch.int64
    assert torch.equal(hard_labels(hard.labels), hard.labels)
