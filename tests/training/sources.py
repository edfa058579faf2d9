"""Tiny data sets, on the disk in the forms that the loaders read, and how the tests open them.

Pixels are functions of their place.
"""

from __future__ import annotations

import io
import json
import pickle
import sys
import tarfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from resnet_dsl.semantics.recipe_sources import DataSource, Synthetic
from resnet_dsl.training.data import BadSamples, Dataset, Part, Samples
from resnet_dsl.training.data.loading import open_source
from resnet_dsl.training.errors import TrainingError

COLOURS = [(250, 10, 10), (10, 250, 10), (10, 10, 250)]


def picture(label: int, number: int, size: tuple[int, int] = (12, 10)) -> Image.Image:
    """(width, height): the colour of the class, with a dark pixel that tells images apart."""
    image = Image.new("RGB", size, COLOURS[label % 3])
    image.putpixel((number % size[0], number // size[0] % size[1]), (0, 0, 0))
    return image


def write_folders(root: Path, names: Sequence[str], each: int, ending: str = "png") -> Path:
    for label, name in enumerate(names):
        (root / name).mkdir(parents=True)
        for number in range(each):
            picture(label, number).save(root / name / f"{number:03}.{ending}")
    return root


def cifar_rows(count: int, classes: int) -> tuple[np.ndarray, list[int]]:
    """Pixels (count, 3072), uint8, and classes."""
    rows = np.arange(count * 3072, dtype=np.int64).reshape(count, 3072) * 7 % 251
    return rows.astype(np.uint8), [number % classes for number in range(count)]


def write_cifar_binary(root: Path, count: int, *, fine: bool = False) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    files = (
        ["train.bin", "test.bin"]
        if fine
        else [f"data_batch_{n}.bin" for n in range(1, 6)] + ["test_batch.bin"]
    )
    for name in files:
        rows, labels = cifar_rows(count, 100 if fine else 10)
        heads = [bytes([0, label]) if fine else bytes([label]) for label in labels]
        pairs = zip(heads, rows, strict=True)
        (root / name).write_bytes(b"".join(head + row.tobytes() for head, row in pairs))
    return root


def write_cifar_python(root: Path, count: int, *, fine: bool = False, protocol: int = 2) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    files = ["train", "test"] if fine else [f"data_batch_{n}" for n in range(1, 6)] + ["test_batch"]
    for name in files:
        rows, labels = cifar_rows(count, 100 if fine else 10)
        key = b"fine_labels" if fine else b"labels"
        (root / name).write_bytes(pickle.dumps({b"data": rows, key: labels}, protocol=protocol))
    return root


def write_tar(path: Path, count: int, classes: int) -> Path:
    with tarfile.open(path, "w") as archive:
        for number in range(count):
            buffer = io.BytesIO()
            picture(number % classes, number).save(buffer, "png")
            for name, content in (
                (f"{number:04}.png", buffer.getvalue()),
                (f"{number:04}.cls", str(number % classes).encode()),
            ):
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
    return path


def write_coco(root: Path, count: int) -> Path:
    """Images of 12 x 10 with a square of category 7, and in the first one a crowd as run lengths."""
    folder, notes = root / "train2017", root / "annotations"
    folder.mkdir(parents=True)
    notes.mkdir()
    images, annotations = [], []
    for number in range(count):
        picture(0, number).save(folder / f"{number}.png")
        images.append({"id": number, "file_name": f"{number}.png", "width": 12, "height": 10})
        square = [[2, 2, 5, 2, 5, 5, 2, 5]]
        annotations.append({"image_id": number, "category_id": 7, "iscrowd": 0, "segmentation": square})
    runs = {"size": [10, 12], "counts": [110, 10]}  # the last column
    annotations.append({"image_id": 0, "category_id": 3, "iscrowd": 1, "segmentation": runs})
    content = {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": 7, "name": "dog"}, {"id": 3, "name": "cat"}],
    }
    (notes / "instances_train2017.json").write_text(json.dumps(content))
    return root


JOINTS = ("nose", "left_hand", "right_hand")


def write_keypoints(
    root: Path, count: int, name: str = "train2017", *, size: tuple[int, int] = (60, 40), seed: int = 0
) -> Path:
    """Images of (width, height) with two people each: a dot at each joint, the nose above two hands of one colour.

    Only which hand is farther to the left tells them apart, so a mirror that forgets to swap them teaches the wrong one.
    The first person of every third image has no right hand. A third annotation is a crowd, a fourth has no joints.
    """
    folder, notes = root / name, root / "annotations"
    folder.mkdir(parents=True)
    notes.mkdir(exist_ok=True)
    draws = np.random.default_rng(seed)
    images, annotations = [], []
    for number in range(count):
        image = Image.new("RGB", size, (30, 30, 30))
        for person, left in enumerate((2, size[0] // 2 + 2)):
            box = (left, 3, size[0] // 2 - 4, size[1] - 6)
            across = left + draws.integers(4, box[2] - 12) + np.array([4, 0, 8])
            down = 3 + draws.integers(4, box[3] - 12, 1) + np.array([0, 8, 8])
            seen = [2, 2, 0 if person == 0 and number % 3 == 0 else 1]
            places = [
                (int(x), int(y), v) if v else (0, 0, 0) for x, y, v in zip(across, down, seen, strict=True)
            ]
            for joint, (x, y, v) in enumerate(places):
                if v:
                    image.paste(COLOURS[min(joint, 1)], (x - 1, y - 1, x + 2, y + 2))
            entry = {
                "image_id": number,
                "category_id": 1,
                "iscrowd": 0,
                "bbox": list(box),
                "num_keypoints": sum(v > 0 for _, _, v in places),
                "keypoints": [value for place in places for value in place],
            }
            annotations.append({"id": 4 * number + person, **entry})
        annotations.append({**annotations[-1], "id": 4 * number + 2, "iscrowd": 1})
        annotations.append(
            {**annotations[-1], "id": 4 * number + 3, "iscrowd": 0, "num_keypoints": 0, "keypoints": [0] * 9}
        )
        image.save(folder / f"{number:03}.png")
        images.append({"id": number, "file_name": f"{number:03}.png", "width": size[0], "height": size[1]})
    content = {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": 1, "name": "person", "keypoints": JOINTS, "skeleton": [[1, 2], [1, 3]]}],
    }
    (notes / f"person_keypoints_{name}.json").write_text(json.dumps(content))
    return root


def whole(part: Samples) -> Part:
    return part.at(torch.arange(len(part)))


def opened(source: DataSource, *, stop: bool = False) -> Dataset:
    return open_source(source, BadSamples(stop))


def refused(source: DataSource, code: str) -> str:
    with pytest.raises(TrainingError) as error:
        opened(source)
    assert error.value.code == code
    assert error.value.diagnostic.help
    return error.value.diagnostic.message


class Table:
    """Stands for the package's table of rows."""

    def __init__(self, labels: list[Any], names: list[str] | None = None) -> None:
        self.labels = labels
        self.column_names = ["image", "label"]
        self.features = {"label": type("ClassLabel", (), {"names": names})() if names else object()}

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, key: int | str) -> Any:
        if key == "label":
            return self.labels
        assert isinstance(key, int)
        if self.labels[key] == 2 and key > 10:
            raise OSError("broken data stream")
        return {"image": picture(self.labels[key], key), "label": self.labels[key]}


def with_package(monkeypatch: pytest.MonkeyPatch, found: object) -> None:
    package = ModuleType("datasets")
    package.load_from_disk = lambda folder: found  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "datasets", package)


def synthetic(task: str, **changes: Any) -> Synthetic:
    return replace(Synthetic(task, 300, (3, 16, 16), 0, 0.1, 4, 0), **changes)
