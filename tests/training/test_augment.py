"""Augmentations: what each does to an image, that its labels follow, and that the seed decides all of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

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
from resnet_dsl.training.augment.apply import augmented
from resnet_dsl.training.data import Part, load_dataset, training_batches
from tests.training.augmentations import COLOURING, MOVING, scene


def name(step: Augmentation) -> str:
    return step.kind


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


def test_the_schema_has_every_augmentation() -> None:
    assert {choice.name for choice in AUGMENTATIONS} == {step.kind for step in MOVING + COLOURING}
