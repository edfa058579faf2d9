"""`resnet-dsl train` from a spec's text to a folder, an exit code and what is said."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from resnet_dsl.cli.app import create_app
from resnet_dsl.training.checkpoint import load_weights
from tests.training.sources import write_folders

SPEC = """\
model tiny(classes: int = 10, channels: int = 1) {
  input image [channels, 8, 8]
  return image -> conv(4, 3) -> bn -> relu -> gap -> flatten -> fc: linear(classes)
}

model other = tiny(classes = 10) {
}

train quick for tiny {
  data      = digits
  optimizer = sgd(lr = 0.1, momentum = 0.9)
  schedule  = cosine
  epochs    = 2
  batch     = 128
}
"""
SECOND = SPEC[SPEC.index("train quick") :].replace("quick", "slow")

_MSE = ("--set", "train.loss=mse")
_CROP = ("--set", "train.augment.size=32")

Train = Callable[..., Result]


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "tiny.rdl"
    path.write_text(SPEC)
    return path


@pytest.fixture
def run(spec: Path) -> Train:
    def run(*options: str) -> Result:
        return CliRunner().invoke(create_app(), ["train", spec.name, *options])

    return run


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


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--set", "classes=7"), 1, "error[RDL904]"),
        (("--set", "channels=3"), 1, "error[RDL903]"),
        (("--set", "train.epohs=1"), 1, "did you mean `epochs`?"),
        (("--set", "train.optimizer.lr=-1"), 1, "error[RDL312]"),
        (("--set", "train.batch=5000"), 1, "error[RDL908]"),
        (("--model", "other"), 1, "error[RDL911]: `tiny.rdl` has no recipe for other"),
        (("--out", "tiny.rdl/x"), 1, "error[RDL902]"),
        (("--recipe", "quik"), 2, "did you mean `quick`?"),
        (("--recipe", "modrn"), 2, "did you mean `modern`?"),
        (("--recipe", "xyz"), 2, "known here: `quick`, `resnet_imagenet`,"),
        (("--model", "tiny", "--recipe", "fast"), 1, "error[RDL907]: recipe `fast` names no data"),
        (("--set", "train.data=cifar10"), 1, "error[RDL313]: `cifar10` needs `folder`"),
        (("--set", "train.data=cifar10", "--set", "train.data.folder=no/such"), 1, "error[RDL970]"),
        (("--set", "train.data=synthetic", "--set", "train.data.task=shapes"), 1, "error[RDL903]"),
        (("--model", "tiny", "--seed", "-1"), 2, "--seed"),
        (("--threads", "0"), 2, "--threads"),
    ],
)
def test_mistakes_have_a_code_and_no_traceback(
    run: Train, options: tuple[str, ...], code: int, said: str
) -> None:
    done = run(*options)
    assert done.exit_code == code
    assert said in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert not Path("runs").exists()


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


def test_among_several_recipes_one_is_to_be_chosen(run: Train, spec: Path) -> None:
    spec.write_text(SPEC + "\n" + SECOND)
    unsaid = run()
    assert unsaid.exit_code == 2
    assert "tiny has several recipes, choose one: quick, slow" in unsaid.stderr
    assert run("--recipe", "slow", "--set", "train.epochs=1").exit_code == 0
    spec.write_text(SPEC + "\n" + SECOND.replace("tiny", "other"))
    unsaid = run()
    assert unsaid.exit_code == 2
    assert "several models have a recipe: tiny, other" in unsaid.stderr
    assert run("--recipe", "slow", "--set", "train.epochs=1").exit_code == 0
    assert Path("runs/other").is_dir()


@pytest.mark.parametrize("package", ["torch", "safetensors", "sklearn"])
def test_without_the_extra_the_message_says_what_to_install(spec: Path, package: str) -> None:
    code = (
        "import sys; sys.modules[sys.argv[1]] = None\n"
        "from resnet_dsl.cli.main import main\n"
        "sys.exit(main(['train', sys.argv[2]]))"
    )
    command = [sys.executable, "-c", code, package, spec.name]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=spec.parent)
    assert done.returncode == 1
    assert "error[RDL901]: training needs the package" in done.stderr
    assert 'pip install "resnet-dsl[train]"' in done.stderr
    assert "Traceback" not in done.stderr
    assert not (spec.parent / "runs").exists()


def test_an_output_of_another_form_is_told_in_the_data_s_words(run: Train) -> None:
    shapes = ("--set", "train.data=synthetic", "--set", "train.data.task=shapes")
    maps = run(*shapes, "--set", "train.data.size=[1,32,32]")
    assert "`synthetic shapes` has 4 classes and needs [4, 32, 32]" in maps.stderr
    assert "end the model with `conv(4, 1)`\n" in maps.stderr
    few = run("--set", "classes=7")
    assert "end the model with `linear(10)`, or try `--set classes=10`" in few.stderr
    with_joints = run(
        *shapes[:2], "--set", "train.data.task=keypoints", "--set", "train.data.size=[1,32,32]", *_MSE
    )
    assert "joints and needs [" in with_joints.stderr


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


def test_options_for_several_processes_need_them(run: Train) -> None:
    for option in (("--parallel", "fsdp"), ("--sync-bn",)):
        done = run(*option)
        assert done.exit_code == 2
        assert "torchrun" in done.stderr
        assert not Path("runs").exists()


def test_a_script_that_was_edited_is_not_replaced(run: Train) -> None:
    assert run("--eject", "mine.py").exit_code == 0
    written = Path("mine.py").read_text()
    assert run("--eject", "mine.py").exit_code == 0  # the same once more
    Path("mine.py").write_text(f"{written}# mine\n")
    refused = run("--eject", "mine.py")
    assert refused.exit_code == 2
    assert "`--force` replaces it" in refused.stderr
    assert Path("mine.py").read_text().endswith("# mine\n")
    assert run("--eject", "mine.py", "--force").exit_code == 0
    assert Path("mine.py").read_text() == written
