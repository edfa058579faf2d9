"""Data sets: images, labels, and a three-way split that never depends on a run's seed.

The split is fixed, so held-out figures of different runs speak of the same images. Training sees
the training part only; the validation part picks the best weights; the test part is used once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module

import torch
from torch import Tensor
from torch.nn import functional

from resnet_dsl.semantics.recipe_values import Recipe, Shift
from resnet_dsl.training.errors import TrainingError, missing_package
from resnet_dsl.training.randomness import epoch_order, epoch_shifts, generator

TEST_FRACTION = 0.2
VALIDATION_FRACTION = 0.1
SPLIT_SEED = 0


@dataclass(frozen=True, slots=True)
class Part:
    """Images (N, C, H, W), float32 from 0 to 1, and their labels (N,), int64."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def at(self, indices: Tensor) -> Part:
        return Part(self.images[indices], self.labels[indices])


@dataclass(frozen=True, slots=True)
class Dataset:
    """The three parts, and the mean and standard deviation of the training part's channels."""

    name: str
    classes: int
    training: Part
    validation: Part
    test: Part
    mean: Tensor
    deviation: Tensor

    def normalised(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) as the network gets them."""
        return (images - self.mean) / self.deviation


def split_indices(labels: Tensor, seed: int = SPLIT_SEED) -> tuple[Tensor, Tensor, Tensor]:
    """Training, validation and test indices: disjoint, complete, each class in proportion."""
    draws = generator(seed, "split")
    parts: tuple[list[Tensor], list[Tensor], list[Tensor]] = ([], [], [])
    for label in torch.unique(labels):
        members = (labels == label).nonzero().flatten()
        members = members[torch.randperm(len(members), generator=draws)]
        tests = round(len(members) * TEST_FRACTION)
        validations = round(len(members) * VALIDATION_FRACTION)
        parts[0].append(members[tests + validations :])
        parts[1].append(members[tests : tests + validations])
        parts[2].append(members[:tests])
    training, validation, test = (torch.cat(part).sort().values for part in parts)
    return training, validation, test


def make_dataset(name: str, everything: Part, classes: int) -> Dataset:
    """Splits `everything` and measures the training part. A channel without contrast stays as it is."""
    training, validation, test = (everything.at(part) for part in split_indices(everything.labels))
    axes = (0, 2, 3)
    deviation = training.images.std(axes, keepdim=True)
    return Dataset(
        name=name,
        classes=classes,
        training=training,
        validation=validation,
        test=test,
        mean=training.images.mean(axes, keepdim=True),
        deviation=torch.where(deviation > 0, deviation, 1.0),
    )


def load_digits() -> Dataset:
    """scikit-learn's digits: 1,797 images, (N, 1, 8, 8), 10 classes. They come with the package.

    Raises `TrainingError` RDL901 without scikit-learn. Source: Alpaydin and Kaynak 1998, UCI.
    """
    try:
        datasets = import_module("sklearn.datasets")
    except ModuleNotFoundError as error:
        raise missing_package("scikit-learn") from error
    bunch = datasets.load_digits()
    images = torch.as_tensor(bunch.images, dtype=torch.float32).unsqueeze(1) / 16
    return make_dataset("digits", Part(images, torch.as_tensor(bunch.target, dtype=torch.int64)), 10)


DATASETS: dict[str, Callable[[], Dataset]] = {"digits": load_digits}


def load_dataset(recipe: Recipe) -> Dataset:
    """The data a recipe names; RDL907 where it names none, RDL908 where a batch does not fit."""
    if recipe.data is None:
        raise TrainingError("RDL907", recipe=recipe.name)
    data = DATASETS[recipe.data]()
    images = len(data.training)
    if recipe.batch_size > images:
        raise TrainingError(
            "RDL908",
            batch=recipe.batch_size,
            images=images,
            data=data.name,
            suggestion=min(64, images),
        )
    return data


def training_batches(data: Dataset, recipe: Recipe, epoch: int, first_step: int) -> Iterator[Part]:
    """An epoch's batches from `first_step` on: shifted, normalised, all of the recipe's size.

    A pure function of its arguments. What does not fill a batch is left out of this epoch; the
    next epoch's order leaves out others.
    """
    part, size = data.training, recipe.batch_size
    order = epoch_order(len(part), recipe.seed, epoch)
    moves = None
    if isinstance(recipe.augment, Shift):
        moves = epoch_shifts(len(part), recipe.augment.pixels, recipe.seed, epoch)
    for start in range(first_step * size, len(part) - size + 1, size):
        chosen = order[start : start + size]
        batch = part.at(chosen)
        images = batch.images if moves is None else shifted(batch.images, moves[chosen])
        yield Part(data.normalised(images), batch.labels)


def shifted(images: Tensor, moves: Tensor) -> Tensor:
    """Images (N, C, H, W), each moved by its (down, right) pixels; zeros come in at the edge."""
    count, _, height, width = images.shape
    reach = int(moves.abs().max()) if count else 0
    padded = functional.pad(images, (reach, reach, reach, reach))
    rows = torch.arange(height) + reach - moves[:, :1]
    columns = torch.arange(width) + reach - moves[:, 1:]
    sample = torch.arange(count)[:, None, None]
    # Advanced indices around the channel slice move the channel axis to the end.
    return padded[sample, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2).contiguous()
