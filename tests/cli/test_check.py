"""``check``: its four forms, and what each of them writes where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.command import Run


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_correct_spec(run: Run, tiny: Path) -> None:
    result = run("check", tiny.name)
    assert (result.code, result.out, result.err) == (0, "tiny.rdl: 1 model, no mistakes\n", "")


def test_every_mistake_of_every_file(run: Run, tiny: Path, wrong: Path) -> None:
    result = run("check", tiny.name, wrong.name, "missing.rdl")
    assert result.code == 1
    assert result.out == "tiny.rdl: 1 model, no mistakes\n"
    for text in ("wrong.rdl:3:16", "wrong.rdl:4:", "did you mean `conv`?", "missing.rdl", "3 errors"):
        assert text in result.err


def test_short(run: Run, wrong: Path) -> None:
    result = run("check", wrong.name, "--format", "short")
    assert (result.code, result.out) == (1, "")
    first, second = result.err.splitlines()
    assert first.startswith("wrong.rdl:3:16: error[RDL2")
    assert second.startswith("wrong.rdl:4:")


def test_json(run: Run, tiny: Path, wrong: Path) -> None:
    result = run("check", wrong.name, "--format", "json")
    assert (result.code, result.err) == (1, "")
    data = json.loads(result.out)
    assert data["version"] == 1
    assert [entry["file"] for entry in data["diagnostics"]] == ["wrong.rdl", "wrong.rdl"]
    assert data["diagnostics"][0]["range"]["start"] == {"line": 3, "column": 16}
    assert json.loads(run("check", tiny.name, "--format", "json").out)["diagnostics"] == []


def test_github(run: Run, tiny: Path, wrong: Path) -> None:
    result = run("check", wrong.name, "--format", "github")
    assert (result.code, result.err) == (1, "")
    assert all(line.startswith("::error file=wrong.rdl,line=") for line in result.out.splitlines())
    assert run("check", tiny.name, "--format", "github").out == ""


def test_overrides_and_models(run: Run, tiny: Path) -> None:
    assert run("check", tiny.name, "--set", "classes=7").code == 0
    result = run("check", tiny.name, "--set", "clases=7")
    assert result.code == 1
    assert "did you mean `classes`?" in result.err
    result = run("check", tiny.name, "--model", "tin")
    assert result.code == 2
    assert "did you mean `tiny`?" in result.err


@pytest.mark.parametrize("assignment", ["classes", "classes=", "classes=[1", "classes=1 2", "a b=1"])
def test_malformed_overrides_are_usage_errors(run: Run, tiny: Path, assignment: str) -> None:
    result = run("check", tiny.name, "--set", assignment)
    assert result.code == 2
    assert "--set" in result.err


def test_an_override_given_twice(run: Run, tiny: Path) -> None:
    result = run("check", tiny.name, "--set", "classes=1", "--set", "classes=2")
    assert result.code == 2
    assert "set twice" in result.err


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 100,
        b"\xff\xfe\x00",
        b"\x1b[2J\x07",
        b"model",
        b"}" * 50,
        "модель x".encode(),
        b"\r\n" * 9,
    ],
)
def test_anything_gives_diagnostics(run: Run, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "any.rdl").write_bytes(content)
    result = run("check", "any.rdl")
    assert result.code == 1
    assert "error[RDL" in result.err
    assert "Traceback" not in result.err
    assert "\x1b" not in result.err
