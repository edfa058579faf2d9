"""`resnet-dsl train` and mistakes: each has its code and says what mends it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.training.tiny import SECOND, SPEC, Train

_MSE = ("--set", "train.loss=mse")


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
