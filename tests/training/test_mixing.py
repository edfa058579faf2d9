"""Mixup and CutMix: images and labels are blended alike, and the seed decides how."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from resnet_dsl.semantics.recipe_sources import Synthetic
from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.semantics.recipe_variations import Crop, Flip
from resnet_dsl.training.augment.mixing import mixed
from resnet_dsl.training.data import Part, hard_labels, load_dataset, training_batches


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
