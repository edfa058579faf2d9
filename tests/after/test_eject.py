"""`train --eject` writes a script that takes the very steps of the command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.after.conftest import Command

RECIPES = {
    "plain": "optimizer = sgd(lr = 0.1)",
    "onecycle": """optimizer = sgd(lr = 0.1, momentum = 0.9, nesterov = true, weight_decay = 5e-4)
  schedule = onecycle
  label_smoothing = 0.1
  augment = shift(pixels = 1)""",
    "cosine": """optimizer = adamw(lr = 0.01)
  schedule = cosine(final = 0.1)
  warmup = linear(steps = 5)
  decay_norms = false
  clip = 1.0
  augment = [crop(pad = 2), flip]""",
    "polynomial": """optimizer = rmsprop(lr = 0.001, momentum = 0.9)
  schedule = polynomial
  warmup = flat(epochs = 0.5)
  accumulate = 2""",
    "step": "optimizer = sgd(lr = 0.1)\n  schedule = step(milestones = [1])\n  seed = 7",
}
HEADS = """\
model tiny {
  input image [1, 8, 8]
  x = image -> conv(4, 3) -> bn -> relu
  aux side = x -> gap -> flatten -> head: linear(10)
  return x -> conv(8, 3) -> bn -> relu -> dropout(0.2) -> gap -> flatten -> fc: linear(10)
}
"""


def write(spec: Path, recipe: str, model: str = "") -> None:
    text = spec.read_text()
    model = model or text[: text.index("train quick")]
    spec.write_text(
        f"{model}train quick for tiny {{\n  data = digits\n  epochs = 2\n  batch = 128\n  {recipe}\n}}\n"
    )


def run_script() -> str:
    done = subprocess.run([sys.executable, "own.py"], capture_output=True, text=True, check=True, timeout=300)
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("name", RECIPES)
def test_the_script_is_clean(name: str, spec: Path, command: Command) -> None:
    write(spec, RECIPES[name])
    done = command("train", spec, "--eject", "own.py")
    assert done.exit_code == 0, done.stderr
    assert "own.py: trains tiny as the recipe quick says" in done.stdout
    assert not Path("runs").exists()
    text = Path("own.py").read_text()
    assert "resnet_dsl" not in text
    for words in (["format", "--check"], ["check", "--no-cache", "--select", "E,F,I,B,UP"]):
        ruff = [sys.executable, "-m", "ruff", *words, "--isolated", "own.py"]
        result = subprocess.run(ruff, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout


def test_the_script_reaches_the_same_weights(spec: Path, command: Command) -> None:
    write(spec, RECIPES["onecycle"])
    same_weights(spec, command)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["plain", "cosine", "polynomial", "step"])
def test_other_recipes_too(name: str, spec: Path, command: Command) -> None:
    write(spec, RECIPES[name])
    same_weights(spec, command)


@pytest.mark.slow
def test_auxiliary_heads_and_dropout(spec: Path, command: Command) -> None:
    write(spec, RECIPES["onecycle"], HEADS)
    same_weights(spec, command)


def same_weights(spec: Path, command: Command) -> None:
    trained = command("train", spec, "--threads", "1")
    assert trained.exit_code == 0, trained.stderr
    assert command("train", spec, "--eject", "own.py").exit_code == 0
    said = run_script()
    ours, theirs = load_file("runs/tiny/best.safetensors"), torch.load("own.pt", weights_only=True)
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)
    held_out = trained.stdout.partition("%")[0]
    assert held_out.startswith("held-out accuracy ")
    assert held_out in said


@pytest.mark.slow
def test_names_of_the_network_and_of_the_script_do_not_meet(spec: Path, command: Command) -> None:
    text = spec.read_text().replace("unit", "evaluate")
    Path("parts.rdl").write_text(Path("parts.rdl").read_text().replace("unit", "split"))
    spec.write_text(text.replace("evaluate", "split"))
    assert command("train", spec, "--eject", "own.py", "--set", "train.epochs=1").exit_code == 0
    assert "held-out accuracy" in run_script()


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        ("optimizer = sgd(lr = 0.1)\n  mixup = 0.2", "what the recipe says: `mixup`"),
        ("optimizer = sgd(lr = 0.1)\n  schedule = plateau", "`schedule = plateau`"),
        ("optimizer = sgd(lr = 0.1)\n  augment = rotation(10)", "the augmentation `rotation`"),
    ],
)
def test_what_a_script_cannot_hold(spec: Path, command: Command, recipe: str, said: str) -> None:
    write(spec, recipe)
    done = command("train", spec, "--eject", "own.py")
    assert done.exit_code == 1, done.stdout
    assert "error[RDL956]" in done.stderr
    assert said in done.stderr
    assert not Path("own.py").exists()
