"""`generated/` is what the compiler writes from `specs/` today, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import Run

ROOT = Path(__file__).resolve().parents[2]
MODELS = sorted(path.parent.name for path in ROOT.glob("generated/*/model.py"))


def test_the_flagships_are_kept() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    line = next(line for line in makefile.splitlines() if line.startswith("FLAGSHIPS :="))
    assert sorted(line.split()[2:]) == MODELS


@pytest.mark.parametrize("model", MODELS)
def test_nothing_would_change(run: Run, model: str) -> None:
    spec = next(
        path
        for path in (ROOT / "specs").glob("*.rdl")
        if f"model {model} " in path.read_text(encoding="utf-8")
    )
    result = run("compile", spec, "--model", model, "--out", ROOT / "generated", "--check")
    assert result.code == 0, result.out + "run `make generated` and read the difference"
