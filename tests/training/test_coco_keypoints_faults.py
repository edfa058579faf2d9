"""Key points in COCO's format that are damaged, missing or something else: every fault with its message."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from resnet_dsl.training.data import (
    BadSamples,
    evaluation_batches,
)
from resnet_dsl.training.data.loading import open_source
from resnet_dsl.training.errors import TrainingError
from tests.training.posed import NOTES, Change, changed, opened, refused, source, whole
from tests.training.sources import write_keypoints


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_keypoints(tmp_path / "kp", 20)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"keypoints": [1, 2, 2] * 2}, "its `keypoints` has 6 numbers in place of 9"),
        ({"keypoints": {}}, "its `keypoints` has no list of numbers"),
        ({"keypoints": [float("nan"), 2, 2] + [0] * 6}, "no place in an image"),
        ({"keypoints": [float("inf"), 2, 2] + [0] * 6}, "no place in an image"),
        ({"keypoints": [10**400, 2, 2] + [0] * 6}, "no place in an image"),
        ({"keypoints": ["1", 2, 2] + [0] * 6}, "no place in an image"),
        ({"keypoints": [True, 2, 2] + [0] * 6}, "no place in an image"),
        ({"keypoints": [[1], 2, 2] + [0] * 6}, "no place in an image"),
        ({"keypoints": [1, 2, 3] + [0] * 6}, "is not 0, 1 or 2"),
        ({"bbox": [1, 2, 3]}, "its `bbox` has 3 numbers in place of 4"),
        ({"bbox": [1, 2, 0, 5]}, "no area"),
        ({"bbox": [1, 2, 1e-300, 1e-300]}, "no area"),
        ({"bbox": [1, 2, float("nan"), 5]}, "no place in an image"),
        ({"bbox": [1, 2, 1e9, 5]}, "no place in an image"),
        ({"bbox": [500, 500, 5, 5]}, "no pixel of the image lies in its box"),
        ({"image_id": 999}, "not in the list"),
    ],
)
def test_an_annotation_that_does_not_fit_is_passed_over(
    folder: Path, change: dict[str, Any], said: str
) -> None:
    changed(folder, lambda content: content["annotations"][4].update(change))
    data = opened(folder)
    for part in (data.training, data.validation, data.test):
        assert len(whole(part)) == len(part)
    (name,) = data.bad_samples.names
    assert "(annotation 4 of `person_keypoints_train2017.json`)" in name
    stopping = open_source(source(folder), BadSamples())
    stopping.bad_samples.stop = True
    with pytest.raises(TrainingError, match="RDL974") as error:
        _ = [whole(part) for part in (stopping.training, stopping.validation, stopping.test)]
    assert said in str(error.value)


def test_an_image_is_upright_where_it_was_annotated_so(folder: Path) -> None:
    file = folder / "train2017" / "000.png"
    image = Image.open(file).convert("RGB")
    told = Image.Exif()
    told[0x112] = 6  # to be shown turned a quarter to the right
    image.transpose(Image.Transpose.ROTATE_90).save(file, exif=told)
    index, data = next(
        (index, part)
        for part in (opened(folder).training, opened(folder).validation, opened(folder).test)
        for index in range(len(part))
        if "000.png" in part._name(index)  # type: ignore[attr-defined]  # what messages call a sample
    )
    sample = data.at(torch.tensor([index]))
    for joint, (x, y, seen) in enumerate(sample.labels[0].tolist()):
        if seen:
            assert int(sample.images[0, :, round(y), round(x)].argmax()) == min(joint, 1)
    image.save(file, exif=told)  # its size as stored is the one that is told
    again = opened(folder)
    assert whole(again.training).images.shape[0] == 28
    assert again.bad_samples.count == 0


def test_sizes_that_are_not_told_are_not_compared(folder: Path) -> None:
    changed(folder, lambda content: content["images"][0].pop("width"))
    changed(folder, lambda content: content["images"][1].update(width=None, height=None))
    data = opened(folder)
    assert [len(whole(part)) for part in (data.training, data.validation, data.test)] == [28, 4, 8]
    assert data.bad_samples.count == 0


def test_a_name_that_no_file_can_have_is_passed_over(folder: Path) -> None:
    changed(folder, lambda content: content["images"][0].update(file_name="a" * 5_000))
    changed(folder, lambda content: content["images"][1].update(file_name="\ud800\0.png"))
    data = opened(folder)
    for part in (data.training, data.validation, data.test):
        part.at(torch.arange(len(part)), complete=False)
    assert data.bad_samples.count == 4


def test_images_that_do_not_fit_are_passed_over(folder: Path) -> None:
    images = folder / "train2017"
    (images / "000.png").unlink()
    (images / "001.png").write_bytes(b"no image")
    Image.new("RGB", (30, 20)).save(images / "002.png")  # resized since
    bomb = io.BytesIO()
    Image.new("1", (30_000, 10_000)).save(bomb, "png")
    (images / "003.png").write_bytes(bomb.getvalue())
    changed(folder, lambda content: content["images"][4].update(file_name="../train2017/004.png"))
    changed(folder, lambda content: content["images"][5].update(file_name="/etc/passwd"))
    data = opened(folder)
    seen = [
        batch
        for part in (data.training, data.validation, data.test)
        for batch in evaluation_batches(data, part, 7)
    ]
    assert sum(len(batch) for batch in seen) == 40 - 12
    assert data.bad_samples.count == 12


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda content: content.pop("images"), "it is damaged (KeyError"),
        (lambda content: content.update(annotations=[[]]), "it is damaged (TypeError"),
        (lambda content: content.update(annotations=3), "it is damaged (TypeError"),
        (lambda content: content["images"][0].update(id=[1]), "it is damaged (TypeError"),
        (lambda content: content["images"][0].update(width="x"), "it is damaged (ValueError"),
        (lambda content: content["annotations"][0].update(category_id={}), "it is damaged (TypeError"),
        (lambda content: content.update(categories=[{"id": 1, "name": "a"}]), "none of its categories has"),
        (
            lambda content: content["categories"][0].update(keypoints=["a", "b", "a"]),
            "joints with the name `a`",
        ),
        (
            lambda content: content["categories"].append({"id": 2, "name": "dog", "keypoints": ["tail"]}),
            "its categories have different joints",
        ),
        (
            lambda content: content["categories"][0].update(keypoints=[str(n) for n in range(1001)]),
            "1,001 joints",
        ),
        (lambda content: content["categories"][0].update(keypoints=7), "no list of names"),
        (lambda content: content["categories"][0].update(keypoints="abc"), "no list of names"),
        (lambda content: content["categories"][0].update(keypoints={"a": 1}), "no list of names"),
        (lambda content: content["images"][1].update(id=0), "two of its images have the id 0"),
    ],
)
def test_a_file_that_is_something_else_is_refused(folder: Path, change: Change, said: str) -> None:
    assert said in refused(changed(folder, change), "RDL971")


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "[" * 100_000, '{"categories": null}'])
def test_a_file_without_annotations_is_refused(folder: Path, text: str) -> None:
    (folder / NOTES).write_text(text)
    assert "it is damaged" in refused(folder, "RDL971")


def test_files_that_are_missing(folder: Path, tmp_path: Path) -> None:
    assert "no such folder" in refused(tmp_path / "none", "RDL970")
    (folder / "train2017").rename(folder / "elsewhere")
    assert "no folder `train2017` or `images/train2017`" in refused(folder, "RDL970")
    (folder / NOTES).unlink()
    assert "`annotations/*keypoints_*.json`" in refused(folder, "RDL970")


def test_two_files_for_the_same_images_are_told(folder: Path) -> None:
    notes = folder / "annotations"
    (notes / "hand_keypoints_train2017.json").write_text((folder / NOTES).read_text())
    message = refused(folder, "RDL970")
    assert "`hand_keypoints_train2017.json` and `person_keypoints_train2017.json` are both" in message


def test_a_set_without_people_is_told(folder: Path) -> None:
    assert "has 0 training" in refused(
        changed(folder, lambda content: content.update(annotations=[])), "RDL979"
    )
    write_keypoints(folder, 4, "val2017")
    assert "has 0 training" in refused(folder, "RDL979")


def test_which_file_is_which_part_is_never_guessed(folder: Path) -> None:
    write_keypoints(folder, 4, "train2014")
    message = refused(folder, "RDL970")
    assert "`person_keypoints_train2014.json` and `person_keypoints_train2017.json` are both for" in message
    (folder / NOTES).rename(folder / "annotations" / "person_keypoints_val2017.json")
    (folder / "train2017").rename(folder / "val2017")
    (folder / "annotations" / "person_keypoints_train2014.json").rename(
        folder / "annotations" / "person_keypoints_test2014.json"
    )
    assert "none is called `train`" in refused(folder, "RDL970")
    (folder / "annotations" / "person_keypoints_test2014.json").unlink()
    assert [len(part) for part in (opened(folder).training, opened(folder).test)] == [28, 8]


def test_parts_have_the_same_joints(folder: Path) -> None:
    write_keypoints(folder, 4, "val2017")
    notes = folder / "annotations" / "person_keypoints_val2017.json"
    notes.write_text(notes.read_text().replace("nose", "beak"))
    assert "its joints are not those of `person_keypoints_train2017.json`" in refused(folder, "RDL971")
