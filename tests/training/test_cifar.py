"""CIFAR in all its forms: what is read is what was written, and no pickle runs anything."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from resnet_dsl.semantics.recipe_sources import Cifar10, Cifar100
from tests.training.sources import cifar_rows, opened, refused, whole, write_cifar_binary, write_cifar_python


@pytest.mark.parametrize("form", ["binary", "python", "newer python", "inside"])
@pytest.mark.parametrize("fine", [False, True])
def test_cifar_in_every_form(tmp_path: Path, form: str, fine: bool) -> None:
    inside = "cifar-100-binary" if fine else "cifar-10-batches-bin"
    folder = tmp_path / inside if form == "inside" else tmp_path
    count = 400 if fine else 100
    if form in {"binary", "inside"}:
        write_cifar_binary(folder, count, fine=fine)
    else:
        write_cifar_python(folder, count, fine=fine, protocol=2 if form == "python" else 5)
    data = opened((Cifar100 if fine else Cifar10)(str(tmp_path), 100 if fine else 50))
    total = 400 if fine else 500
    assert len(data.training) + len(data.validation) == total
    assert (len(data.test), data.classes) == (count, 100 if fine else 10)
    assert len(data.validation) == (100 if fine else 50)
    rows, labels = cifar_rows(count, data.classes)
    test = whole(data.test)
    assert torch.equal(test.images.flatten(1), torch.from_numpy(rows))
    assert test.labels.tolist() == labels


class Bomb:
    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("exit 1",)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\x02",
        b"not a pickle",
        pickle.dumps(Bomb()),
        pickle.dumps({b"data": Bomb(), b"labels": [1]}),
        pickle.dumps({b"data": [1, 2], b"labels": [1]}),
        pickle.dumps([1]),
    ],
)
def test_hostile_and_damaged_pickles_are_refused(tmp_path: Path, content: bytes) -> None:
    write_cifar_python(tmp_path, 20)
    (tmp_path / "data_batch_3").write_bytes(content)
    assert "data_batch_3" in refused(Cifar10(str(tmp_path), 10), "RDL971")


def test_cifar_files_that_are_cut_off_or_wrong(tmp_path: Path) -> None:
    assert "`data_batch_1.bin`" in refused(Cifar10(str(tmp_path), 10), "RDL970")
    write_cifar_binary(tmp_path, 20)
    path = tmp_path / "test_batch.bin"
    content = path.read_bytes()
    path.write_bytes(content[:-5])
    assert "it ends 3068 bytes after image 19" in refused(Cifar10(str(tmp_path), 10), "RDL971")
    path.write_bytes(b"")
    assert "it is empty" in refused(Cifar10(str(tmp_path), 10), "RDL971")
    path.write_bytes(bytes([77]) + content[1:])
    assert "a class 77" in refused(Cifar10(str(tmp_path), 10), "RDL971")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            {b"data": np.asfortranarray(np.zeros((20, 3072), np.uint8)), b"labels": [1] * 20},
            "column by column",
        ),
        ({b"data": np.zeros((20, 3072), np.uint8), b"labels": [1.5] * 20}, "no whole numbers"),
    ],
)
def test_pickles_that_mean_something_else_are_refused(
    tmp_path: Path, content: dict[bytes, Any], said: str
) -> None:
    root = write_cifar_python(tmp_path, 20)
    (root / "data_batch_1").write_bytes(pickle.dumps(content, protocol=2))
    assert said in refused(Cifar10(str(root), 10), "RDL971")
