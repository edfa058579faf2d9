"""`generated/` is what the compiler writes from `specs/` today, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import Run

ROOT = Path(__file__).resolve().parents[2]


def _flagships() -> list[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    line = next(line for line in makefile.splitlines() if line.startswith("FLAGSHIPS :="))
    return line.split()[2:]


@pytest.mark.parametrize("model", _flagships())
def test_nothing_would_change(run: Run, model: str) -> None:
    spec = ROOT / "specs" / f"{model}.rdl"
    result = run("compile", spec, "--out", ROOT / "generated", "--check")
    assert result.code == 0, result.out + "run `make generated` and read the difference"
