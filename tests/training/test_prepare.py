"""`resnet-dsl data prepare`: what is written is what was read, and a stopped run goes on."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import CliRunner, Result

from resnet_dsl.cli.app import create_app
from resnet_dsl.semantics.recipe_sources import ImageFolder, Shards
from resnet_dsl.training.data import BadSamples, Dataset, Part, Samples
from resnet_dsl.training.data import prepare as room
from resnet_dsl.training.data.loading import open_source
from resnet_dsl.training.data.prepare import prepare, source_in
from resnet_dsl.training.errors import TrainingError
from tests.training.sources import write_cifar_binary, write_coco, write_folders, write_tar


def whole(part: Samples) -> Part:
    return part.at(torch.arange(len(part)))


def parts(data: Dataset) -> list[Part]:
    return [whole(part) for part in (data.training, data.validation, data.test)]


def silent(part: str, done: int, total: int) -> None:
    """Nobody watches."""


def run(*words: object) -> Result:
    return CliRunner().invoke(create_app("data"), ["data", "prepare", *map(str, words)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folders(tmp_path / "source", ["a", "b"], 20)


def test_prepared_pixels_are_those_of_the_source(folder: Path, tmp_path: Path) -> None:
    done = run(folder, tmp_path / "out", "--size", 8)
    assert done.exit_code == 0, done.stderr
    assert "28 training, 4 validation, 8 test images of images, 2 classes" in done.stdout
    assert "training: 28 images read" in done.stderr
    source = open_source(ImageFolder(str(folder), 8), BadSamples())
    data = open_source(Shards(str(tmp_path / "out")), BadSamples())
    for one, other in zip(parts(source), parts(data), strict=True):
        assert torch.equal(one.images, other.images)
        assert torch.equal(one.labels, other.labels)
    assert (data.class_names, data.task, data.name) == (("a", "b"), "classification", "images")
    torch.testing.assert_close(data.mean, source.mean)
    torch.testing.assert_close(data.deviation, source.deviation)
    batch = data.training.at(torch.tensor([5, 3, 5]))
    assert torch.equal(batch.images[0], batch.images[2])
    assert not (tmp_path / "out" / "progress.json").exists()


def test_masks_are_prepared_too(tmp_path: Path) -> None:
    root = write_coco(tmp_path / "coco", 20)
    assert run(root, tmp_path / "out", "--size", 10).exit_code == 0
    source = open_source(source_in(str(root), None, (10, 10)), BadSamples())
    data = open_source(Shards(str(tmp_path / "out")), BadSamples())
    assert (data.task, data.classes) == ("segmentation", 3)
    for one, other in zip(parts(source), parts(data), strict=True):
        assert torch.equal(one.labels, other.labels)


def test_folders_tell_what_they_hold(tmp_path: Path) -> None:
    assert source_in(str(write_coco(tmp_path / "c", 10)), None, (8, 8)).kind == "coco"
    (tmp_path / "t").mkdir()
    write_tar(tmp_path / "t" / "a.tar", 3, 3)
    assert source_in(str(tmp_path / "t"), None, (8, 8)).kind == "webdataset"
    assert source_in(str(write_cifar_binary(tmp_path / "ten", 1)), None, (8, 8)).kind == "cifar10"
    assert (
        source_in(str(write_cifar_binary(tmp_path / "hundred", 1, fine=True)), None, (8, 8)).kind
        == "cifar100"
    )
    assert source_in(str(write_folders(tmp_path / "i", ["a"], 1)), None, (8, 8)).kind == "images"
    assert source_in(str(tmp_path / "i"), "coco", (8, 8)).kind == "coco"


@pytest.mark.parametrize("stop", range(6))
def test_a_stopped_run_goes_on_and_writes_the_same(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: int
) -> None:
    monkeypatch.setattr(room, "TOGETHER", 7)
    source = ImageFolder(str(folder), 8)
    prepare(open_source(source, BadSamples()), source, tmp_path / "whole", silent)
    calls = 0

    def stopping(part: str, done: int, total: int) -> None:
        nonlocal calls
        calls += 1
        if calls > stop:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(open_source(source, BadSamples()), source, tmp_path / "out", stopping)
    with pytest.raises(TrainingError, match="RDL970: .*comes last"):
        open_source(Shards(str(tmp_path / "out")), BadSamples())
    # Killed between writing and recording: what lies beyond the record is written again.
    with (tmp_path / "out" / "training-images.bin").open("ab") as file:
        file.write(b"half an image")
    heard: list[tuple[str, int, int]] = []
    prepare(open_source(source, BadSamples()), source, tmp_path / "out", lambda *words: heard.append(words))
    assert heard[0] == ("training", min(stop, 4) * 7, 28)
    names = sorted(path.name for path in (tmp_path / "whole").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "out").iterdir())
    for name in names:
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "out" / name).read_bytes()


def test_images_that_cannot_be_read_are_left_out_or_end_the_run(folder: Path, tmp_path: Path) -> None:
    for number in (0, 7, 9):
        (folder / "a" / f"{number:03}.png").write_bytes(b"no image")
    stopped = run(folder, tmp_path / "out", "--size", 8, "--on-bad-sample", "stop")
    assert stopped.exit_code == 1
    assert "error[RDL974]" in stopped.stderr
    done = run(folder, tmp_path / "out", "--size", 8)
    assert done.exit_code == 0, done.stderr
    assert "3 images could not be read and were left out: " in done.stderr
    data = open_source(Shards(str(tmp_path / "out")), BadSamples())
    assert sum(len(part) for part in parts(data)) == 37
    index = json.loads((tmp_path / "out" / "index.json").read_text())
    assert len(index["left_out"]) == 3


def test_a_folder_with_something_else_is_left_alone(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    refused = run(folder, tmp_path / "out", "--size", 8)
    assert (refused.exit_code, "is not empty" in refused.stderr) == (1, True)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.txt"]
    assert run(folder, tmp_path / "two", "--size", 8).exit_code == 0
    again = run(folder, tmp_path / "two", "--size", 8)
    assert (again.exit_code, "is complete already" in again.stderr) == (1, True)
    missing = run(tmp_path / "none", tmp_path / "three")
    assert (missing.exit_code, "error[RDL970]" in missing.stderr) == (1, True)
    assert "Traceback" not in missing.stderr + again.stderr + refused.stderr
    assert run(folder, tmp_path / "four", "--size", 2).exit_code == 2


@pytest.mark.parametrize(
    "change",
    [{"format": 9}, {"parts": {"training": 29, "validation": 4, "test": 8}}, {"mean": "x"}, {"task": "?"}],
)
def test_a_damaged_index_is_refused(folder: Path, tmp_path: Path, change: dict[str, Any]) -> None:
    out = tmp_path / "out"
    assert run(folder, out, "--size", 8).exit_code == 0
    path = out / "index.json"
    index = json.loads(path.read_text())
    path.write_text(json.dumps({**index, **change}))
    with pytest.raises(TrainingError, match="RDL971"):
        open_source(Shards(str(out)), BadSamples())
    path.write_text(json.dumps(index))
    (out / "test-labels.bin").write_bytes(b"")
    with pytest.raises(TrainingError, match="RDL971: .*has 0 bytes in place of 64"):
        open_source(Shards(str(out)), BadSamples())
    shutil.rmtree(out)
    with pytest.raises(TrainingError, match="RDL970"):
        open_source(Shards(str(out)), BadSamples())


def test_classes_of_one_name_are_not_written(tmp_path: Path) -> None:
    root = write_coco(tmp_path / "coco", 20)
    notes = root / "annotations" / "instances_train2017.json"
    notes.write_text(notes.read_text().replace('"cat"', '"dog"'))
    done = run(root, tmp_path / "out", "--size", 10)
    assert done.exit_code == 1
    assert "error[RDL971]" in done.stderr
    assert "it has two classes with the name `dog`" in done.stderr
    assert not (tmp_path / "out").exists()


def test_another_size_is_another_run(folder: Path, tmp_path: Path) -> None:
    source = ImageFolder(str(folder), 8)
    with pytest.raises(KeyboardInterrupt):
        prepare(open_source(source, BadSamples()), source, tmp_path / "out", _interrupt)
    other = replace(source, size=16)
    with pytest.raises(TrainingError, match="RDL977: .*another size"):
        prepare(open_source(other, BadSamples()), other, tmp_path / "out", silent)


def _interrupt(part: str, done: int, total: int) -> None:
    raise KeyboardInterrupt


def test_what_was_left_out_before_a_stop_is_remembered(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "TOGETHER", 7)
    source, bad = ImageFolder(str(folder), 8), BadSamples()
    pixels = {path: path.read_bytes() for path in sorted((folder / "a").iterdir())}
    for path in pixels:
        path.write_bytes(b"no image")

    def stopping(part: str, done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(open_source(source, bad), source, tmp_path / "out", stopping)
    for path, content in pixels.items():  # so that nobody finds them damaged again
        path.write_bytes(content)
    again = BadSamples()
    written = prepare(open_source(source, again), source, tmp_path / "out", silent)
    index = json.loads((tmp_path / "out" / "index.json").read_text())
    assert written["training"] == 28 - 7
    assert len(index["left_out"]) == again.count >= 7
    assert set(index["left_out"]) <= {f"`{path}`" for path in pixels}
