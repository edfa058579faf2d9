"""Key points in COCO's format: what is cut out, what counts, and every fault with its message."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from typer.testing import CliRunner, Result

from resnet_dsl.cli.app import create_app
from resnet_dsl.semantics.recipe_choices import AdamW, Cosine
from resnet_dsl.semantics.recipe_sizes import sized
from resnet_dsl.semantics.recipe_sources import CocoKeypoints, Shards
from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.semantics.recipe_variations import Crop, Flip, Rotation
from resnet_dsl.training.data import (
    BadSamples,
    Dataset,
    Part,
    Samples,
    evaluation_batches,
    load_dataset,
    training_batches,
)
from resnet_dsl.training.data.decoding import framed
from resnet_dsl.training.data.loading import open_source
from resnet_dsl.training.data.prepare import source_in
from resnet_dsl.training.data.reading import BadSampleError
from resnet_dsl.training.errors import TrainingError
from resnet_dsl.training.fitting import check_fit
from resnet_dsl.training.loop import train
from tests.training.sources import JOINTS, write_keypoints

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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_keypoints(tmp_path / "kp", 20)


# --- what a sample is ----------------------------------------------------------------------------


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


# --- faults --------------------------------------------------------------------------------------


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


# --- prepared ------------------------------------------------------------------------------------


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


# --- learnt --------------------------------------------------------------------------------------


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
