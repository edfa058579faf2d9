"""What every test may use: texts kept in files, the folder of specs, one thread for torch."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

# Tests run side by side, one process a core; a second thread in each would only be in the way.
# Set before anything imports torch, and inherited by the processes that tests start.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"

ROOT = Path(__file__).resolve().parent.parent

Golden = Callable[[str | Path, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite the texts that tests compare with")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """``golden(path, text)``: the file at `path`, beside the test, must hold `text`.

    With ``--update`` the file is written instead.
    """

    def compare(path: str | Path, text: str) -> None:
        file = request.path.parent / path
        if request.config.getoption("--update"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
        assert file.is_file(), f"{file} does not exist: run pytest with --update, and read what it wrote"
        assert text == file.read_text(encoding="utf-8"), f"{file} differs: --update rewrites it"

    return compare


@pytest.fixture
def root() -> Path:
    """The folder of the project."""
    return ROOT


@pytest.fixture
def specs() -> Path:
    """The folder of the specs that the project ships."""
    return ROOT / "specs"


@pytest.fixture
def fixtures() -> Path:
    """Inputs that several rooms' tests share."""
    return ROOT / "tests" / "fixtures"
