"""Prepared data: pixels and labels of each part in one file, mapped into memory.

`index.json` says what there is; it is written last, so a folder with one is complete. Reading a
sample is a copy from the disk's cache, which a core does tens of thousands of times a second.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from resnet_dsl.diagnostics.visible import visible
from resnet_dsl.semantics.recipe_sources import Shards
from resnet_dsl.training.augment.geometry import OUTSIDE
from resnet_dsl.training.data.images import existing_folder
from resnet_dsl.training.data.parts import Dataset, Part
from resnet_dsl.training.errors import TrainingError, first_line
from resnet_dsl.training.key_points import are_points, joints_named

FORMAT = 1
INDEX = "index.json"
PARTS = ("training", "validation", "test")
MOST_STRIDE = 64
LABELS = {"classification": torch.int64, "segmentation": torch.uint8, "keypoints": torch.float32}


@dataclass(frozen=True, slots=True)
class _Index:
    """What `index.json` says, checked: every field is of its kind, and the numbers can be used."""

    name: str
    task: str
    shape: tuple[int, int, int]
    classes: tuple[str, ...]
    parts: tuple[int, ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    stride: int


class MappedPart:
    """Images (N, C, H, W), uint8, and labels of `classes`, in files; `path` is that of the labels.

    Key points are labels of three axes, (N, K, 3).
    """

    def __init__(self, images: Tensor, labels: Tensor, classes: int, path: Path) -> None:
        self._images, self._labels, self._classes, self._path = images, labels, classes, path

    def __len__(self) -> int:
        return len(self._labels)

    def check(self) -> None:
        """RDL971 where a class is beyond the last; masks and key points are looked at when they are read."""
        if self._labels.ndim == 1:
            self._check(self._labels)

    def at(self, indices: Tensor, *, complete: bool = True) -> Part:  # noqa: ARG002 - all can be read
        """The samples at `indices`; RDL971 where a mask has a class beyond the last, or a point is nowhere."""
        labels = self._labels.index_select(0, indices)
        if labels.ndim > 1:
            self._check(labels)
        return Part(self._images.index_select(0, indices), labels)

    def _check(self, labels: Tensor) -> None:
        if are_points(labels):
            if not bool(labels.isfinite().all()):
                reason = "it has a key point whose place is no number"
                raise TrainingError("RDL971", path=str(self._path), data="shards", reason=reason)
            return
        is_wrong = labels >= self._classes
        is_wrong = is_wrong | (labels < 0) if labels.ndim == 1 else is_wrong & (labels != OUTSIDE)
        if bool(is_wrong.any()):
            reason = f"it has a class {int(labels[is_wrong][0])}, and there are {self._classes}"
            raise TrainingError("RDL971", path=str(self._path), data="shards", reason=reason)


def files_of(folder: Path, part: str) -> tuple[Path, Path]:
    """Where a part's pixels and labels are."""
    return folder / f"{part}-images.bin", folder / f"{part}-labels.bin"


def label_shape_of(task: str, shape: Sequence[int], classes: int) -> tuple[int, ...]:
    """The axes of one label, for images of `shape`, (C, H, W)."""
    return {"segmentation": tuple(shape[1:]), "keypoints": (classes, 3)}.get(task, ())


def load_shards(source: Shards) -> Dataset:
    """What `prepare` wrote. RDL970 where it is not there or unfinished, RDL971 where it is damaged."""
    folder = existing_folder(source.folder, source.kind)
    if not (folder / INDEX).is_file():
        reason = f"it has no `{INDEX}`, which comes last: prepare it, or let `resnet-dsl data prepare` finish"
        raise TrainingError("RDL970", data=source.kind, path=source.folder, reason=reason)
    try:
        index = _index(folder / INDEX)
        training, validation, test = (
            _mapped(folder, name, count, index) for name, count in zip(PARTS, index.parts, strict=True)
        )
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        path = str(folder / INDEX)
        raise TrainingError("RDL971", path=path, data=source.kind, reason=first_line(error)) from error
    if not all(index.parts):
        images, picking, judging = index.parts
        raise TrainingError("RDL979", data=index.name, images=images, validation=picking, test=judging)
    for part in (training, validation, test):
        part.check()
    mean, deviation = (torch.tensor(each).view(1, -1, 1, 1) for each in (index.mean, index.deviation))
    count, names = len(index.classes), index.classes
    joints = joints_named(names, index.stride) if index.task == "keypoints" else None
    data = Dataset(index.name, count, training, validation, test, mean, deviation, index.task, names)
    return replace(data, joints=joints)


def _index(path: Path) -> _Index:
    """What the file says; ValueError, with the field, where it says something else."""
    found = json.loads(path.read_bytes())
    if not isinstance(found, dict):
        raise TypeError("it holds no fields")
    if found.get("format") != FORMAT:
        raise ValueError(f"it has format {found.get('format')}, and this version reads {FORMAT}")

    def field(key: str, is_right: Callable[[Any], bool], what: str) -> Any:
        value = found.get(key)
        if not is_right(value):
            raise ValueError(f"`{key}` is not {what}")
        return value

    def list_of(is_right: Callable[[Any], bool], count: int | None = None) -> Callable[[Any], bool]:
        return lambda value: (
            isinstance(value, list)
            and (bool(value) if count is None else len(value) == count)
            and all(is_right(each) for each in value)
        )

    task = field(
        "task", lambda value: isinstance(value, str) and value in LABELS, f"one of {', '.join(LABELS)}"
    )
    shape = field("shape", list_of(lambda side: _is_count(side) and side > 0, 3), "three sides of at least 1")
    classes = field("classes", list_of(lambda name: isinstance(name, str)), "a list of names")
    twice = named_twice(classes)
    if twice is not None:
        raise ValueError(f"`classes` has the name `{visible(twice)}` twice")
    parts = field(
        "parts",
        lambda value: isinstance(value, dict) and all(_is_count(value.get(name)) for name in PARTS),
        "the number of images of each part",
    )
    channels = shape[0]
    mean = field("mean", list_of(_is_finite, channels), f"{channels} finite numbers")
    above_zero = list_of(lambda value: _is_finite(value) and value > 0, channels)
    deviation = field("deviation", above_zero, f"{channels} finite numbers above 0")
    name = field("name", lambda value: isinstance(value, str), "a text")
    stride = 1
    if task == "keypoints":
        stride = field(
            "stride", lambda value: _is_count(value) and 1 <= value <= MOST_STRIDE, "a whole number of pixels"
        )
    return _Index(
        visible(name),
        task,
        (channels, shape[1], shape[2]),
        tuple(visible(each) for each in classes),
        tuple(parts[each] for each in PARTS),
        tuple(float(each) for each in mean),
        tuple(float(each) for each in deviation),
        stride,
    )


def named_twice(names: Sequence[str]) -> str | None:
    """The first name that stands there more than once."""
    return next((name for name, count in Counter(names).items() if count > 1), None)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**48


def _is_finite(value: Any) -> bool:
    """A number that float32 holds; below that a deviation would be none."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and (value == 0 or 1e-30 < abs(value) < 1e30)


def _mapped(folder: Path, name: str, count: int, index: _Index) -> MappedPart:
    """A part's files as tensors; ValueError where they are not as long as they should be."""
    tensors = []
    label_shape = (count, *label_shape_of(index.task, index.shape, len(index.classes)))
    kinds = ((count, *index.shape), torch.uint8), (label_shape, LABELS[index.task])
    for path, (sizes, kind) in zip(files_of(folder, name), kinds, strict=True):
        number = prod(sizes)
        length, wanted = path.stat().st_size, number * kind.itemsize
        if length != wanted:
            raise ValueError(f"`{path.name}` has {length:,} bytes in place of {wanted:,}")
        tensors.append(torch.from_file(str(path), shared=False, size=number, dtype=kind).view(sizes))
    images, labels = tensors
    return MappedPart(images, labels, len(index.classes), files_of(folder, name)[1])
