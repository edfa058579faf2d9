"""Folders of images: what is read is what was written, and every fault has its message."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

from resnet_dsl.semantics.recipe_sources import ImageFolder
from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.data import evaluation_batches
from resnet_dsl.training.errors import TrainingError
from resnet_dsl.training.fitting import check_fit
from tests.training.sources import opened, refused, whole, write_folders


def test_a_folder_without_parts_is_split(tmp_path: Path) -> None:
    data = opened(ImageFolder(str(write_folders(tmp_path / "d", ["b", "a"], 20)), 8))
    assert [len(part) for part in (data.training, data.validation, data.test)] == [28, 4, 8]
    assert (data.classes, data.class_names, data.task) == (2, ("a", "b"), "classification")
    batch = whole(data.training)
    assert batch.images.shape == (28, 3, 8, 8)
    assert batch.images.dtype == torch.uint8
    assert batch.labels.bincount().tolist() == [14, 14]
    # The first folder in the alphabet is the second that was written: green.
    green = batch.images[batch.labels == 0].float().mean((0, 2, 3))
    assert green.argmax() == 1
    assert float(data.normalised(batch.images).mean()) == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize(
    ("others", "sizes"),
    [(["val", "test"], [20, 6, 6]), (["valid"], [18, 2, 6]), (["test"], [18, 2, 6])],
)
def test_folders_for_the_parts_are_the_parts(tmp_path: Path, others: list[str], sizes: list[int]) -> None:
    write_folders(tmp_path / "train", ["a", "b"], 10)
    for name in others:
        write_folders(tmp_path / name, ["a", "b"], 3)
    data = opened(ImageFolder(str(tmp_path), 8))
    assert [len(part) for part in (data.training, data.validation, data.test)] == sizes


def test_images_are_resized_cut_and_turned_upright(tmp_path: Path) -> None:
    wide = Image.new("RGB", (40, 20), (0, 0, 0))
    wide.paste((200, 0, 0), (10, 0, 30, 20))  # what the middle square shows
    turned = Image.new("RGB", (20, 20))
    turned.paste((0, 200, 0), (0, 0, 20, 10))
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned right: the upper half is then on the right
    for number in range(10):
        for name, image in (("a", wide), ("b", turned)):
            (tmp_path / name).mkdir(exist_ok=True)
            image.save(tmp_path / name / f"{number}.jpg", quality=95, exif=exif if name == "b" else b"")
    part = whole(opened(ImageFolder(str(tmp_path), 10)).training)
    red = part.images[part.labels == 0][0].float()
    assert float(red[0].mean()) > 190
    green = part.images[part.labels == 1][0].float()[1]
    assert float(green[:, 6:].mean()) > 180
    assert float(green[:, :4].mean()) < 20


def test_a_damaged_image_is_passed_over_and_counted(tmp_path: Path) -> None:
    root = write_folders(tmp_path / "d", ["a", "b"], 10, "jpg")
    broken = root / "a" / "004.jpg"
    broken.write_bytes(broken.read_bytes()[:-200])
    (root / "a" / "005.jpg").write_bytes(b"no image")
    write_folders(root / "train", ["a", "b"], 10)
    (root / "a").rename(root / "train" / "a2")
    (root / "b").rename(root / "train" / "b2")
    data = opened(ImageFolder(str(root), 8))
    count = sum(len(part) for part in (data.training, data.validation, data.test))
    assert count == 40
    batches = [whole(part) for part in (data.training, data.validation, data.test)]
    assert sum(len(batch) for batch in batches) == count  # others stand in
    assert data.bad_samples.count == 2
    assert any("004.jpg" in name for name in data.bad_samples.names)
    seen = [
        len(batch)
        for part in (data.training, data.validation, data.test)
        for batch in evaluation_batches(data, part, 7)
    ]
    assert sum(seen) == 38
    again = whole(data.training)
    assert torch.equal(again.images, batches[0].images)  # always the same one stands in


def test_a_damaged_image_can_end_the_run(tmp_path: Path) -> None:
    root = write_folders(tmp_path, ["a", "b"], 10)
    for number in range(10):
        (root / "a" / f"{number:03}.png").write_bytes(b"no image")
    with pytest.raises(TrainingError, match="RDL974: cannot read the image .*png") as error:
        opened(ImageFolder(str(root), 8), stop=True)
    assert "--on-bad-sample skip" in error.value.diagnostic.help


def test_nothing_but_damaged_images_is_told(tmp_path: Path) -> None:
    root = write_folders(tmp_path, ["a", "b"], 60)
    for path in root.glob("*/*.png"):
        path.write_bytes(b"no image")
    assert "84 images in a row" in refused(ImageFolder(str(root), 8), "RDL978")


def test_no_validation_image_that_can_be_read_is_told(tmp_path: Path, recipe: Recipe) -> None:
    for part in ("train", "val", "test"):
        write_folders(tmp_path / part, ["a", "b"], 10)
    for path in (tmp_path / "val").glob("*/*.png"):
        path.write_bytes(b"no image")
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 8 * 8, 2))
    with pytest.raises(TrainingError, match="RDL978: 20 images in a row"):
        check_fit(net, opened(ImageFolder(str(tmp_path), 8)), recipe)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with a name are POSIX's")
def test_what_is_no_file_is_passed_over_without_waiting(tmp_path: Path) -> None:
    root = write_folders(tmp_path, ["a", "b"], 10)
    os.mkfifo(root / "a" / "pipe.png")
    (root / "a" / "link.png").symlink_to("nowhere")
    data = opened(ImageFolder(str(root), 8))
    for part in (data.training, data.validation, data.test):
        whole(part)
    assert sorted(Path(name.strip("`")).name for name in data.bad_samples.names) == ["link.png", "pipe.png"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names of files are text")
def test_names_of_classes_can_be_shown_and_written(tmp_path: Path) -> None:
    raw = os.fsdecode(b"caf\xe9")  # bytes that are no UTF-8
    write_folders(tmp_path, [raw, "two\nlines"], 10)
    names = opened(ImageFolder(str(tmp_path), 8)).class_names
    assert names == ("caf\\udce9", "two\\nlines")
    assert all(name.encode().isascii() for name in names)


def test_faults_of_folders_are_told(tmp_path: Path) -> None:
    assert "no such folder" in refused(ImageFolder(str(tmp_path / "none"), 8), "RDL970")
    (tmp_path / "file").write_text("")
    assert "no folder" in refused(ImageFolder(str(tmp_path / "file"), 8), "RDL970")
    (tmp_path / "bare").mkdir()
    assert "no folder for each class" in refused(ImageFolder(str(tmp_path / "bare"), 8), "RDL970")
    few = write_folders(tmp_path / "few", ["a"], 1)
    assert "1 training, 0 validation" in refused(ImageFolder(str(few), 8), "RDL979")
    hollow = write_folders(tmp_path / "hollow", ["a", "b"], 2)
    (hollow / "c").mkdir()
    (hollow / "c" / "notes.txt").write_text("")
    assert "class `c` has no images" in refused(ImageFolder(str(hollow), 8), "RDL972")
    parts = tmp_path / "parts"
    write_folders(parts / "train", ["a", "b"], 20)
    write_folders(parts / "val", ["a", "c"], 2)
    assert "has the class `c`" in refused(ImageFolder(str(parts), 8), "RDL973")


def test_a_huge_picture_is_a_bad_sample_and_no_full_memory(tmp_path: Path) -> None:
    root = write_folders(tmp_path, ["a", "b"], 10)
    header = io.BytesIO()
    Image.new("1", (30_000, 10_000)).save(header, "png")
    (root / "a" / "000.png").write_bytes(header.getvalue())
    data = opened(ImageFolder(str(root), 8))
    for part in (data.training, data.validation, data.test):
        whole(part)
    assert data.bad_samples.count == 1
