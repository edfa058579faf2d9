"""``draw``: pictures of every kind, and the text where nothing can draw."""

from __future__ import annotations

from pathlib import Path

import pytest

from resnet_dsl.backends import graphviz
from resnet_dsl.backends.graphviz import model
from resnet_dsl.backends.graphviz.dot import DIRECTIONS
from resnet_dsl.cli.draw import Direction, Level
from tests.cli.command import Run


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """A spec with two models."""
    path = tmp_path / "two.rdl"
    models = (f"model m{i} {{\n  input image [3, 8, 8]\n  return image -> conv({i}, 3)\n}}\n" for i in (1, 2))
    path.write_text("".join(models))
    return path


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("net.svg", b"<?xml"),
        ("net.PNG", b"\x89PNG"),
        ("net.pdf", b"%PDF"),
        ("net.dot", b"// tiny\ndigraph"),
        ("net.mmd", b"---\nconfig:"),
        ("net.tex", b"% tiny at level block."),
    ],
)
def test_the_suffix_says_what_to_write(run: Run, tiny: Path, name: str, start: bytes) -> None:
    result = run("draw", tiny, "-o", name)
    assert (result.code, result.err) == (0, "")
    assert result.out == f"{name}: tiny at level block\n"
    assert Path(name).read_bytes().startswith(start)


def test_the_default_is_an_svg_of_each_model(run: Run, two: Path) -> None:
    assert run("draw", two).code == 0
    assert {path.name for path in Path().glob("*.svg")} == {"m1.svg", "m2.svg"}


def test_one_file_holds_one_model(run: Run, two: Path) -> None:
    result = run("draw", two, "-o", "net.svg")
    assert result.code == 2
    assert "--model" in result.err
    assert not list(Path().glob("*.svg"))
    assert run("draw", two, "-o", "net.svg", "--model", "m2").code == 0


@pytest.mark.parametrize("name", ["net.jpg", "net", "net.svg.exe", "-"])
def test_another_suffix_is_a_mistake_of_usage(run: Run, tiny: Path, name: str) -> None:
    result = run("draw", tiny, "-o", name)
    assert result.code == 2
    assert ".svg, .png, .pdf, .dot, .mmd" in result.err
    assert [path.name for path in Path().iterdir()] == [tiny.name]


def test_level_direction_and_overrides_are_heard(run: Run, tiny: Path) -> None:
    result = run("draw", tiny, "-o", "net.dot", "--level", "op", "--direction", "lr", "--set", "classes=7")
    assert result.out == "net.dot: tiny at level op\n"
    text = Path("net.dot").read_text(encoding="utf-8")
    assert "rankdir=LR" in text
    assert '"fc 7"' in text
    assert '"bn"' in text


def test_the_same_spec_gives_the_same_bytes(run: Run, tiny: Path) -> None:
    run("draw", tiny, "-o", "one.svg")
    run("draw", tiny, "-o", "two.svg")
    assert Path("one.svg").read_bytes() == Path("two.svg").read_bytes()


def test_without_an_engine_the_text_is_written(
    run: Run, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "pygraphviz.py").write_text("raise ImportError('blocked by a test')\n")
    monkeypatch.setenv("PYTHONPATH", str(hidden))
    monkeypatch.setenv("PATH", str(hidden))
    result = run("draw", tiny, "-o", "net.svg")
    assert result.code == 1
    assert result.out == ""
    assert "pip install pygraphviz" in result.err
    assert "net.dot" in result.err
    assert not Path("net.svg").exists()
    assert Path("net.dot").read_text(encoding="utf-8").startswith("// tiny\n")
    result = run("draw", tiny, "-o", "net.tex")
    assert result.code == 1
    assert "pip install pygraphviz" in result.err
    assert "-o net.mmd" in result.err
    assert not Path("net.tex").exists()


def test_a_picture_that_takes_too_long_leaves_the_text(
    run: Run, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(dot: str, format: str) -> bytes:
        raise graphviz.RenderTimeout("the layout took more than 10 s")

    monkeypatch.setattr(graphviz, "render", slow)
    result = run("draw", tiny)
    assert result.code == 1
    assert "more than 10 s" in result.err
    assert Path("tiny.dot").is_file()


def test_a_folder_that_is_missing_is_made(run: Run, tiny: Path) -> None:
    result = run("draw", tiny, "-o", "new/folder/net.dot")
    assert result.code == 0
    assert Path("new/folder/net.dot").is_file()


def test_a_folder_that_cannot_be_made_is_told(run: Run, tiny: Path) -> None:
    result = run("draw", tiny, "-o", f"{tiny.name}/net.dot")
    assert result.code == 1
    assert tiny.name in result.err
    assert "Traceback" not in result.err


def test_a_wrong_spec_draws_nothing(run: Run, wrong: Path) -> None:
    assert run("draw", wrong).code == 1
    assert [path.name for path in Path().iterdir()] == [wrong.name]


def test_the_choices_are_the_backend_s() -> None:
    assert [entry.value for entry in Level] == [entry.value for entry in model.Level]
    assert [entry.value for entry in Direction] == list(DIRECTIONS)


def test_theme_and_legend_are_heard(run: Run, tiny: Path) -> None:
    assert run("draw", tiny, "-o", "net.dot", "--theme", "dark", "--legend").code == 0
    text = Path("net.dot").read_text(encoding="utf-8")
    assert 'bgcolor="#12171E"' in text
    assert "main path" in text
    assert run("draw", tiny, "--theme", "sepia").code == 2


def test_mermaid_of_a_level_that_pages_refuse(run: Run, tmp_path: Path) -> None:
    spec = tmp_path / "deep.rdl"
    spec.write_text(
        "model deep() {\n  input image [3, 8, 8]\n  return image -> repeat 300 { conv(3, 3) -> relu }\n}\n"
    )
    result = run("draw", spec, "-o", "net.mmd", "--level", "op")
    assert result.code == 2
    assert "601 lines" in " ".join(result.err.split())
    assert "level block fits" in " ".join(result.err.split())
    assert not Path("net.mmd").exists()
    assert run("draw", spec, "-o", "net.mmd").out == "net.mmd: deep at level block\n"


def test_a_picture_is_drawn_where_expectations_do_not_hold(run: Run, tiny: Path, tmp_path: Path) -> None:
    tiny.write_text(tiny.read_text().replace("\n}", "\n  expect params <= 2\n}"))
    out = tmp_path / "tiny.dot"
    result = run("draw", tiny, "-o", out)
    assert (result.code, result.out) == (1, f"{out}: tiny at level block\n")
    assert result.err.count("error[RDL601]") == 1
    assert out.read_text().startswith("//")
