"""The split, the order and the augmentation: fixed, complete, and pure functions."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.augment.geometry import window
from resnet_dsl.training.data import (
    Dataset,
    Part,
    Samples,
    evaluation_batches,
    load_dataset,
    make_dataset,
    split_indices,
    training_batches,
)
from resnet_dsl.training.data import parts as data_parts
from resnet_dsl.training.data.digits import load_digits
from resnet_dsl.training.errors import TrainingError
from resnet_dsl.training.randomness import derive_seed, epoch_order


def whole(part: Samples) -> Part:
    return part.at(torch.arange(len(part)))


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
    assert whole(digits.training).images.shape[1:] == (1, 8, 8)
    assert digits.classes == 10
    total = sum(len(part) for part in (digits.training, digits.validation, digits.test))
    assert total == 1797
    # Another split would make held-out figures of different versions incomparable.
    everything = torch.cat([whole(part).labels for part in (digits.training, digits.validation, digits.test)])
    assert everything.bincount().tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    _, _, test = split_indices(torch.arange(1797) % 10)
    assert (test[:6].tolist(), int(test.sum())) == ([5, 16, 27, 38, 39, 50], 319340)


def test_the_training_part_alone_is_normalised_to_zero_and_one(digits: Dataset) -> None:
    images = digits.normalised(whole(digits.training).images)
    assert float(images.mean()) == pytest.approx(0, abs=1e-5)
    assert float(images.std()) == pytest.approx(1, abs=1e-4)
    assert whole(digits.training).images.min() == 0
    assert whole(digits.training).images.max() == 1


def test_a_channel_without_contrast_stays_finite() -> None:
    part = Part(torch.zeros(20, 1, 4, 4), torch.arange(20) % 2)
    dataset = make_dataset("flat", part, 2)
    assert torch.isfinite(dataset.normalised(whole(dataset.training).images)).all()


@given(st.integers(1, 50), st.integers(0, 2**32 - 1), st.integers(0, 1000))
def test_an_epoch_visits_each_sample_once_and_always_in_one_order(count: int, seed: int, epoch: int) -> None:
    order = epoch_order(count, seed, epoch)
    assert sorted(order.tolist()) == list(range(count))
    assert torch.equal(order, epoch_order(count, seed, epoch))


def test_epochs_seeds_and_purposes_draw_differently() -> None:
    drawn = {derive_seed(seed, purpose, epoch) for seed in (0, 1) for purpose in "ab" for epoch in (0, 1)}
    assert len(drawn) == 8
    assert not torch.equal(epoch_order(100, 0, 0), epoch_order(100, 0, 1))


def test_a_window_brings_in_zeros_from_outside() -> None:
    image = torch.arange(1.0, 10.0).reshape(1, 1, 3, 3)
    tops, lefts = torch.tensor([1, 2, 2, 0]), torch.tensor([2, 3, 2, 0])
    down, left, still, corner = window(image.expand(4, 1, 3, 3), tops, lefts, 3, 3, 2)
    assert down.tolist() == [[[0, 0, 0], [1, 2, 3], [4, 5, 6]]]
    assert left.tolist() == [[[2, 3, 0], [5, 6, 0], [8, 9, 0]]]
    assert torch.equal(still, image[0])
    assert corner.tolist() == [[[0, 0, 0], [0, 0, 0], [0, 0, 1]]]


def test_batches_from_a_later_step_are_the_rest_of_the_epoch(digits: Dataset, recipe: Recipe) -> None:
    all_of_them = list(training_batches(digits, recipe, 3, 0))
    rest = list(training_batches(digits, recipe, 3, 7))
    assert len(all_of_them) == 1259 // 64
    assert len(rest) == len(all_of_them) - 7
    for left, right in zip(all_of_them[7:], rest, strict=True):
        assert torch.equal(left.images, right.images)
        assert torch.equal(left.labels, right.labels)
    assert all(batch.images.shape == (64, 1, 8, 8) for batch in all_of_them)


def test_data_that_does_not_fit_stays_where_it_is(digits: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = torch.device("meta")
    moved = digits.to(elsewhere).training
    assert isinstance(moved, Part)
    assert moved.images.device == elsewhere
    monkeypatch.setattr(data_parts, "room_bytes", lambda device: 0.0)
    left = digits.to(elsewhere)
    assert isinstance(left.training, Part)
    assert left.training.images.device == torch.device("cpu")
    assert left.mean.device == elsewhere


def test_without_augmentation_batches_are_the_images(digits: Dataset, recipe: Recipe) -> None:
    batch = next(training_batches(digits, replace(recipe, augment=()), 0, 0))
    chosen = epoch_order(len(digits.training), recipe.seed, 0)[:64]
    assert torch.equal(batch.images, digits.normalised(whole(digits.training).images[chosen]))


def test_processes_share_a_batch(digits: Dataset, recipe: Recipe) -> None:
    full = next(training_batches(digits, recipe, 2, 5))
    halves = [next(training_batches(digits, recipe, 2, 5, rank=rank, world=2)) for rank in (0, 1)]
    torch.testing.assert_close(torch.cat([half.images for half in halves]), full.images)
    assert torch.equal(torch.cat([half.labels for half in halves]), full.labels)


@pytest.mark.parametrize("key", ["mixup", "cutmix"])
def test_processes_mix_as_one_process_mixes(digits: Dataset, recipe: Recipe, key: str) -> None:
    """Images at the edge of a share are blended with the neighbour's, and the first with the last."""
    mixing = replace(recipe, mixup=1.0) if key == "mixup" else replace(recipe, cutmix=1.0)
    for world in (2, 4):
        full = list(training_batches(digits, mixing, 2, 3))[:3]
        shares = [
            list(training_batches(digits, mixing, 2, 3, rank=rank, world=world))[:3] for rank in range(world)
        ]
        for number, batch in enumerate(full):
            images = torch.cat([share[number].images for share in shares])
            labels = torch.cat([share[number].labels for share in shares])
            torch.testing.assert_close(images, batch.images)
            assert torch.equal(labels, batch.labels)


def test_processes_share_an_evaluation(digits: Dataset) -> None:
    alone = [len(batch) for batch in evaluation_batches(digits, digits.test, 100)]
    assert alone == [100, 100, 100, 59]
    shares = [
        torch.cat([batch.labels for batch in evaluation_batches(digits, digits.test, 64, rank=rank, world=2)])
        for rank in (0, 1)
    ]
    labels = whole(digits.test).labels
    assert torch.equal(shares[0], labels[::2])
    assert torch.equal(shares[1], labels[1::2])


def test_a_recipe_without_data_and_one_with_a_huge_batch(recipe: Recipe) -> None:
    with pytest.raises(TrainingError, match="RDL907"):
        load_dataset(replace(recipe, data=None))
    with pytest.raises(TrainingError, match="RDL908: a batch of 2000 .* 1259 training images") as refused:
        load_dataset(replace(recipe, batch_size=2000))
    assert refused.value.diagnostic.help == "lower it: `--set train.batch=64`"


def test_a_missing_package_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(TrainingError, match="RDL901: .*scikit-learn") as refused:
        load_digits()
    assert 'pip install "resnet-dsl[train]"' in refused.value.diagnostic.help
