"""Every kind of data: what is read is what was written, and every fault has its message."""

from __future__ import annotations

import io
import json
import os
import pickle
import sys
import tarfile
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from resnet_dsl.semantics.recipe_choices import DiceCrossEntropy
from resnet_dsl.semantics.recipe_sources import (
    Cifar10,
    Cifar100,
    CocoMasks,
    DataSource,
    HubFolder,
    ImageFolder,
    Synthetic,
    WebDataset,
)
from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.semantics.recipe_variations import Crop
from resnet_dsl.training.data import BadSamples, Dataset, Part, Samples, evaluation_batches, load_dataset
from resnet_dsl.training.data.coco import _decompressed
from resnet_dsl.training.data.loading import open_source
from resnet_dsl.training.errors import TrainingError
from resnet_dsl.training.fitting import check_fit
from tests.training.sources import (
    cifar_rows,
    picture,
    write_cifar_binary,
    write_cifar_python,
    write_coco,
    write_folders,
    write_tar,
)


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


# --- folders of images ---------------------------------------------------------------------------


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


def test_a_part_may_have_no_class_that_training_has_not(tmp_path: Path) -> None:
    for part, classes in (("train", 3), ("val", 3), ("test", 5)):
        write_tar(tmp_path / f"{part}-0.tar", 30, classes)
    message = refused(WebDataset(str(tmp_path), 8), "RDL973")
    assert "has the class `3`" in message
    assert "test-0.tar" in message


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


# --- CIFAR ---------------------------------------------------------------------------------------


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


# --- tar files, Hugging Face, COCO ---------------------------------------------------------------


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


def test_masks_of_coco(tmp_path: Path, recipe: Recipe) -> None:
    data = opened(CocoMasks(str(write_coco(tmp_path, 20)), 10))
    assert (data.task, data.classes, data.class_names) == ("segmentation", 3, ("background", "cat", "dog"))
    masks = torch.cat([whole(part).labels for part in (data.training, data.validation, data.test)])
    assert masks.shape == (20, 10, 10)
    assert masks.dtype == torch.uint8
    # 12 x 10 is cut to the middle 10 columns: the square begins at column 1.
    assert masks[0, 3].tolist() == [0, 2, 2, 2, 2, 0, 0, 0, 0, 0]
    assert not (masks == 255).any()  # the crowd's column is cut off
    whole_size = opened(CocoMasks(str(tmp_path), 12))
    masks = torch.cat([whole(part).labels for part in (whole_size.training, whole_size.validation)])
    assert masks.shape[1:] == (12, 12)
    part = replace(recipe, data=CocoMasks(str(tmp_path), 10), batch_size=4, loss=DiceCrossEntropy(1.0))
    loaded = load_dataset(replace(part, augment=(Crop(0, 6),)))
    (batch,) = list(evaluation_batches(loaded, loaded.validation, 50))
    assert batch.labels.dtype == torch.int64
    assert (batch.images.shape[1:], batch.labels.shape[1:]) == ((3, 6, 6), (6, 6))


def test_crowds_count_for_nothing_and_runs_may_be_short(tmp_path: Path) -> None:
    root = write_coco(tmp_path, 10)
    path = root / "annotations" / "instances_train2017.json"
    content = json.loads(path.read_text())
    for entry in content["annotations"]:
        entry["segmentation"] = {"size": [10, 12], "counts": [50, 20, 50]}
        entry["iscrowd"] = 1
    path.write_text(json.dumps(content))
    masks = whole(opened(CocoMasks(str(root), 10)).training).labels
    assert masks[0, 0].tolist() == [0, 0, 0, 0, 255, 255, 0, 0, 0, 0]
    content["annotations"][0]["segmentation"] = {"size": [10, 12], "counts": [50, 20]}
    path.write_text(json.dumps(content))
    data = opened(CocoMasks(str(root), 10))
    for part in (data.training, data.validation, data.test):
        whole(part)
    assert data.bad_samples.count == 1


@pytest.mark.parametrize("runs", [[3], [110, 10], [0, 5, 7, 1000, 2, 3, 900], [50, 20, 50, 1, 1, 40]])
def test_short_run_lengths_are_read_back(runs: list[int]) -> None:
    text = ""
    for place, run in enumerate(runs):
        value = run - (runs[place - 2] if place > 2 else 0)
        more = True
        while more:
            bits = value & 0x1F
            value >>= 5
            more = value != (-1 if bits & 0x10 else 0)
            text += chr((bits | (0x20 if more else 0)) + 48)
    assert _decompressed(text) == runs


@pytest.mark.parametrize("change", ["{", "[]", '{"images": 3, "annotations": [], "categories": []}'])
def test_damaged_annotations_are_refused(tmp_path: Path, change: str) -> None:
    root = write_coco(tmp_path, 10)
    (root / "annotations" / "instances_train2017.json").write_text(change)
    assert "instances_train2017.json" in refused(CocoMasks(str(root), 10), "RDL971")
    (root / "train2017").rename(root / "elsewhere")
    assert "no folder `train2017`" in refused(CocoMasks(str(root), 10), "RDL970")
    (root / "annotations" / "instances_train2017.json").unlink()
    refused(CocoMasks(str(root), 10), "RDL970")


# --- what the program draws ----------------------------------------------------------------------


def synthetic(task: str, **changes: Any) -> Synthetic:
    return replace(Synthetic(task, 300, (3, 16, 16), 0, 0.1, 4, 0), **changes)


def test_gratings_can_be_told_apart_by_their_direction() -> None:
    data = opened(synthetic("gratings", images=600, noise=0.05, classes=4))
    training, test = whole(data.training), whole(data.test)

    def energy(part: Part) -> torch.Tensor:
        spectrum: torch.Tensor = torch.fft.fft2(part.images.float().mean(1)).abs()
        spectrum[:, 0, 0] = 0
        size = spectrum.square().sum((1, 2), keepdim=True).sqrt()
        shares: torch.Tensor = spectrum / size
        return shares.flatten(1)

    known, asked = energy(training), energy(test)
    means = torch.stack([known[training.labels == label].mean(0) for label in range(4)])
    accuracy = ((asked @ means.T).argmax(1) == test.labels).float().mean()
    assert accuracy > 0.9


def test_shapes_are_where_their_masks_say() -> None:
    data = opened(synthetic("shapes", noise=0.0, size=(3, 32, 32)))
    part = whole(data.training)
    assert (data.task, data.classes) == ("segmentation", 4)
    assert set(part.labels.flatten().tolist()) == {0, 1, 2, 3}
    brightness = part.images.float().mean(1)
    assert brightness[part.labels == 0].max() <= 0.41 * 255
    assert brightness[part.labels > 0].min() >= 0.49 * 255


def test_heat_maps_are_highest_where_the_dots_are() -> None:
    data = opened(synthetic("keypoints", noise=0.0, size=(3, 64, 64)))
    part = whole(data.training)
    assert part.labels.shape == (len(part), 4, 16, 16)
    assert 0.7 < float(part.labels.amax((2, 3)).min()) <= 1
    dots = (part.images.float().amax(1) > 0.29 * 255).float()
    near = torch.nn.functional.avg_pool2d(dots[:, None], 4).squeeze(1) > 0
    peaks = part.labels.flatten(2).argmax(2)
    assert near.flatten(1).gather(1, peaks).all()


@pytest.mark.parametrize("task", ["noise", "gratings", "shapes", "keypoints"])
def test_the_same_recipe_draws_the_same_images(task: str) -> None:
    one, two = (whole(opened(synthetic(task)).training) for _ in range(2))
    assert torch.equal(one.images, two.images)
    assert torch.equal(one.labels, two.labels)
    other = whole(opened(synthetic(task, seed=1)).training)
    assert not torch.equal(one.images, other.images)


# --- what a recipe asks of its data --------------------------------------------------------------


@pytest.mark.parametrize(
    ("task", "changes", "said"),
    [
        ("shapes", {"loss": "mse", "label_smoothing": 0.0}, "`loss = mse` does not fit"),
        ("shapes", {"mixup": 0.2}, "`mixup` does not fit `synthetic shapes`"),
        ("keypoints", {"loss": "cross_entropy"}, "whose targets are heat maps"),
        ("gratings", {"loss": DiceCrossEntropy(1.0)}, "`loss = dice_cross_entropy` does not fit"),
        ("keypoints", {"loss": "mse", "cutmix": 1.0}, "`cutmix` does not fit"),
    ],
)
def test_a_recipe_that_does_not_fit_its_data(
    recipe: Recipe, task: str, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(TrainingError) as error:
        load_dataset(replace(recipe, data=synthetic(task), **changes))
    assert error.value.code == "RDL976"
    assert said in error.value.diagnostic.message
    assert "--set train." in error.value.diagnostic.help


def test_a_huge_picture_is_a_bad_sample_and_no_full_memory(tmp_path: Path) -> None:
    root = write_folders(tmp_path, ["a", "b"], 10)
    header = io.BytesIO()
    Image.new("1", (30_000, 10_000)).save(header, "png")
    (root / "a" / "000.png").write_bytes(header.getvalue())
    data = opened(ImageFolder(str(root), 8))
    for part in (data.training, data.validation, data.test):
        whole(part)
    assert data.bad_samples.count == 1


@pytest.mark.parametrize("sizes", [[3], [8, 3], [3, 8]])
def test_a_crop_smaller_than_a_place_of_a_heat_map_is_told(recipe: Recipe, sizes: list[int]) -> None:
    source = synthetic("keypoints")
    steps = tuple(Crop(size=size, pad=0) for size in sizes)
    chosen = replace(recipe, data=source, augment=steps, loss="mse", mixup=0.0, label_smoothing=0.0)
    with pytest.raises(TrainingError, match=r"crop\(size = 3\)") as error:
        load_dataset(chosen)
    assert error.value.code == "RDL976"


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


def test_images_of_coco_may_lie_in_folders_but_not_outside(tmp_path: Path) -> None:
    root = write_coco(tmp_path, 20)
    notes = root / "annotations" / "instances_train2017.json"
    (root / "train2017" / "deep").mkdir()
    for number in range(20):
        (root / "train2017" / f"{number}.png").rename(root / "train2017" / "deep" / f"{number}.png")
    notes.write_text(notes.read_text().replace('"file_name": "', '"file_name": "deep/'))
    data = opened(CocoMasks(str(root), 8))
    whole(data.training)
    assert data.bad_samples.count == 0
    notes.write_text(notes.read_text().replace("deep/1", "deep/../../train2017/deep/1"))
    data = opened(CocoMasks(str(root), 8))
    for part in (data.training, data.validation, data.test):
        whole(part)
    assert data.bad_samples.count == 11
