"""Key points in COCO's format, prepared and learnt."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from typer.testing import CliRunner, Result

from resnet_dsl.cli.app import create_app
from resnet_dsl.semantics.recipe_choices import AdamW, Cosine
from resnet_dsl.semantics.recipe_sources import CocoKeypoints, Shards
from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.semantics.recipe_variations import Flip, Rotation
from resnet_dsl.training.data import (
    BadSamples,
    evaluation_batches,
    load_dataset,
    training_batches,
)
from resnet_dsl.training.data.loading import open_source
from resnet_dsl.training.data.prepare import source_in
from resnet_dsl.training.errors import TrainingError
from resnet_dsl.training.loop import train
from tests.training.posed import source
from tests.training.sources import JOINTS, write_keypoints


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_keypoints(tmp_path / "kp", 20)


def run(*words: object) -> Result:
    return CliRunner().invoke(create_app("data"), ["data", "prepare", *map(str, words)])


def test_prepared_places_are_those_of_the_source(folder: Path, tmp_path: Path, recipe: Recipe) -> None:
    out = tmp_path / "out"
    done = run(folder, out, "--size", "64x48", "--stride", "8", "--margin", "1.5")
    assert done.exit_code == 0, done.stderr
    assert "28 training, 4 validation, 8 test images of coco_keypoints, 3 joints" in done.stdout
    assert (out / "training-labels.bin").stat().st_size == 28 * 3 * 3 * 4
    here = CocoKeypoints(str(folder), (64, 48), 8, 1.5)
    plain = replace(
        recipe,
        loss="mse",
        label_smoothing=0.0,
        batch_size=7,
        augment=(Flip(0.5, vertical=False), Rotation(9.0, 0.1)),
    )
    direct, prepared = (replace(plain, data=each) for each in (here, Shards(str(out))))
    one, other = load_dataset(direct), load_dataset(prepared)
    assert (one.class_names, one.classes, one.task) == (other.class_names, other.classes, other.task)
    pairs = [(training_batches(data, way, 1, 0) for data, way in ((one, direct), (other, prepared)))]
    pairs.append(evaluation_batches(data, data.test, 5) for data in (one, other))
    for ways in pairs:
        for read, again in zip(*ways, strict=True):
            assert torch.equal(read.images, again.images)
            assert torch.equal(read.labels.nan_to_num(-1), again.labels.nan_to_num(-1))
            assert read.labels.shape[1:] == (3, 8, 6)


def test_prepared_places_are_checked(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run(folder, out, "--size", 32).exit_code == 0
    index = json.loads((out / "index.json").read_text())
    for stride in (0, 65, True, "4", None):
        (out / "index.json").write_text(json.dumps({**index, "stride": stride}))
        with pytest.raises(TrainingError, match="RDL971: .*`stride` is not"):
            open_source(Shards(str(out)), BadSamples())
    (out / "index.json").write_text(json.dumps(index))
    labels = out / "training-labels.bin"
    labels.write_bytes(b"\xff" * 36 + labels.read_bytes()[36:])
    data = open_source(Shards(str(out)), BadSamples())
    data.training.at(torch.tensor([1]))
    with pytest.raises(TrainingError, match="RDL971: .*training-labels.bin.*no number"):
        data.training.at(torch.tensor([0]))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--size", "64x"], "neither a side"),
        (["--size", "64x48x3"], "neither a side"),
        (["--size", "-8"], "neither a side"),
        (["--size", "4x64"], "not in the range 8 to 4,096"),
        (["--size", "62x48"], "no whole number of strides of 4"),
        (["--margin", "nan"], "nan is no number"),
        (["--margin", "0.5"], "1<=x<=10"),
        (["--kind", "images", "--stride", "4"], "no key points"),
        (["--kind", "images", "--margin", "1"], "no key points"),
        (["--kind", "images", "--size", "64x48"], "squares"),
    ],
)
def test_mistakes_of_the_command(folder: Path, tmp_path: Path, words: list[str], said: str) -> None:
    done = run(folder, tmp_path / "out", *words)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.replace("│", " ").split())
    assert not (tmp_path / "out").exists()


def test_the_folder_tells_unless_it_has_masks_too(folder: Path) -> None:
    assert source_in(str(folder), None, (8, 8)) == CocoKeypoints(str(folder), (8, 8), 4, 1.25)
    (folder / "annotations" / "instances_train2017.json").write_text("{}")
    assert source_in(str(folder), None, (8, 8)).kind == "coco"
    assert source_in(str(folder), "coco_keypoints", (8, 8)).kind == "coco_keypoints"


class Poser(nn.Module):
    """Heat maps of a quarter of the resolution, which see what is around."""

    def __init__(self) -> None:
        super().__init__()
        widths = ((3, 16, 5, 2), (16, 24, 3, 2), (24, 24, 7, 1), (24, 24, 3, 1))
        layers = [
            nn.Sequential(nn.Conv2d(i, o, k, s, k // 2, bias=False), nn.BatchNorm2d(o), nn.ReLU())
            for i, o, k, s in widths
        ]
        self.body, self.head = nn.Sequential(*layers), nn.Conv2d(24, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        maps: Tensor = self.head(self.body(x))
        return maps


@pytest.mark.slow
def test_joints_are_learnt_with_a_mirror(recipe: Recipe, tmp_path: Path) -> None:
    root = write_keypoints(tmp_path / "more", 60)
    write_keypoints(root, 20, "val2017", seed=1)
    points = replace(
        recipe,
        data=source(root),
        optimizer=AdamW(0.005, 0.9, 0.999, 1e-8, 0.01),
        schedule=Cosine(0.0),
        epochs=12,
        batch_size=9,
        loss="mse",
        label_smoothing=0.0,
        # Most images are mirrored: with the hands not swapped, each would be looked for on the other's side.
        augment=(Flip(0.8, vertical=False), Rotation(10.0, 0.1)),
    )
    result = train(Poser, points, tmp_path / "run")
    assert result.test.figures["pck"] > 0.9
    found = json.loads((tmp_path / "run" / "evaluation.json").read_text())
    assert [row["name"] for row in found["joints"]] == list(JOINTS)
    assert [row["count"] for row in found["joints"]] == [40, 40, 33]
    assert all(row["pck"] > 0.8 for row in found["joints"])
    page = (tmp_path / "run" / "page.html").read_text()
    assert "<h2>Joints, held out</h2>" in page
    assert "<td>left_hand</td><td>40</td>" in page
