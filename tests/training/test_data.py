"""The split, the order and the augmentation: fixed, complete, and pure functions."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training import data as room
from resnet_dsl.training.data import Dataset, Part, make_dataset, shifted, split_indices, training_batches
from resnet_dsl.training.errors import TrainingError
from resnet_dsl.training.randomness import derive_seed, epoch_order, epoch_shifts

label_lists = st.lists(st.integers(0, 4), min_size=1, max_size=200)


@given(label_lists, st.integers(0, 2**32 - 1))
def test_the_split_is_disjoint_complete_and_in_proportion(labels: list[int], seed: int) -> None:
    given_labels = torch.tensor(labels)
    parts = split_indices(given_labels, seed)
    assert sorted(torch.cat(parts).tolist()) == list(range(len(labels)))
    for label in set(labels):
        count = labels.count(label)
        training, validation, test = (int((given_labels[part] == label).sum()) for part in parts)
        assert abs(test - 0.2 * count) <= 0.5
        assert abs(validation - 0.1 * count) <= 0.5
        assert training == count - test - validation


@given(label_lists, st.integers(0, 2**32 - 1))
def test_the_split_depends_on_labels_and_seed_alone(labels: list[int], seed: int) -> None:
    before = torch.rand(1)  # the global generator moves on; the split does not notice
    one, two = (split_indices(torch.tensor(labels), seed) for _ in range(2))
    assert before.numel() == 1
    assert all(torch.equal(left, right) for left, right in zip(one, two, strict=True))


def test_digits_are_split_as_documented(digits: Dataset) -> None:
    assert (len(digits.training), len(digits.validation), len(digits.test)) == (1259, 179, 359)
    assert digits.training.images.shape[1:] == (1, 8, 8)
    assert digits.classes == 10
    total = sum(len(part) for part in (digits.training, digits.validation, digits.test))
    assert total == 1797
    # Another split would make held-out figures of different versions incomparable.
    everything = torch.cat([part.labels for part in (digits.training, digits.validation, digits.test)])
    assert everything.bincount().tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    _, _, test = split_indices(torch.arange(1797) % 10)
    assert (test[:6].tolist(), int(test.sum())) == ([5, 16, 27, 38, 39, 50], 319340)


def test_the_training_part_alone_is_normalised_to_zero_and_one(digits: Dataset) -> None:
    images = digits.normalised(digits.training.images)
    assert float(images.mean()) == pytest.approx(0, abs=1e-5)
    assert float(images.std()) == pytest.approx(1, abs=1e-4)
    assert digits.training.images.min() == 0
    assert digits.training.images.max() == 1


def test_a_channel_without_contrast_stays_finite() -> None:
    part = Part(torch.zeros(20, 1, 4, 4), torch.arange(20) % 2)
    dataset = make_dataset("flat", part, 2)
    assert torch.isfinite(dataset.normalised(dataset.training.images)).all()


@given(st.integers(1, 50), st.integers(0, 2**32 - 1), st.integers(0, 1000))
def test_an_epoch_visits_each_sample_once_and_always_in_one_order(count: int, seed: int, epoch: int) -> None:
    order = epoch_order(count, seed, epoch)
    assert sorted(order.tolist()) == list(range(count))
    assert torch.equal(order, epoch_order(count, seed, epoch))


def test_epochs_seeds_and_purposes_draw_differently() -> None:
    drawn = {derive_seed(seed, purpose, epoch) for seed in (0, 1) for purpose in "ab" for epoch in (0, 1)}
    assert len(drawn) == 8
    assert not torch.equal(epoch_order(100, 0, 0), epoch_order(100, 0, 1))
    assert not torch.equal(epoch_shifts(100, 1, 0, 0), epoch_shifts(100, 1, 1, 0))


def test_a_shift_moves_down_and_right_and_brings_in_zeros() -> None:
    image = torch.arange(1.0, 10.0).reshape(1, 1, 3, 3)
    moves = torch.tensor([[1, 0], [0, -1], [0, 0], [2, 2]])
    down, left, still, corner = shifted(image.expand(4, 1, 3, 3), moves)
    assert down.tolist() == [[[0, 0, 0], [1, 2, 3], [4, 5, 6]]]
    assert left.tolist() == [[[2, 3, 0], [5, 6, 0], [8, 9, 0]]]
    assert torch.equal(still, image[0])
    assert corner.tolist() == [[[0, 0, 0], [0, 0, 0], [0, 0, 1]]]


@given(st.integers(1, 3), st.integers(1, 9), st.integers(1, 9), st.integers(0, 100))
def test_shifts_keep_the_shape_and_the_channels_together(
    channels: int, height: int, width: int, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    one = torch.rand(4, 1, height, width, generator=generator)
    images = torch.cat([one * (channel + 1) for channel in range(channels)], dim=1)
    moves = torch.randint(-3, 4, (4, 2), generator=generator)
    moved = shifted(images, moves)
    assert moved.shape == images.shape
    for channel in range(channels):
        assert torch.equal(moved[:, channel], shifted(one, moves)[:, 0] * (channel + 1))


def test_batches_from_a_later_step_are_the_rest_of_the_epoch(digits: Dataset, recipe: Recipe) -> None:
    whole = list(training_batches(digits, recipe, 3, 0))
    rest = list(training_batches(digits, recipe, 3, 7))
    assert len(whole) == 1259 // 64
    assert len(rest) == len(whole) - 7
    for left, right in zip(whole[7:], rest, strict=True):
        assert torch.equal(left.images, right.images)
        assert torch.equal(left.labels, right.labels)
    assert all(batch.images.shape == (64, 1, 8, 8) for batch in whole)


def test_without_augmentation_batches_are_the_images(digits: Dataset, recipe: Recipe) -> None:
    batch = next(training_batches(digits, replace(recipe, augment=None), 0, 0))
    chosen = epoch_order(len(digits.training), recipe.seed, 0)[:64]
    assert torch.equal(batch.images, digits.normalised(digits.training.images[chosen]))


def test_a_recipe_without_data_and_one_with_a_huge_batch(recipe: Recipe) -> None:
    with pytest.raises(TrainingError, match="RDL907"):
        room.load_dataset(replace(recipe, data=None))
    with pytest.raises(TrainingError, match="RDL908: a batch of 2000 .* 1259 training images") as refused:
        room.load_dataset(replace(recipe, batch_size=2000))
    assert refused.value.diagnostic.help == "lower it: `--set train.batch=64`"


def test_a_missing_package_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(TrainingError, match="RDL901: .*scikit-learn") as refused:
        room.load_digits()
    assert 'pip install "resnet-dsl[train]"' in refused.value.diagnostic.help
