"""Prepared data: every index and every class that cannot be is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from resnet_dsl.semantics.recipe_sources import Shards
from resnet_dsl.training.data.shards import INDEX, PARTS, files_of, load_shards
from resnet_dsl.training.errors import TrainingError


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"parts": {"training": float("inf"), "validation": 1, "test": 1}}, "`parts`"),
        ({"parts": [1, 2, 3]}, "`parts`"),
        ({"shape": [3, 256]}, "`shape`"),
        ({"shape": [-3, -8, 8]}, "`shape`"),
        ({"shape": "abc"}, "`shape`"),
        ({"shape": [3, 2**40, 2**40]}, "bytes in place of"),
        ({"mean": [0.5]}, "`mean`"),
        ({"mean": [float("nan")] * 3}, "`mean`"),
        ({"mean": [[1, 2], [3]]}, "`mean`"),
        ({"deviation": [0, 0, 0]}, "`deviation`"),
        ({"deviation": [float("inf")] * 3}, "`deviation`"),
        ({"classes": []}, "`classes`"),
        ({"classes": "abc"}, "`classes`"),
        ({"classes": ["a", "a"]}, "`classes` has the name `a` twice"),
        ({"task": ["classification"]}, "`task`"),
        ({"name": {}}, "`name`"),
    ],
)
def test_an_index_that_says_what_cannot_be_is_refused(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    index = write_shards(tmp_path, [0, 1])
    (tmp_path / INDEX).write_text(json.dumps({**index, **change}))
    with pytest.raises(TrainingError, match=said) as error:
        load_shards(Shards(str(tmp_path)))
    assert error.value.code == "RDL971"


def write_shards(folder: Path, labels: list[int], task: str = "classification") -> dict[str, Any]:
    """Two black images of 8 x 8 in each part; gives what `index.json` says."""
    mean = [0.5] * 3
    parts = dict.fromkeys(PARTS, 2)
    index = {"format": 1, "name": "black", "task": task, "shape": [3, 8, 8], "classes": ["a", "b"]}
    index |= {"parts": parts, "mean": mean, "deviation": mean, "left_out": []}
    for part in PARTS:
        images, numbers = files_of(folder, part)
        images.write_bytes(bytes(2 * 3 * 64))
        width = 8 if task == "classification" else 1
        numbers.write_bytes(b"".join(each.to_bytes(width, "little") for each in labels))
    (folder / INDEX).write_text(json.dumps(index))
    return index


def test_a_mask_with_a_class_too_many_is_told_when_it_is_read(tmp_path: Path) -> None:
    write_shards(tmp_path, [0] * 64 + [255] * 63 + [2], "segmentation")
    data = load_shards(Shards(str(tmp_path)))
    data.training.at(torch.tensor([0]))
    with pytest.raises(TrainingError, match="training-labels.bin.*has a class 2, and there are 2") as error:
        data.training.at(torch.tensor([1]))
    assert error.value.code == "RDL971"


def test_an_empty_part_is_told(tmp_path: Path) -> None:
    index = write_shards(tmp_path, [0, 1])
    for file in files_of(tmp_path, "test"):
        file.write_bytes(b"")
    (tmp_path / INDEX).write_text(json.dumps({**index, "parts": {**index["parts"], "test": 0}}))
    with pytest.raises(TrainingError) as error:
        load_shards(Shards(str(tmp_path)))
    assert error.value.code == "RDL979"
