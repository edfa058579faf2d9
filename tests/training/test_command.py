"""`resnet-dsl train` from a spec's text to a folder, an exit code and what is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from resnet_dsl.cli.app import create_app
from resnet_dsl.training.checkpoint import load_weights
from tests.training.sources import write_folders
from tests.training.tiny import SECOND, SPEC, Train

_CROP = ("--set", "train.augment.size=32")


def test_the_result_goes_to_stdout_and_the_rest_to_stderr(run: Train) -> None:
    done = run()
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("held-out accuracy ")
    assert "of 359), weights of epoch " in done.stdout
    assert done.stdout.count("\n") == 1
    assert "epoch 2/2" in done.stderr
    assert "train quick for tiny {" in done.stderr
    assert "  epochs          = 2\n" in done.stderr
    assert "in runs/tiny: best.safetensors" in done.stderr
    folder = Path("runs/tiny")
    assert "class" in (folder / "model.py").read_text()
    assert set(load_weights(folder / "best.safetensors")) >= {"conv1.weight", "bn1.weight", "fc.bias"}


def test_the_result_for_programs(run: Train) -> None:
    done = run("--format", "json", "--out", "r", "--seed", "7", "--set", "train.epochs=1")
    facts = json.loads(done.stdout)
    assert (facts["model"], facts["recipe"], facts["seed"], facts["epochs"]) == ("tiny", "quick", 7, 1)
    assert facts["test_accuracy"] == facts["test_correct"] / 359
    assert json.loads(Path("r/recipe.json").read_text())["seed"] == 7


def test_resume_goes_on_or_starts_and_refuses_another_network(run: Train) -> None:
    assert run("--resume").exit_code == 0
    before = Path("runs/tiny/last.safetensors").read_bytes()
    again = run("--resume")
    assert again.exit_code == 0
    assert "going on after epoch 2" in again.stderr
    assert Path("runs/tiny/last.safetensors").read_bytes() == before
    changed = run("--resume", "--set", "train.batch=64")
    assert changed.exit_code == 1
    assert "error[RDL906]" in changed.stderr
    assert "`train.batch` was 128 and is now 64" in changed.stderr
    faster = run("--resume", "--set", "train.lr=0.2")
    assert "`train.optimizer.lr` was 0.1 and is now 0.2" in faster.stderr


def test_resume_looks_at_the_network_and_not_at_what_is_said_of_it(run: Train, spec: Path) -> None:
    assert run().exit_code == 0
    spec.write_text(f"/// What it is for.\n{SPEC}\n# A remark.\n{SECOND}")
    again = run("--resume", "--recipe", "quick")
    assert again.exit_code == 0, again.stderr
    assert "going on after epoch 2" in again.stderr
    spec.write_text(SPEC.replace("conv(4, 3)", "conv(5, 3)"))
    changed = run("--resume")
    assert changed.exit_code == 1
    assert "in its code, `self.conv1 = nn.Conv2d(1, 4, 3, padding=1, bias=False)` is now" in changed.stderr


def test_images_are_read_at_the_model_s_size_unless_told_otherwise(run: Train, tmp_path: Path) -> None:
    write_folders(tmp_path / "images", "abc", 20)
    shown = ("--set", "train.data=images", "--set", "train.data.folder=images")
    options = (*shown, "--set", "train.batch=4", "--set", "channels=3", "--set", "classes=3")
    done = run(*options, "--out", "own")
    assert done.exit_code == 0, done.stderr
    assert "size = 8)" in done.stderr
    assert "note: the images" not in done.stderr
    cropped = run(*options, "--set", "train.augment=random_resized_crop", *_CROP, "--out", "cropped")
    assert "size = 37)" in cropped.stderr  # 32 * 256 / 224
    other = run(*options, "--set", "train.data.size=16", "--out", "other")
    assert other.exit_code == 0, other.stderr
    note = "the images are 3x16x16, and the model's input is 3x8x8; `--set train.data.size=8` reads them"
    assert note in other.stderr
    assert "the images are 3x16x16" in (tmp_path / "other" / "page.html").read_text()
    assert "MFU" not in other.stderr  # which would be of the declared input


@pytest.mark.slow
def test_the_shipped_recipe_reaches_its_figure(specs: Path, tmp_path: Path) -> None:
    arguments = [
        "train",
        str(specs / "digits_resnet8.rdl"),
        "--out",
        str(tmp_path / "run"),
        "--format",
        "json",
    ]
    done = CliRunner().invoke(create_app(), arguments)
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["test_accuracy"] >= 0.98


def test_evaluation_finds_the_data_from_anywhere(
    run: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folders(tmp_path / "images", "abc", 20)
    shown = ("--set", "train.data=images", "--set", "train.data.folder=images")
    done = run(*shown, "--set", "train.batch=4", "--set", "channels=3", "--set", "classes=3", "--out", "r")
    assert done.exit_code == 0, done.stderr
    assert Path("r/started_in.txt").read_text() == "..\n"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    def evaluate(*words: str) -> Result:
        return CliRunner().invoke(create_app("evaluate"), ["evaluate", "../r", "--threads", "1", *words])

    found = evaluate()
    assert found.exit_code == 0, found.stderr
    (tmp_path / "images").rename(tmp_path / "moved")
    lost = evaluate()
    assert lost.exit_code == 1
    assert "`--set train.data.folder=DIR`" in lost.stderr
    told = evaluate("--set", "train.data.folder=../moved")
    assert told.exit_code == 0, told.stderr
    assert told.stdout == found.stdout
    assert "a run brings its own model" in evaluate("--set", "channels=1").stderr
