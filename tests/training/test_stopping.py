"""A run as a process: told to stop, or killed, and gone on with to the same weights."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.checkpoint import load_checkpoint
from resnet_dsl.training.loop import train
from resnet_dsl.training.stopping import StopRequest

EPOCHS = 3
STEPS = 1259 // 64
Factory = Callable[[], nn.Module]


def run_process(script: Path, folder: Path, name: str, epoch: int, step: int) -> tuple[int, str]:
    """A run that gets the signal at that place: its exit code, and what it said on stderr."""
    command = [sys.executable, str(script), str(folder), str(EPOCHS), name, str(epoch), str(step)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    return done.returncode, done.stderr


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, small_net: Factory, recipe: Recipe) -> bytes:
    """The last weights of a run that nobody stops."""
    folder = tmp_path_factory.mktemp("undisturbed")
    train(small_net, replace(recipe, epochs=EPOCHS), folder)
    return (folder / "last.safetensors").read_bytes()


def resumed(folder: Path, small_net: Factory, recipe: Recipe) -> bytes:
    train(small_net, replace(recipe, epochs=EPOCHS), folder, resume=True)
    return (folder / "last.safetensors").read_bytes()


@pytest.mark.parametrize(("number", "step"), [(signal.SIGTERM, 7), (signal.SIGINT, STEPS)])
def test_a_signal_saves_the_step_and_says_how_to_go_on(
    script: Path,
    tmp_path: Path,
    undisturbed: bytes,
    small_net: Factory,
    recipe: Recipe,
    number: signal.Signals,
    step: int,
) -> None:
    code, said = run_process(script, tmp_path, number.name, 1, step)
    assert code == 128 + number
    assert f"stopped by {number.name} in epoch 2 of 3, after step {step} of 19" in said
    assert "--resume" in said
    assert "Traceback" not in said
    state = load_checkpoint(tmp_path / "checkpoint.pt")
    assert (state["epoch"], state["step"]) == (1, step)
    assert all(torch.isfinite(each.float()).all() for each in state["model"].values())
    assert resumed(tmp_path, small_net, recipe) == undisturbed


def test_a_kill_loses_at_most_an_epoch(
    script: Path, tmp_path: Path, undisturbed: bytes, small_net: Factory, recipe: Recipe
) -> None:
    code, said = run_process(script, tmp_path, "SIGKILL", 2, 3)
    assert (code, said) == (-signal.SIGKILL, "")
    assert load_checkpoint(tmp_path / "checkpoint.pt")["epoch"] == 2
    assert resumed(tmp_path, small_net, recipe) == undisturbed


def test_handlers_are_put_back_and_a_second_signal_acts_at_once() -> None:
    before = signal.getsignal(signal.SIGINT)
    with StopRequest() as stop:
        assert signal.getsignal(signal.SIGINT) != before
        signal.raise_signal(signal.SIGINT)
        assert stop.signal is signal.SIGINT
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) == before
