"""The text generated for every model: what it imports, and that a formatter and a linter leave it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from .shipped import every_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file a model."""
    folder = tmp_path_factory.mktemp("generated")
    for model in every_model():
        name = "__".join(str(model).replace("/", ":").split(":"))
        (folder / f"{name}.py").write_text(model.network.to_pytorch())
    return folder


def test_it_imports_only_torch(folder: Path) -> None:
    imported = {
        alias.name if isinstance(node, ast.Import) else node.module
        for file in folder.iterdir()
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert imported <= {"torch", "torch.nn.functional", "collections"}


@pytest.mark.parametrize("command", [["format", "--diff"], ["check", "--no-cache"]], ids=lambda one: one[0])
def test_it_is_formatted_and_clean(folder: Path, command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "--isolated", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
