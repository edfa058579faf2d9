"""``resnet-dsl diff`` as people call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from resnet_dsl.backends import graphviz
from resnet_dsl.cli.sides import file_and_model
from tests.cli.command import Run

TEXT = """\
block unit(x, width: int, side: op = identity) { return x -> conv(width, 3) -> bn -> relu -> side: side }
model small { input image [3, 8, 8]
  return image -> a: unit(4) -> b: unit(8) -> gap -> flatten -> fc: linear(2) }
model large { input image [3, 8, 8]
  return image -> a: unit(4) -> b: unit(8) -> c: unit(8) -> gap -> flatten -> fc: linear(2) }
"""


@pytest.fixture
def nets(tmp_path: Path) -> Path:
    path = tmp_path / "nets.rdl"
    path.write_text(TEXT)
    return path


def test_text(run: Run, nets: Path) -> None:
    result = run("diff", f"{nets}:small", f"{nets}:large")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("small -> large\n")
    assert "+ c  unit (4 operators)  +592 params, +36,864 MACs" in result.out
    assert "keys new: 6 (c.conv1.weight, " in result.out


def test_json(run: Run, nets: Path) -> None:
    found = json.loads(run("diff", f"{nets}:small", f"{nets}:large", "--format", "json").out)
    assert found["version"] == 1
    assert found["figures"]["params"]["delta"] == 592
    assert found["figures"]["depth"] == {"before": 3, "after": 4, "delta": 1}
    assert set(found["figures"]) >= {"peak_bytes", "keys", "macs"}
    (change,) = [entry for entry in found["changes"] if entry["kind"] == "added"]
    assert (change["path"], change["old_path"], change["line"]) == ("c", None, 5)
    assert found["keys"]["same_order"] is True
    assert not found["equal"]


def test_markdown_keeps_a_label_text(run: Run, nets: Path, tmp_path: Path) -> None:
    hostile = tmp_path / "hostile.rdl"
    hostile.write_text(TEXT.replace("c: unit(8)", '"a|`<b>": unit(8)'))
    result = run("diff", f"{nets}:small", f"{hostile}:large", "--format", "md")
    if result.code == 0:
        assert "| `` + a\\|`<b> `` |" in result.out
    else:
        assert "error[RDL5" in result.err  # the language has no such labels


def test_models_of_one_name_are_compared(run: Run, nets: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.rdl"
    other.write_text(TEXT.replace("unit(4)", "unit(6)").replace("model large", "model huge"))
    result = run("diff", nets, other)
    assert result.code == 0
    assert result.out.startswith(f"{nets}:small -> {other}:small\n")
    assert result.err == "only in the first file: large\nonly in the second file: huge\n"


def test_equal(run: Run, nets: Path) -> None:
    assert "nothing differs" in run("diff", f"{nets}:small", f"{nets}:small").out


def test_nothing_to_compare_is_a_usage_error(run: Run, nets: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.rdl"
    other.write_text(TEXT.replace("model small", "model s").replace("model large", "model l"))
    result = run("diff", nets, other)
    assert result.code == 2
    assert "FILE:MODEL" in result.err
    result = run("diff", f"{nets}:smal", nets)
    assert result.code == 2
    assert "did you mean `small`?" in result.err


def test_a_missing_file_is_told(run: Run, nets: Path, tmp_path: Path) -> None:
    result = run("diff", tmp_path / "none.rdl", nets)
    assert result.code == 1
    assert "error[RDL107]" in result.err


def test_file_and_model() -> None:
    assert file_and_model("a.rdl:net") == (Path("a.rdl"), "net")
    assert file_and_model("a.rdl") == (Path("a.rdl"), None)
    assert file_and_model("C:/a.rdl") == (Path("C:/a.rdl"), None)


@pytest.mark.parametrize(
    ("name", "start"),
    [("a.svg", b"<?xml"), ("a.png", b"\x89PNG"), ("a.pdf", b"%PDF"), ("a.DOT", b"// large\n")],
)
def test_a_picture_of_both(run: Run, nets: Path, tmp_path: Path, name: str, start: bytes) -> None:
    out = tmp_path / "new" / name
    result = run("diff", f"{nets}:small", f"{nets}:large", "-o", out)
    assert (result.code, result.out, result.err) == (0, f"{out}: small -> large at level block\n", "")
    assert out.read_bytes().startswith(start)


def test_a_page_of_both(run: Run, nets: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.html"
    result = run("diff", f"{nets}:small", f"{nets}:large", "-o", out)
    assert (result.code, result.err) == (0, "")
    assert "<svg" in out.read_text(encoding="utf-8")
    printed = run("diff", f"{nets}:small", f"{nets}:large", "--format", "html")
    assert printed.out == out.read_text(encoding="utf-8")


def test_a_form_is_printed_beside_a_picture(run: Run, nets: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.dot"
    result = run("diff", f"{nets}:small", f"{nets}:large", "-o", out, "--format", "json")
    assert json.loads(result.out)["figures"]["training_bytes"]["delta"] > 0
    assert result.err == f"{out}: small -> large at level block\n"
    assert out.is_file()


def test_a_page_is_written_and_not_printed(run: Run, nets: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.html"
    result = run("diff", f"{nets}:small", f"{nets}:large", "-o", out, "--format", "html")
    assert (result.code, result.out, result.err) == (0, f"{out}: small -> large\n", "")
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")
    result = run("diff", f"{nets}:small", f"{nets}:large", "-o", out, "--format", "json")
    assert json.loads(result.out)["figures"]["depth"]["delta"] == 1
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("name", "options", "form"),
    [
        ("a.txt", (), "text"),
        ("a.json", (), "json"),
        ("a.md", (), "md"),
        ("a.MD", ("--format", "json"), "json"),
        ("a.json", ("--format", "html"), "html"),
    ],
)
def test_a_text_in_a_file(
    run: Run, nets: Path, tmp_path: Path, name: str, options: tuple[str, ...], form: str
) -> None:
    out = tmp_path / "new" / name
    result = run("diff", f"{nets}:small", f"{nets}:large", "-o", out, *options)
    assert (result.code, result.out, result.err) == (0, f"{out}: small -> large\n", "")
    printed = run("diff", f"{nets}:small", f"{nets}:large", "--format", form)
    assert printed.out.rstrip("\n") == out.read_text(encoding="utf-8").rstrip("\n")


def test_what_cannot_be_drawn_is_drawn_coarser(
    run: Run, nets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only where nobody asked for a level, and never in silence."""
    draw, asked = graphviz.render, []

    def fragile(text: str, form: str) -> bytes:
        asked.append(text)
        if len(asked) == 1:
            raise graphviz.RenderFailed("the layout engine was stopped")
        return draw(text, form)

    monkeypatch.setattr(graphviz, "render", fragile)
    out = tmp_path / "a.svg"
    result = run("diff", f"{nets}:small", f"{nets}:large", "-o", out)
    assert (result.code, result.out) == (0, f"{out}: small -> large at level stage\n")
    assert (
        result.err
        == "warning: no picture at level block, this is level stage: the layout engine was stopped\n"
    )
    asked.clear()
    out.unlink()
    result = run("diff", f"{nets}:small", f"{nets}:large", "-o", out, "--level", "block")
    assert (result.code, out.exists(), out.with_suffix(".dot").exists()) == (1, False, True)
    assert "the layout engine was stopped" in result.err


def test_a_theme_is_heard(run: Run, nets: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.dot"
    assert run("diff", f"{nets}:small", f"{nets}:large", "-o", out, "--theme", "dark").code == 0
    assert 'bgcolor="#12171E"' in out.read_text(encoding="utf-8")


def test_level_and_direction_are_heard(run: Run, nets: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.dot"
    run("diff", f"{nets}:small", f"{nets}:large", "-o", out, "--level", "op", "--direction", "lr")
    text = out.read_text(encoding="utf-8")
    assert "rankdir=LR" in text
    assert "+ bn" in text


@pytest.mark.parametrize("option", [["--level", "stage"], ["--direction", "lr"], ["--theme", "dark"]])
def test_what_only_a_picture_heeds_needs_one(run: Run, nets: Path, option: list[str]) -> None:
    result = run("diff", f"{nets}:small", f"{nets}:large", *option)
    assert result.code == 2
    assert "it goes with `--out`" in result.err


@pytest.mark.parametrize("name", ["a.jpg", "a", "a.csv", "-"])
def test_another_suffix_is_a_mistake_of_usage(run: Run, nets: Path, tmp_path: Path, name: str) -> None:
    result = run("diff", f"{nets}:small", f"{nets}:large", "-o", tmp_path / name)
    assert result.code == 2
    assert ".svg, .png, .pdf, .dot, .html, .txt, .json, .md" in result.err
    assert [path.name for path in tmp_path.iterdir()] == [nets.name]


@pytest.mark.parametrize("options", [("-o", "a.svg"), ("--format", "html")])
def test_a_picture_needs_one_pair_of_models(run: Run, nets: Path, options: tuple[str, str]) -> None:
    result = run("diff", nets, nets, *options)
    assert result.code == 2
    assert "FILE:MODEL" in result.err


def test_without_an_engine_the_page_has_the_rest(
    run: Run, nets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "pygraphviz.py").write_text("raise ImportError('blocked by a test')\n")
    monkeypatch.setenv("PYTHONPATH", str(hidden))
    monkeypatch.setenv("PATH", str(hidden))
    page, picture = tmp_path / "a.html", tmp_path / "a.svg"
    result = run("diff", f"{nets}:small", f"{nets}:large", "-o", page)
    assert result.code == 0
    assert "warning: the page has no picture: there is no Graphviz" in result.err
    assert "There is no picture: there is no Graphviz" in page.read_text(encoding="utf-8")
    result = run("diff", f"{nets}:small", f"{nets}:large", "-o", picture)
    assert result.code == 1
    assert "pip install pygraphviz" in result.err
    assert picture.with_suffix(".dot").is_file()
    assert not picture.exists()
