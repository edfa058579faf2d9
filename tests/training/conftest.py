"""What the tests of training share: a network, a recipe, a command, and torch on one thread."""

from __future__ import annotations

import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from typer.testing import CliRunner, Result

from resnet_dsl.cli.app import create_app
from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.data import Dataset
from resnet_dsl.training.data.digits import load_digits
from tests.training.tiny import SPEC, Train

SCRIPT = Path(__file__).with_name("digits_run.py")


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def untouched_random_state() -> Iterator[None]:
    """Runs seed torch's global generator; tests do not feel each other."""
    state = torch.get_rng_state()
    yield
    torch.set_rng_state(state)


@pytest.fixture(scope="session")
def script() -> Path:
    return SCRIPT


@pytest.fixture(scope="session")
def _names() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPT))


@pytest.fixture(scope="session")
def digits_net(_names: dict[str, Any]) -> Callable[[], nn.Module]:
    """The network of 77,754 parameters."""
    factory: Callable[[], nn.Module] = _names["digits_net"]
    return factory


@pytest.fixture(scope="session")
def small_net(_names: dict[str, Any]) -> Callable[[], nn.Module]:
    """A narrow network with dropout."""
    factory: Callable[[], nn.Module] = _names["small_net"]
    return factory


@pytest.fixture(scope="session")
def recipe(_names: dict[str, Any]) -> Recipe:
    """The digits recipe."""
    made: Recipe = _names["recipe"]()
    return made


@pytest.fixture(scope="session")
def digits() -> Dataset:
    return load_digits()


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small spec in the current folder, where the command's runs go too."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "tiny.rdl"
    path.write_text(SPEC)
    return path


@pytest.fixture
def run(spec: Path) -> Train:
    """`train` of the small spec, with options."""

    def run(*options: str) -> Result:
        return CliRunner().invoke(create_app(), ["train", spec.name, *options])

    return run
