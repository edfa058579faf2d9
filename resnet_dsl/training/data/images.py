"""Folders of images: one folder a class, perhaps inside folders for the parts."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from resnet_dsl.diagnostics.visible import visible
from resnet_dsl.semantics.recipe_sources import ImageFolder
from resnet_dsl.training.data.decoding import ENDINGS, decode, require_pillow
from resnet_dsl.training.data.parts import (
    BadSamples,
    Dataset,
    Samples,
    held_out_indices,
    measure,
    split_indices,
)
from resnet_dsl.training.data.reading import ReadPart, Sample, as_label
from resnet_dsl.training.errors import TrainingError

TRAINING, VALIDATION, TEST = ("train", "training"), ("val", "valid", "validation"), ("test",)
HELD_OUT_SHARE = 0.1
MOST_HELD_OUT = 10_000
MOST_CLASSES = 1_000_000  # more than any data set has; a larger number is no class


@dataclass(frozen=True, slots=True)
class _Listing:
    """Image files with their classes."""

    paths: tuple[str, ...]
    classes: tuple[int, ...]

    def part(self, size: int, bad_samples: BadSamples) -> ReadPart:
        def read(index: int) -> Sample:
            return decode(Path(self.paths[index]), size), as_label(self.classes[index])

        return ReadPart(len(self.paths), read, lambda index: f"`{self.paths[index]}`", bad_samples)


def load_images(source: ImageFolder, bad_samples: BadSamples) -> Dataset:
    """Images (N, 3, size, size). With folders `train`, `val` and `test`, those are the parts.

    Where `test` is missing, `val` is the test part, and a tenth of the training images, at most
    10,000, picks the weights. Without `train` everything is split. RDL970, RDL972, RDL973, RDL979.
    """
    require_pillow()
    root = existing_folder(source.folder, source.kind)
    training = first_inside(root, TRAINING)
    home = training or root
    names = _class_names(home)
    if not names:
        reason = f"`{home.name}` has no folder for each class"
        raise TrainingError("RDL970", data=source.kind, path=str(root), reason=reason)
    listing = _listed(home, names)
    whole = listing.part(source.size, bad_samples)
    others = [
        _listed(folder, names).part(source.size, bad_samples) if folder else None
        for folder in (first_inside(root, VALIDATION), first_inside(root, TEST))
    ]
    parts = arranged(whole, torch.tensor(listing.classes), others[0], others[1], training is not None)
    return measured_dataset(source.kind, tuple(names), parts)


def arranged(
    whole: ReadPart,
    classes: torch.Tensor,
    validation: ReadPart | None,
    test: ReadPart | None,
    has_parts: bool,
    images: torch.Tensor | None = None,
) -> tuple[ReadPart, ReadPart, ReadPart]:
    """Training, validation and test of what the disk has; the rule is `load_images`'s.

    `images` (N,) says where several samples may be of one image, numbered from 0, which it is: they stay
    together, and the classes of images, not of samples, are then what is split.
    """

    def of(part: torch.Tensor) -> ReadPart:
        return whole.subset(part if images is None else torch.isin(images, part).nonzero().flatten())

    if not has_parts or (validation is None and test is None):
        training, picked, judged = (of(part) for part in split_indices(classes))
        return training, picked, judged
    if validation is not None and test is not None:
        return whole, validation, test
    held_out = test if test is not None else validation
    assert held_out is not None
    count = min(round(len(classes) * HELD_OUT_SHARE), MOST_HELD_OUT)
    kept, aside = held_out_indices(classes, count)
    return of(kept), of(aside), held_out


def measured_dataset(
    name: str, class_names: tuple[str, ...], parts: Sequence[Samples], task: str = "classification"
) -> Dataset:
    """A `Dataset` of three parts, whose class names can be shown and written; RDL979 where one is empty."""
    training, validation, test = parts
    if not all(len(part) for part in parts):
        images, picking, judging = (len(part) for part in parts)
        raise TrainingError("RDL979", data=name, images=images, validation=picking, test=judging)
    mean, deviation = measure(training)
    names = tuple(visible(each) for each in class_names)
    return Dataset(name, len(names), training, validation, test, mean, deviation, task, class_names=names)


def classes_in(labels: torch.Tensor, data: str, path: str) -> int:
    """How many classes there are, if they are numbered from 0; RDL971 where a number is far beyond."""
    largest = int(labels.max()) if len(labels) else -1
    if largest >= MOST_CLASSES:
        reason = f"it has a class {largest}, and classes are whole numbers from 0 to below {MOST_CLASSES:,}"
        raise TrainingError("RDL971", path=path, data=data, reason=reason)
    return largest + 1


def check_numbers(labels: torch.Tensor, classes: int, path: str) -> None:
    """RDL973 where a part has a class that the training part, with classes from 0 on, has not."""
    outside = labels[(labels < 0) | (labels >= classes)]
    if len(outside):
        raise TrainingError("RDL973", path=path, name=str(int(outside[0])))


def existing_folder(folder: str, data: str) -> Path:
    """The folder; RDL970 where there is none."""
    path = Path(folder).expanduser()
    if not path.is_dir():
        reason = "that is no folder" if path.exists() else "there is no such folder"
        raise TrainingError("RDL970", data=data, path=folder, reason=reason)
    return path


def first_inside(root: Path, names: Sequence[str]) -> Path | None:
    """The first folder of `root` with one of `names`."""
    return next((root / name for name in names if (root / name).is_dir()), None)


def _class_names(root: Path) -> list[str]:
    return sorted(entry.name for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith("."))


def _listed(root: Path, names: Sequence[str]) -> _Listing:
    """Every image below the folders of the classes, in sorted order."""
    for name in _class_names(root):
        if name not in names:
            raise TrainingError("RDL973", path=str(root), name=name)
    paths: list[str] = []
    classes: list[int] = []
    for number, name in enumerate(names):
        found = _images_below(root / name)
        if not found:
            endings = ", ".join(sorted(ENDINGS))
            raise TrainingError("RDL972", name=name, path=str(root), endings=endings)
        paths += found
        classes += [number] * len(found)
    return _Listing(tuple(paths), tuple(classes))


def _images_below(folder: Path) -> list[str]:
    found = []
    for place, folders, files in os.walk(folder):
        folders.sort()
        found += [
            str(Path(place, name))
            for name in sorted(files)
            if Path(name).suffix.lower() in ENDINGS and not name.startswith(".")
        ]
    return found
