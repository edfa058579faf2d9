"""Prepared data: pixels and labels of each part in one file, mapped into memory.

`index.json` says what there is; it is written last, so a folder with one is complete. Reading a
sample is a copy from the disk's cache, which a core does tens of thousands of times a second.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from resnet_dsl.diagnostics.visible import visible
from resnet_dsl.semantics.recipe_sources import Shards
from resnet_dsl.training.data.images import existing_folder
from resnet_dsl.training.data.parts import Dataset, Part
from resnet_dsl.training.errors import TrainingError, first_line

FORMAT = 1
INDEX = "index.json"
PARTS = ("training", "validation", "test")
LABELS = {"classification": torch.int64, "segmentation": torch.uint8}


class MappedPart:
    """Images (N, C, H, W), uint8, and labels, in files."""

    def __init__(self, images: Tensor, labels: Tensor) -> None:
        self._images, self._labels = images, labels

    def __len__(self) -> int:
        return len(self._labels)

    def check(self, classes: int) -> None:
        """ValueError where a class is beyond the last; masks are not read for that."""
        if self._labels.ndim == 1 and len(self._labels):
            low, high = self._labels.aminmax()
            if int(low) < 0 or int(high) >= classes:
                raise ValueError(
                    f"it has a class {int(low) if int(low) < 0 else int(high)}, and there are {classes}"
                )

    def at(self, indices: Tensor, *, complete: bool = True) -> Part:  # noqa: ARG002 - all can be read
        return Part(self._images.index_select(0, indices), self._labels.index_select(0, indices))


def files_of(folder: Path, part: str) -> tuple[Path, Path]:
    """Where a part's pixels and labels are."""
    return folder / f"{part}-images.bin", folder / f"{part}-labels.bin"


def load_shards(source: Shards) -> Dataset:
    """What `prepare` wrote. RDL970 where it is not there or unfinished, RDL971 where it is damaged."""
    folder = existing_folder(source.folder, source.kind)
    if not (folder / INDEX).is_file():
        reason = f"it has no `{INDEX}`, which comes last: prepare it, or let `resnet-dsl data prepare` finish"
        raise TrainingError("RDL970", data=source.kind, path=source.folder, reason=reason)
    try:
        index = _index(folder / INDEX)
        shape, task = tuple(int(side) for side in index["shape"]), index["task"]
        training, validation, test = (
            _mapped(folder, name, int(index["parts"][name]), shape, task) for name in PARTS
        )
        mean, deviation = (torch.tensor(index[key]).view(1, -1, 1, 1) for key in ("mean", "deviation"))
        names = tuple(visible(str(name)) for name in index["classes"])
        name = visible(str(index["name"]))
        for part in (training, validation, test):
            part.check(len(names))
        return Dataset(name, len(names), training, validation, test, mean, deviation, task, class_names=names)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        path = str(folder / INDEX)
        raise TrainingError("RDL971", path=path, data=source.kind, reason=first_line(error)) from error


def _index(path: Path) -> dict[str, Any]:
    index: dict[str, Any] = json.loads(path.read_bytes())
    if index["format"] != FORMAT:
        raise ValueError(f"it has format {index['format']}, and this version reads {FORMAT}")
    return index


def _mapped(folder: Path, name: str, count: int, shape: tuple[int, ...], task: Any) -> MappedPart:
    """A part's files as tensors; ValueError where they are not as long as they should be."""
    tensors = []
    label_shape = (count, *shape[1:]) if task == "segmentation" else (count,)
    kinds = ((count, *shape), torch.uint8), (label_shape, LABELS[task])
    for path, (sizes, kind) in zip(files_of(folder, name), kinds, strict=True):
        number = torch.Size(sizes).numel()
        length, wanted = path.stat().st_size, number * kind.itemsize
        if length != wanted:
            raise ValueError(f"`{path.name}` has {length:,} bytes in place of {wanted:,}")
        tensors.append(torch.from_file(str(path), shared=False, size=number, dtype=kind).view(sizes))
    return MappedPart(*tensors)
