"""Data sets: images, labels, and a three-way split that never depends on a run's seed.

The split is fixed, so held-out figures of different runs speak of the same images. Training sees
the training part only; the validation part picks the best weights; the test part is used once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol

import torch
from torch import Tensor

from resnet_dsl.training.batch import Part, unit_floats
from resnet_dsl.training.key_points import Joints
from resnet_dsl.training.randomness import generator

__all__ = [
    "BadSamples",
    "Dataset",
    "Part",
    "Samples",
    "held_out_indices",
    "make_dataset",
    "measure",
    "split_indices",
    "unit_floats",
]

TEST_FRACTION = 0.2
VALIDATION_FRACTION = 0.1
SPLIT_SEED = 0
SHARE_FOR_DATA = 0.25  # of a GPU's free memory; the network and its activations need the rest
MEASURED_IMAGES = 2_000  # of a part that is read from the disk, to find mean and deviation


class Samples(Protocol):
    """A part of a data set, in memory or not."""

    def __len__(self) -> int: ...

    def at(self, indices: Tensor, *, complete: bool = True) -> Part:
        """The samples at `indices`, in their order.

        Where an image cannot be read, the next one stands in for it if `complete`, else it is left out.
        """
        ...


@dataclass(slots=True)
class BadSamples:
    """Images that could not be read: how many, and the first few by name.

    `stop` says that the first ends the run. One that is met in every epoch counts once.
    """

    stop: bool = False
    names: set[str] = field(default_factory=set)

    @property
    def count(self) -> int:
        return len(self.names)


@dataclass(frozen=True, slots=True)
class Dataset:
    """The three parts, and the mean and standard deviation of the training part's channels.

    `task` is "classification", "segmentation" or "keypoints"; `classes` are classes, classes with
    the background, or heat maps. `evaluation_size` is the side in pixels of the middle square that
    evaluation takes; 0 is the whole image. With `joints`, labels are places of key points, of which
    batches have the maps.
    """

    name: str
    classes: int
    training: Samples
    validation: Samples
    test: Samples
    mean: Tensor
    deviation: Tensor
    task: str = "classification"
    class_names: tuple[str, ...] = ()
    evaluation_size: int = 0
    bad_samples: BadSamples = field(default_factory=BadSamples)
    joints: Joints | None = None

    def normalised(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) as the network gets them, float32."""
        mean, deviation = self.mean.to(images.device), self.deviation.to(images.device)
        return (unit_floats(images) - mean) / deviation

    def to(self, device: torch.device) -> Dataset:
        """The same data with what lies in memory moved to `device`, where it fits beside a network."""
        in_memory = [each for each in (self.training, self.validation, self.test) if isinstance(each, Part)]
        fits = sum(each.images.nbytes + each.labels.nbytes for each in in_memory) <= room_bytes(device)

        def moved(part: Samples) -> Samples:
            return part.to(device) if fits and isinstance(part, Part) else part

        return replace(
            self,
            training=moved(self.training),
            validation=moved(self.validation),
            test=moved(self.test),
            mean=self.mean.to(device),
            deviation=self.deviation.to(device),
            joints=self.joints and self.joints.to(device),
        )


def room_bytes(device: torch.device) -> float:
    """What of a device's memory data may take: on a GPU a part of what is free, elsewhere all."""
    if device.type != "cuda":
        return float("inf")
    free, _ = torch.cuda.mem_get_info(device)
    return free * SHARE_FOR_DATA


def split_indices(labels: Tensor, seed: int = SPLIT_SEED) -> tuple[Tensor, Tensor, Tensor]:
    """Training, validation and test indices: disjoint, complete, each class in proportion."""
    if not len(labels):
        return labels.long(), labels.long(), labels.long()
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


def held_out_indices(labels: Tensor, count: int, seed: int = SPLIT_SEED) -> tuple[Tensor, Tensor]:
    """Indices that stay and about `count` that are set aside, each class in proportion."""
    if not len(labels):
        return labels.long(), labels.long()
    draws = generator(seed, "held out")
    share = count / len(labels)
    kept, aside = [], []
    for label in torch.unique(labels):
        members = (labels == label).nonzero().flatten()
        members = members[torch.randperm(len(members), generator=draws)]
        size = round(len(members) * share)
        aside.append(members[:size])
        kept.append(members[size:])
    return torch.cat(kept).sort().values, torch.cat(aside).sort().values


def make_dataset(name: str, everything: Part, classes: int, task: str = "classification") -> Dataset:
    """Splits `everything` and measures the training part.

    Labels that are no classes are split as if they were one class.
    """
    kinds = everything.labels if everything.labels.ndim == 1 else torch.zeros(len(everything))
    training, validation, test = (everything.at(part) for part in split_indices(kinds))
    mean, deviation = measure(training)
    return Dataset(name, classes, training, validation, test, mean, deviation, task)


def measure(part: Samples) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of a part's channels, (1, C, 1, 1), of images from 0 to 1.

    A part on the disk is measured on images at even distances. A channel without contrast has 1.
    """
    if isinstance(part, Part):
        images = part.images
    else:
        count = min(len(part), MEASURED_IMAGES)
        images = part.at(torch.arange(count) * len(part) // count).images
    axes = (0, 2, 3)
    floats = unit_floats(images)
    deviation = floats.std(axes, keepdim=True)
    return floats.mean(axes, keepdim=True), torch.where(deviation > 0, deviation, 1.0)
