"""A small set of key points in COCO's format: opened, edited, refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from resnet_dsl.semantics.recipe_sources import CocoKeypoints
from resnet_dsl.training.data import (
    BadSamples,
    Dataset,
    Part,
    Samples,
)
from resnet_dsl.training.data.loading import open_source
from resnet_dsl.training.errors import TrainingError

NOTES = Path("annotations") / "person_keypoints_train2017.json"
Change = Callable[[dict[str, Any]], object]


def source(folder: Path, size: tuple[int, int] = (64, 48), margin: float = 1.25) -> CocoKeypoints:
    return CocoKeypoints(str(folder), size, 4, margin)


def opened(folder: Path, **more: Any) -> Dataset:
    return open_source(source(folder, **more), BadSamples())


def whole(part: Samples) -> Part:
    return part.at(torch.arange(len(part)))


def files(part: Samples) -> set[str]:
    """The image files of a part's samples."""
    part_name = part._name  # type: ignore[attr-defined]  # what messages call a sample
    return {str(part_name(index)).partition("`")[2].partition("`")[0] for index in range(len(part))}


def refused(folder: Path, code: str) -> str:
    with pytest.raises(TrainingError) as error:
        opened(folder)
    assert error.value.code == code
    assert error.value.diagnostic.help
    return error.value.diagnostic.message


def changed(folder: Path, change: Change) -> Path:
    """The set with its annotations edited."""
    content = json.loads((folder / NOTES).read_text())
    change(content)
    (folder / NOTES).write_text(json.dumps(content))
    return folder
