"""Masks of COCO: polygons, crowds and run lengths, and annotations that are damaged."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from resnet_dsl.semantics.recipe_choices import DiceCrossEntropy
from resnet_dsl.semantics.recipe_sources import CocoMasks
from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.semantics.recipe_variations import Crop
from resnet_dsl.training.data import evaluation_batches, load_dataset
from resnet_dsl.training.data.coco import _decompressed
from tests.training.sources import opened, refused, whole, write_coco


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
