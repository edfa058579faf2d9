"""``compile``: a model's folder, whole or not at all, the same bytes from the same spec."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from resnet_dsl.backends import graphviz
from resnet_dsl.cli.compile import Phase
from resnet_dsl.compiler import PHASES
from tests.cli.command import Run

FILES = {"model.py", "graph.dot", "graph.svg", "report.md", "report.json"}


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_five_files_and_a_line(run: Run, tiny: Path) -> None:
    result = run("compile", tiny.name)
    assert (result.code, result.err) == (0, "")
    files = contents(Path("generated/tiny"))
    assert set(files) == FILES
    assert result.out.startswith(f"{Path('generated/tiny')}: ")
    assert "166 parameters" in result.out
    for name in ("peak", "step", "field"):
        assert f"| {name} |".encode() in files["report.md"]
    report = json.loads(files["report.json"])
    assert (report["model"], report["input"], report["params"]) == ("tiny", [3, 8, 8], 166)
    assert b"<svg" in files["graph.svg"]
    scope: dict[str, object] = {"__name__": "tiny"}
    exec(files["model.py"], scope)
    assert callable(scope["tiny"])


def test_the_same_spec_gives_the_same_bytes_from_anywhere(
    run: Run, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("compile", tiny.name, "--out", "one")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    run("compile", tiny, "--out", "two")
    assert contents(tmp_path / "one" / "tiny") == contents(elsewhere / "two" / "tiny")


def test_a_second_run_changes_nothing(run: Run, tiny: Path) -> None:
    run("compile", tiny.name)
    stamps = {path.name: path.stat().st_mtime_ns for path in Path("generated/tiny").iterdir()}
    result = run("compile", tiny.name)
    assert "up to date" in result.out
    assert stamps == {path.name: path.stat().st_mtime_ns for path in Path("generated/tiny").iterdir()}


def test_check_writes_nothing(run: Run, tiny: Path) -> None:
    result = run("compile", tiny.name, "--check")
    assert result.code == 1
    assert "would change: " in result.out
    assert not Path("generated").exists()

    run("compile", tiny.name)
    assert run("compile", tiny.name, "--check").code == 0
    Path("generated/tiny/graph.svg").unlink()  # depends on the Graphviz that is installed
    assert run("compile", tiny.name, "--check").code == 0
    Path("generated/tiny/model.py").write_text("edited")
    result = run("compile", tiny.name, "--check")
    assert result.code == 1
    assert result.out == f"would change: {Path('generated/tiny/model.py')}\n"


def test_one_wrong_spec_and_nothing_is_written(run: Run, tiny: Path, wrong: Path) -> None:
    result = run("compile", tiny.name, wrong.name, "missing.rdl")
    assert result.code == 1
    assert "wrong.rdl:3" in result.err
    assert "missing.rdl" in result.err
    assert not Path("generated").exists()


def test_two_models_of_one_name(run: Run, tiny: Path) -> None:
    Path("again.rdl").write_text(tiny.read_text().replace("model tiny", "model Tiny"))
    result = run("compile", tiny.name, "again.rdl")
    assert result.code == 2
    assert "both declare" in result.err
    assert not Path("generated").exists()


def test_without_a_renderer_the_rest_is_written(
    run: Run, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> bytes:
        raise graphviz.RenderError("install it")

    run("compile", tiny.name)
    tiny.write_text(tiny.read_text().replace("conv(4, 3)", "conv(8, 3)"))
    monkeypatch.setattr(graphviz, "render", refuse)
    result = run("compile", tiny.name)
    assert result.code == 0
    assert "graph.svg: install it" in result.err
    assert set(contents(Path("generated/tiny"))) == FILES - {"graph.svg"}, "a picture of the old net stayed"


def test_overrides_reach_the_code(run: Run, tiny: Path) -> None:
    run("compile", tiny.name, "--set", "classes=3")
    assert "nn.Linear(4, 3" in Path("generated/tiny/model.py").read_text()


@pytest.mark.parametrize("phase", PHASES)
def test_stopping_writes_nothing(run: Run, tiny: Path, phase: str) -> None:
    result = run("compile", tiny.name, "--stop-after", phase)
    assert (result.code, result.out) == (0, f"tiny.rdl: no mistakes up to {phase}\n")
    assert not Path("generated").exists()


def test_stopping_early_sees_fewer_mistakes(run: Run, tiny: Path) -> None:
    tiny.write_text(tiny.read_text().replace("  return", "  expect params == 1\n  return"))
    assert run("compile", tiny.name, "--stop-after", "verify").code == 0
    assert run("compile", tiny.name, "--stop-after", "expect").code == 1


@pytest.mark.parametrize(
    ("phase", "text"),
    [
        ("parse", "Model name=tiny"),
        ("resolve", "tiny: model"),
        ("elaborate", "conv1 = conv("),
        ("verify", "conv1 = conv("),
        ("expect", "166 params"),
    ],
)
def test_dumps(run: Run, tiny: Path, phase: str, text: str) -> None:
    result = run("compile", tiny.name, "--dump", phase)
    assert (result.code, result.err) == (0, "")
    assert text in result.out
    assert not Path("generated").exists()


def test_the_phases_are_the_compilers() -> None:
    assert tuple(Phase) == PHASES
