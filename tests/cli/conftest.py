"""The command line as tests call it: in this process, or as the process people start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from resnet_dsl.cli.main import main
from tests.cli.command import Result, Run


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """``run("check", path)``: one command in this process."""

    def call(*arguments: str | Path) -> Result:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


@pytest.fixture
def start(tmp_path: Path) -> Run:
    """``start("check", path)``: one command as a process of its own, in an empty folder."""

    def call(*arguments: str | Path, **environment: str) -> Result:
        done = subprocess.run(
            [sys.executable, "-m", "resnet_dsl.cli", *(str(argument) for argument in arguments)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            cwd=tmp_path,
            env=os.environ | environment,
            timeout=120,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A correct spec with one model, `tiny`, that takes no time."""
    path = tmp_path / "tiny.rdl"
    path.write_text(
        "model tiny(classes: int = 10) {\n"
        "  input image [3, 8, 8]\n"
        "  return image -> conv(4, 3) -> bn -> relu -> gap -> flatten -> fc: linear(classes)\n"
        "}\n"
    )
    return path


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    """A spec with two mistakes."""
    path = tmp_path / "wrong.rdl"
    path.write_text(
        "model wrong {\n"
        "  input image [3, 8, 8]\n"
        "  y = image -> convv(4, 3)\n"
        "  return image -> conv(4, 3, strid = 2)\n"
        "}\n"
    )
    return path
