"""Key points in COCO's format: what is cut out, what counts, and what fits a network."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from typer.testing import CliRunner

from resnet_dsl.cli.app import create_app
from resnet_dsl.semantics.recipe_sizes import sized
from resnet_dsl.semantics.recipe_sources import CocoKeypoints, Shards
from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.semantics.recipe_variations import Crop, Flip, RandomResizedCrop
from resnet_dsl.training.data import (
    evaluation_batches,
    load_dataset,
    training_batches,
)
from resnet_dsl.training.data.decoding import framed
from resnet_dsl.training.data.reading import BadSampleError
from resnet_dsl.training.errors import TrainingError
from resnet_dsl.training.fitting import check_fit
from tests.training.posed import changed, files, opened, source, whole
from tests.training.sources import JOINTS, write_keypoints


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_keypoints(tmp_path / "kp", 20)


def test_a_sample_is_a_person_with_its_joints(folder: Path) -> None:
    data = opened(folder)
    assert (data.task, data.classes, data.class_names) == ("keypoints", 3, JOINTS)
    # Crowds and people without joints are none; two of each image stay together.
    assert [len(part) for part in (data.training, data.validation, data.test)] == [28, 4, 8]
    assert data.joints is not None
    assert (data.joints.stride, data.joints.mirrored.tolist()) == (4, [0, 2, 1])
    batch = whole(data.training)
    assert (batch.images.shape, batch.labels.shape) == ((28, 3, 64, 48), (28, 3, 3))
    assert batch.images.dtype == torch.uint8
    assert set(batch.labels[..., 2].flatten().tolist()) == {0.0, 1.0, 2.0}
    for image, points in zip(batch.images, batch.labels, strict=True):
        for joint, (x, y, seen) in enumerate(points.tolist()):
            if seen:  # its dot is there: red the nose, green the hands
                assert int(image[:, round(y), round(x)].argmax()) == min(joint, 1)


def test_a_box_is_cut_out_with_its_margin_and_its_aspect_kept(tmp_path: Path) -> None:
    root = write_keypoints(tmp_path / "kp", 10, size=(80, 60))

    def one(content: dict[str, Any]) -> None:
        for entry in content["annotations"]:
            entry["bbox"] = [20.0, 10.0, 16.0, 32.0]
            entry["keypoints"] = [28, 26, 2, 20, 10, 2, 36, 42, 1]

    data = opened(changed(root, one), size=(40, 40), margin=1.25)
    points = data.training.at(torch.tensor([0])).labels[0]
    # The box is higher than wide: 1.25 x 32 = 40 pixels square about (28, 26), so nothing is resized.
    assert points[:, :2].tolist() == [[20, 20], [12, 4], [28, 36]]
    image = Image.open(root / "train2017" / "000.png").convert("RGB").crop((8, 6, 48, 46))
    cut = data.training.at(torch.tensor([0])).images[0]
    assert bytes(cut.permute(1, 2, 0).flatten().tolist()) == image.tobytes()
    wide = opened(root, size=(20, 40), margin=1.0).training.at(torch.tensor([0])).labels[0]
    # 64 x 32 about the same middle, at a scale of 40 / 64; the last joint lies on the lower edge.
    assert wide[:, 0].tolist() == [19.8125, 14.8125, 24.8125]
    assert wide[:2, 1].tolist() == [9.8125, -0.1875]


def test_a_frame_beyond_the_image_is_black_there() -> None:
    image = Image.linear_gradient("L").resize((30, 20)).convert("RGB")
    same = framed(image, 0, 0, 30, 20, (20, 30))
    assert same.tobytes() == image.tobytes()
    around = framed(image, -5, -10, 40, 40, (40, 40))
    assert around.crop((5, 10, 35, 30)).tobytes() == image.tobytes()
    assert around.crop((0, 0, 40, 10)).getextrema() == ((0, 0),) * 3
    assert around.crop((35, 0, 40, 40)).getextrema() == ((0, 0),) * 3
    far = framed(image, -300, -300, 640, 640, (64, 64))  # of which the image is three places by two
    assert far.getbbox() == (30, 30, 33, 32)
    with pytest.raises(BadSampleError, match="no pixel of the image"):
        framed(image, -1e6, -1e6, 2e6, 2e6, (64, 64))  # and takes no more memory than another


def test_people_of_one_image_stay_in_one_part(folder: Path) -> None:
    write_keypoints(folder, 8, "val2017", seed=1)
    data = opened(folder)
    assert [len(part) for part in (data.training, data.validation, data.test)] == [36, 4, 16]

    assert not files(data.training) & files(data.validation)
    assert (len(files(data.training)), len(files(data.validation))) == (18, 2)


def test_an_image_that_is_listed_twice_is_one(tmp_path: Path) -> None:
    root = write_keypoints(tmp_path / "kp", 20)

    def again(content: dict[str, Any]) -> None:
        for number, entry in enumerate(list(content["images"])):
            content["images"].append({**entry, "id": 100 + number})
            content["annotations"][4 * number]["image_id"] = 100 + number

    data = opened(changed(root, again))
    training, validation, test = (files(part) for part in (data.training, data.validation, data.test))
    assert not training & validation | training & test | validation & test
    assert [len(part) for part in (data.training, data.validation, data.test)] == [28, 4, 8]


def test_batches_have_heat_maps(folder: Path, recipe: Recipe) -> None:
    plain = replace(recipe, data=source(folder), loss="mse", label_smoothing=0.0, batch_size=14, augment=())
    data = load_dataset(plain)
    batch = next(training_batches(data, plain, 0, 0))
    assert batch.labels.shape == (14, 3, 16, 12)
    known = ~batch.labels.isnan()
    assert 0 < int((~known.any(3).any(2)).sum()) < 14  # right hands that are not labelled
    assert bool((batch.labels[known.all(3).all(2)].amax((1, 2)) > 0.7).all())
    cropped = load_dataset(replace(plain, augment=(Crop(0, 32),)))
    (seen,) = list(evaluation_batches(cropped, cropped.validation, 50))
    assert (seen.images.shape[1:], seen.labels.shape[1:]) == ((3, 32, 32), (3, 8, 8))
    (full,) = list(evaluation_batches(data, data.validation, 50))
    there = ~seen.labels.isnan()
    middle = full.labels[..., 4:12, 2:10]
    torch.testing.assert_close(seen.labels[there], middle[there])


def test_the_size_is_the_models(recipe: Recipe) -> None:
    chosen = replace(recipe, data=CocoKeypoints("kp", (0, 0), 4, 1.25), augment=())
    assert sized(chosen, (3, 256, 192)).data == CocoKeypoints("kp", (256, 192), 4, 1.25)
    cropped = sized(replace(chosen, augment=(Crop(0, 224),)), (3, 224, 224)).data
    assert cropped == CocoKeypoints("kp", (256, 256), 4, 1.25)
    kept = replace(chosen, data=CocoKeypoints("kp", (64, 48), 4, 1.25))
    assert sized(kept, (3, 256, 192)) is kept


class Net(nn.Module):
    def __init__(self, joints: int = 3, stride: int = 4) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, joints, stride, stride)

    def forward(self, x: Tensor) -> Tensor:
        maps: Tensor = self.conv(x)
        return maps


def test_what_does_not_fit_the_network_is_told(folder: Path, recipe: Recipe) -> None:
    plain = replace(recipe, data=source(folder), loss="mse", label_smoothing=0.0, augment=(), batch_size=8)
    data = load_dataset(plain)
    assert check_fit(Net(), data, plain) == ()
    with pytest.raises(TrainingError, match=r"RDL904: .*\[17, 16, 12\].* 3 joints") as error:
        check_fit(Net(17), data, plain)
    assert error.value.diagnostic.help == "end the model with `conv(3, 1)`"
    with pytest.raises(TrainingError, match="RDL904") as error:
        check_fit(Net(3, 8), data, plain)
    assert "`--set train.data.stride=8`" in str(error.value.diagnostic.help)
    prepared = replace(plain, data=Shards("out"))
    with pytest.raises(TrainingError, match="RDL904") as error:
        check_fit(Net(3, 8), data, prepared)
    assert "`--stride 8`" in str(error.value.diagnostic.help)
    (note,) = check_fit(Net(), data, plain, (3, 128, 96))
    assert "`--set train.data.size=[128,96]`" in note
    mirrored = replace(plain, augment=(Flip(0.5, vertical=False),))
    assert check_fit(Net(), data, mirrored) == ()
    changed(folder, lambda content: content["categories"][0].update(keypoints=["a", "b", "c"]))
    (note,) = check_fit(Net(), load_dataset(mirrored), mirrored)
    assert "`flip` swaps none of them" in note


def test_a_crop_smaller_than_a_place_of_a_heat_map_is_told(folder: Path, recipe: Recipe) -> None:
    plain = replace(recipe, data=source(folder), loss="mse", label_smoothing=0.0, batch_size=8)
    for step in (Crop(0, 3), RandomResizedCrop(3, (0.4, 1.0), (0.7, 1.4))):
        with pytest.raises(TrainingError, match=r"RDL976: .*\(size = 3\).* 4 x 4 pixels"):
            load_dataset(replace(plain, augment=(step,)))
    load_dataset(replace(plain, augment=(Crop(0, 4), Flip(0.5, vertical=False))))


def test_a_network_with_a_parameter_for_its_joints(folder: Path, tmp_path: Path) -> None:
    spec = tmp_path / "net.rdl"
    spec.write_text(
        "model net(joints: int = 5) {\n  input image [3, 64, 48]\n"
        "  return image -> conv(8, 5, stride = 4) -> conv(joints, 1)\n}\n"
        f"train once for net {{\n  data = coco_keypoints(folder = {json.dumps(str(folder))})\n"
        "  optimizer = sgd(lr = 0.1)\n  epochs = 1\n  batch = 4\n  loss = mse\n}\n"
    )
    words = ["train", str(spec), "--out", str(tmp_path / "run"), "--threads", "1"]
    done = CliRunner().invoke(create_app("train"), words)
    assert done.exit_code == 1
    assert "coco_keypoints(folder = " in done.stderr
    assert "size = [64, 48], stride = 4, margin = 1.25" in done.stderr
    assert "end the model with `conv(3, 1)`, or try `--set joints=3`" in done.stderr
