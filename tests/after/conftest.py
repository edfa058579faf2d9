"""A network small enough for tests, and a run of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner, Result

from resnet_dsl.cli.app import create_app

SPEC = """\
from "parts.rdl" import unit

model tiny(classes: int = 10, width: int = 4) {
  input image [1, 8, 8]
  return image -> a: unit(width) -> b: unit(2 * width) -> gap -> flatten -> fc: linear(classes)
}

train quick for tiny {
  data      = digits
  optimizer = sgd(lr = 0.1, momentum = 0.9)
  schedule  = cosine
  epochs    = 2
  batch     = 128
}
"""
PARTS = "block unit(x, width: int) { return x -> conv(width, 3) -> bn -> relu }\n"

Command = Callable[..., Result]


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def untouched_random_state() -> Iterator[None]:
    state = torch.get_rng_state()
    yield
    torch.set_rng_state(state)


def write_spec(folder: Path) -> Path:
    (folder / "parts.rdl").write_text(PARTS)
    path = folder / "tiny.rdl"
    path.write_text(SPEC)
    return path


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The spec `tiny.rdl`, in the working folder."""
    monkeypatch.chdir(tmp_path)
    write_spec(tmp_path)
    return Path("tiny.rdl")


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(create_app(), [str(word) for word in words])


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run with another width than the spec's, whose spec is gone. Not to be changed."""
    folder = tmp_path_factory.mktemp("trained")
    state = torch.get_rng_state()
    spec = write_spec(folder)
    done = call("train", spec, "--out", folder / "run", "--set", "width=6", "--threads", "1")
    torch.set_rng_state(state)
    assert done.exit_code == 0, done.stderr
    spec.unlink()
    (folder / "parts.rdl").unlink()
    return folder / "run"


@pytest.fixture
def command() -> Command:
    """``command("export", spec, "-o", file)``: one command in this process."""
    return call
