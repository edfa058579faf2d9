"""Writes a data set's pixels into files that are mapped into memory: `shards` reads them.

Images are read by all cores and written in order. What has been written is recorded as it goes, so a run that was
stopped goes on there; `index.json` comes last.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Mapping
from math import prod
from pathlib import Path
from typing import Any

import torch

from resnet_dsl.semantics.recipe_sources import (
    Cifar10,
    Cifar100,
    CocoKeypoints,
    CocoMasks,
    DataSource,
    HubFolder,
    ImageFolder,
    WebDataset,
)
from resnet_dsl.training.checkpoint import write_whole, writing
from resnet_dsl.training.data.images import existing_folder
from resnet_dsl.training.data.parts import Dataset, Part, Samples
from resnet_dsl.training.data.shards import (
    FORMAT,
    INDEX,
    LABELS,
    PARTS,
    files_of,
    label_shape_of,
    named_twice,
)
from resnet_dsl.training.errors import TrainingError

PROGRESS = "progress.json"
USUAL_STRIDE, USUAL_MARGIN = 4, 1.25  # of key points, as a recipe has them
TOGETHER = 256  # images between two records

Hear = Callable[[str, int, int], None]  # the part, images read of it, images in all


def source_in(
    folder: str,
    kind: str | None,
    size: tuple[int, int],
    stride: int = USUAL_STRIDE,
    margin: float = USUAL_MARGIN,
) -> DataSource:
    """What lies in `folder`, read at `size`, (H, W): of the `kind` given, or as its files tell.

    RDL970 where they do not. `stride` and `margin` are for key points, which alone need not be squares.
    """
    path = existing_folder(folder, "data prepare")
    kind = kind or _kind_of(path)
    side = size[0]
    match kind:
        case "coco":
            return CocoMasks(folder, side)
        case "coco_keypoints":
            return CocoKeypoints(folder, size, stride, margin)
        case "webdataset":
            return WebDataset(folder, side)
        case "hf_datasets":
            return HubFolder(folder, side, "image", "label")
        case "cifar10":
            return Cifar10(folder, 5_000)
        case "cifar100":
            return Cifar100(folder, 5_000)
        case _:
            return ImageFolder(folder, side)


def _kind_of(path: Path) -> str:
    for kind, patterns in (
        ("coco", ("annotations/instances_*.json",)),
        ("coco_keypoints", ("annotations/*keypoints_*.json",)),
        ("webdataset", ("*.tar",)),
        ("hf_datasets", ("dataset_dict.json", "state.json")),
        ("cifar10", ("data_batch_1*", "cifar-10-batches-*")),
        ("cifar100", ("train.bin", "cifar-100-*")),
    ):
        if any(next(path.glob(pattern), None) is not None for pattern in patterns):
            return kind
    return "images"


def prepare(data: Dataset, source: DataSource, folder: Path, hear: Hear) -> dict[str, int]:
    """Writes `data`, which was read from `source`, into `folder`; gives the images of each part.

    Goes on where an earlier call with the same source was stopped. Images that cannot be read are left
    out. RDL971 where two classes have one name, RDL977 where the folder holds something else, RDL902 where the
    disk refuses.
    """
    twice = named_twice(data.class_names)
    if twice is not None:
        reason = f"it has two classes with the name `{twice}`"
        raise TrainingError("RDL971", path=getattr(source, "folder", ""), data=data.name, reason=reason)
    identity = {"format": FORMAT, "source": repr(source)}
    state = _begin(folder, identity)
    bad = data.bad_samples.names
    bad.update(state["left_out"])
    written: dict[str, int] = {}
    shape: tuple[int, ...] = ()
    for name, part in zip(PARTS, (data.training, data.validation, data.test), strict=True):
        shape = tuple(part.at(torch.tensor([0])).images.shape[1:])
        label = label_shape_of(data.task, shape, data.classes)
        widths = prod(shape), prod(label) * LABELS[data.task].itemsize
        written[name] = _write(folder, name, part, widths, state, bad, hear)
    index = {
        "format": FORMAT,
        "name": data.name,
        "task": data.task,
        "shape": shape,
        "classes": data.class_names or [f"class {number}" for number in range(data.classes)],
        "parts": written,
        **({"stride": data.joints.stride} if data.joints else {}),
        "mean": data.mean.flatten().tolist(),
        "deviation": data.deviation.flatten().tolist(),
        "left_out": sorted(bad),
    }
    write_whole(folder / INDEX, _json(index))
    with writing(folder):
        (folder / PROGRESS).unlink(missing_ok=True)
    return written


def _begin(folder: Path, identity: Mapping[str, Any]) -> dict[str, Any]:
    """The record of what an earlier call wrote, or a new one."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        has_files = any(folder.iterdir())
    try:
        state: dict[str, Any] = json.loads((folder / PROGRESS).read_bytes())
        if {key: state.get(key) for key in identity} == identity:
            return state
        reason = "was begun from another source or with another size"
    except (OSError, ValueError):
        reason = "is complete already" if (folder / INDEX).exists() else "is not empty"
    if has_files:
        raise TrainingError("RDL977", path=str(folder), reason=reason)
    state = {**identity, "parts": {name: {"read": 0, "rows": 0} for name in PARTS}, "left_out": []}
    write_whole(folder / PROGRESS, _json(state))
    return state


def _write(
    folder: Path,
    name: str,
    part: Samples,
    widths: tuple[int, int],
    state: dict[str, Any],
    bad: Collection[str],
    hear: Hear,
) -> int:
    """The rest of one part; gives its images in all.

    `widths` are the bytes of an image and of a label, `bad` the names of images that cannot be read, so far.
    """
    done = state["parts"][name]
    pixels_path, labels_path = files_of(folder, name)
    with writing(folder), pixels_path.open("ab") as pixels, labels_path.open("ab") as labels:
        for file, width in zip((pixels, labels), widths, strict=True):
            file.truncate(done["rows"] * width)  # what was written after the last record is written again
        hear(name, done["read"], len(part))
        while done["read"] < len(part):
            stop = min(done["read"] + TOGETHER, len(part))
            batch = part.at(torch.arange(done["read"], stop), complete=False)
            done["rows"] += len(batch)
            done["read"] = stop
            for file, content in zip((pixels, labels), _contents(batch), strict=True):
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            state["left_out"] = sorted(bad)
            write_whole(folder / PROGRESS, _json(state))
            hear(name, stop, len(part))
    rows: int = done["rows"]
    return rows


def _contents(batch: Part) -> tuple[bytes, bytes]:
    if not len(batch):
        return b"", b""
    return batch.images.contiguous().numpy().tobytes(), batch.labels.contiguous().numpy().tobytes()


def _json(values: Mapping[str, Any]) -> bytes:
    return (json.dumps(values, indent=1) + "\n").encode()
