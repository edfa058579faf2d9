"""`report` into files, and as a page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.command import Run


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("tiny.html", "<!doctype html>"),
        ("tiny.json", "{"),
        ("tiny.csv", "model,"),
        ("tiny.md", "# tiny"),
        ("tiny.txt", "tiny: "),
        ("tiny", "tiny: "),
    ],
)
def test_the_suffix_says_the_form(run: Run, tiny: Path, tmp_path: Path, name: str, begins: str) -> None:
    out = tmp_path / "reports" / name
    result = run("report", tiny, "-o", out)
    assert (result.code, result.err) == (0, "")
    assert result.out == f"{out}: tiny\n"
    text = out.read_text(encoding="utf-8")
    assert text.startswith(begins)
    assert text.endswith("\n")


def test_the_form_that_is_asked_for_goes_before_the_suffix(run: Run, tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "tiny.txt"
    assert run("report", tiny, "-o", out, "--format", "json").code == 0
    assert json.loads(out.read_text())["model"] == "tiny"


def test_a_page_goes_to_the_terminal_as_to_a_file(run: Run, tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "tiny.html"
    run("report", tiny, "-o", out, "--by", "op")
    assert run("report", tiny, "--format", "html", "--by", "op").out == out.read_text(encoding="utf-8")


def test_what_a_page_opens_with_is_what_a_row_stands_for(run: Run, tiny: Path) -> None:
    pages = {by: run("report", tiny, "--format", "html", "--by", by).out for by in ("op", "model")}
    assert '{"by":"op","level":"op",' in pages["op"]
    assert '{"by":"model","level":"model",' in pages["model"]
    # Without blocks, rows are operators, as in a table.
    assert '{"by":"op",' in run("report", tiny, "--format", "html").out


def test_figures_of_a_page_are_of_the_run_that_is_asked_for(run: Run, tiny: Path) -> None:
    plain = run("report", tiny, "--format", "html").out
    asked = run(
        "report", tiny, "--format", "html", "--batch", "4", "--device", "h100", "--dtype", "bfloat16",
        "--training", "--input", "3x16x16",
    ).out  # fmt: skip
    assert "batch 1</p>" in plain
    assert "3x16x16 → 10, batch 4, bfloat16 on NVIDIA H100 SXM, training</p>" in asked
    assert '"timed":false' in plain
    assert '"timed":true,"training":true' in asked


@pytest.mark.parametrize("other", [["--as", "fvcore"], ["--explain"], ["--paths"]])
def test_a_page_is_not_what_texts_tell(run: Run, tiny: Path, other: list[str]) -> None:
    result = run("report", tiny, "--format", "html", *other)
    assert result.code == 2
    assert other[0] in result.err
    assert result.out == ""


def test_what_is_in_the_way_stays(run: Run, tiny: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.html"
    target = tmp_path / "target"
    target.write_text("mine")
    kept.symlink_to(target)
    result = run("report", tiny, "-o", kept)
    assert result.code == 1
    assert "is in the way" in result.err
    assert target.read_text() == "mine"


def test_a_wrong_spec_writes_no_file(run: Run, wrong: Path, tmp_path: Path) -> None:
    out = tmp_path / "wrong.html"
    assert run("report", wrong, "-o", out).code == 1
    assert not out.exists()


def test_other_texts_go_into_files_too(run: Run, tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "counted.md"
    assert run("report", tiny, "--as", "fvcore", "-o", out).code == 0
    assert "fvcore" in out.read_text()
