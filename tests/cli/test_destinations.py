"""Where commands write: never over a spec or what they read, and into folders that they make."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import resnet_dsl
from tests.cli.command import Run


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "command",
    [
        ("report", "tiny.rdl", "-o"),
        ("report", "tiny.rdl", "--paths", "-o"),
        ("report", "tiny.rdl", "--format", "csv", "-o"),
        ("report", "tiny.rdl", "--explain", "--format", "md", "-o"),
        ("draw", "tiny.rdl", "-o"),
        ("diff", "tiny.rdl", "tiny.rdl", "-o"),
        ("diff", "tiny.rdl:tiny", "tiny.rdl", "--format", "json", "-o"),
        ("export", "tiny.rdl", "-o"),
        ("weights", "tiny.rdl", "none.pth", "-o"),
        ("audit", "tiny.rdl", "--scatter"),
        ("train", "tiny.rdl", "--eject"),
    ],
)
@pytest.mark.parametrize("out", ["tiny.rdl", "deep/other.rdl"])
def test_no_spec_is_written_over(run: Run, tiny: Path, command: tuple[str, ...], out: str) -> None:
    before = tiny.read_bytes()
    result = run(*command, out)
    assert (result.code, result.out) == (2, "")
    assert Path(out).name in result.err
    assert tiny.read_bytes() == before
    assert [path.name for path in Path().iterdir()] == ["tiny.rdl"]


@pytest.mark.parametrize(
    ("spec", "command"),
    [
        ("tiny.txt", ("report", "tiny.txt", "-o", "tiny.txt")),
        ("tiny.svg", ("draw", "tiny.svg")),
        ("tiny.svg", ("draw", "tiny.svg", "-o", "./tiny.svg")),
        ("tiny.md", ("diff", "tiny.md", "git#HEAD", "-o", "tiny.md")),
        ("tiny.svg", ("audit", "tiny.svg", "--scatter", "tiny.svg")),
        ("tiny.pt2", ("export", "tiny.pt2", "-o", "tiny.pt2")),
        ("generated/tiny/model.py", ("compile", "generated/tiny/model.py")),
    ],
)
def test_no_input_is_written_over_whatever_its_suffix(
    run: Run, tiny: Path, spec: str, command: tuple[str, ...]
) -> None:
    text = tiny.read_text()
    Path(spec).parent.mkdir(parents=True, exist_ok=True)
    tiny.rename(spec)
    result = run(*command)
    assert result.code == 2
    assert "is what this command reads" in " ".join(result.err.split())
    assert Path(spec).read_text() == text


def test_a_checkpoint_stays(run: Run, tiny: Path) -> None:
    torch.save(resnet_dsl.load(tiny)["tiny"].build().state_dict(), "w.pth")
    before = Path("w.pth").read_bytes()
    for command in (("weights", tiny, "w.pth"), ("export", tiny, "--weights", "w.pth")):
        result = run(*command, "-o", "w.pth")
        assert (result.code, "is what this command reads" in " ".join(result.err.split())) == (2, True)
    assert Path("w.pth").read_bytes() == before


def test_weights_that_folding_takes_apart_stay(run: Run, tiny: Path) -> None:
    torch.save(resnet_dsl.load(tiny)["tiny"].build().state_dict(), "w.pth")
    assert run("compile", tiny, "--weights", "w.pth").code == 0
    whole = Path("generated/tiny/weights.safetensors")
    before = whole.read_bytes()
    assert run("compile", tiny, "--weights", whole).code == 0
    assert run("compile", tiny, "--weights", whole, "--fold-bn").code == 2
    assert whole.read_bytes() == before


@pytest.mark.parametrize(
    "command",
    [
        ("report", "tiny.rdl", "-o", "x.txt"),
        ("draw", "tiny.rdl", "-o", "x.dot"),
        ("draw", "tiny.rdl", "--view", "paths", "-o", "x.svg"),
        ("diff", "tiny.rdl", "tiny.rdl", "-o", "x.md"),
        ("audit", "tiny.rdl", "--scatter", "x.svg"),
    ],
)
def test_folders_are_made_and_what_is_none_is_said(run: Run, tiny: Path, command: tuple[str, ...]) -> None:
    *words, name = command
    assert run(*words, f"not/there/{name}").code == 0
    assert Path("not/there", name).is_file()
    Path("taken").write_text("mine")
    result = run(*words, f"taken/{name}")
    assert (result.code, result.err) == (1, "error: taken: is in the way, and is no folder\n")
    assert Path("taken").read_text() == "mine"


@pytest.mark.parametrize(
    "command", [("x.pdf",), ("x.png", "--explain"), ("x.svg", "--paths"), ("x.xlsx", "--as", "thop")]
)
def test_a_report_has_no_such_form(run: Run, tiny: Path, command: tuple[str, ...]) -> None:
    result = run("report", tiny, "-o", *command)
    assert (result.code, result.out) == (2, "")
    said = " ".join(result.err.split())
    assert f"'{command[0]}' is no kind of report: use .txt, .json, .csv, .md, .html, .htm" in said
    assert not Path(command[0]).exists()


def test_htm_is_a_page(run: Run, tiny: Path) -> None:
    run("report", tiny, "-o", "a.htm")
    run("report", tiny, "-o", "a.html")
    assert Path("a.htm").read_bytes() == Path("a.html").read_bytes()


def test_suffixes_of_an_unravelled_stack(run: Run, tiny: Path) -> None:
    for name in ("x.tex", "x.mmd"):
        result = run("draw", tiny, "--view", "unravelled", "-o", name)
        assert result.code == 2
        said = " ".join(result.err.split())
        assert f"an unravelled stack is drawn as .svg, .png, .pdf, .dot, not as .{name[2:]}" in said
