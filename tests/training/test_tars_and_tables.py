"""Tar files and tables of the package `datasets`: what is read is what was written, and every fault is told."""

from __future__ import annotations

import io
import sys
import tarfile
from pathlib import Path

import pytest
import torch

from resnet_dsl.semantics.recipe_sources import HubFolder, ImageFolder, WebDataset
from tests.training.sources import Table, opened, refused, whole, with_package, write_tar


def test_a_part_may_have_no_class_that_training_has_not(tmp_path: Path) -> None:
    for part, classes in (("train", 3), ("val", 3), ("test", 5)):
        write_tar(tmp_path / f"{part}-0.tar", 30, classes)
    message = refused(WebDataset(str(tmp_path), 8), "RDL973")
    assert "has the class `3`" in message
    assert "test-0.tar" in message


def test_tar_files_are_read_at_any_place(tmp_path: Path) -> None:
    write_tar(tmp_path / "train-0.tar", 12, 3)
    write_tar(tmp_path / "train-1.tar", 12, 3)
    write_tar(tmp_path / "val-0.tar", 6, 3)
    write_tar(tmp_path / "test-0.tar", 6, 3)
    data = opened(WebDataset(str(tmp_path), 8))
    assert [len(part) for part in (data.training, data.validation, data.test)] == [24, 6, 6]
    batch = data.training.at(torch.tensor([13, 2, 23]))
    assert batch.labels.tolist() == [1, 2, 2]
    assert [int(image.float().mean((1, 2)).argmax()) for image in batch.images] == [1, 2, 2]


def test_faults_of_tar_files(tmp_path: Path) -> None:
    assert "no .tar files" in refused(WebDataset(str(tmp_path), 8), "RDL970")
    path = write_tar(tmp_path / "a.tar", 9, 3)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2 + 100])
    assert "a.tar" in refused(WebDataset(str(tmp_path), 8), "RDL971")
    path.write_bytes(content.replace(b"0004.cls", b"0004.txt"))
    refused(WebDataset(str(tmp_path), 8), "RDL971")
    path.write_bytes(b"")
    refused(WebDataset(str(tmp_path), 8), "RDL971")


def test_tables_of_the_package_datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    splits = {"train": Table([0, 1] * 20, ["cat", "dog"]), "validation": Table([0, 1]), "test": Table([1])}
    with_package(monkeypatch, splits)
    data = opened(HubFolder(str(tmp_path), 8, "image", "label"))
    assert [len(part) for part in (data.training, data.validation, data.test)] == [40, 2, 1]
    assert data.class_names == ("cat", "dog")
    unlabelled = Table([-1] * 5)
    with_package(monkeypatch, {**splits, "test": unlabelled})
    assert "has the class `-1`" in refused(HubFolder(str(tmp_path), 8, "image", "label"), "RDL973")
    with_package(monkeypatch, Table([0, 1, 2] * 10))
    data = opened(HubFolder(str(tmp_path), 8, "image", "label"))
    whole(data.training)
    assert data.classes == 3
    assert data.bad_samples.count > 0
    absent = refused(HubFolder(str(tmp_path), 8, "photo", "label"), "RDL969")
    assert "no column `photo`, but `image`, `label`" in absent
    assert "no column `labels`" in refused(HubFolder(str(tmp_path), 8, "image", "labels"), "RDL969")
    with_package(monkeypatch, Table(["cat"] * 10))
    assert "no whole numbers" in refused(HubFolder(str(tmp_path), 8, "image", "label"), "RDL971")


@pytest.mark.parametrize("number", [10_000_000, 10**10, 10**20])
def test_a_number_that_is_no_class_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    with_package(monkeypatch, Table([0, 1, number] * 10))
    refused(HubFolder(str(tmp_path), 8, "image", "label"), "RDL971")
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name, content in (("0.png", b""), ("0.cls", str(number).encode())):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    assert "it has a class" in refused(WebDataset(str(tmp_path), 8), "RDL971")


def test_a_package_that_only_some_data_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    assert "`datasets`" in refused(HubFolder(str(tmp_path), 8, "image", "label"), "RDL975")
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    assert "pillow" in refused(ImageFolder(str(tmp_path), 8), "RDL901")
