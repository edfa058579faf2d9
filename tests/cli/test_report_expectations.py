"""What a spec expects stands in its report, held or not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.command import Run

SPEC = """model own(note: str = "<b>&|`") {
  input image [3, 8, 8]
  return image -> conv(4, 3) -> gap -> flatten -> linear(3)
  expect params <= 100 and macs <= 1M
  expect depth == 2
  expect note == "<script>alert(1)</script>|`"
}
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    spec = tmp_path / "own.rdl"
    spec.write_text(SPEC, encoding="utf-8")
    return spec


def test_json_has_every_expectation(run: Run, own: Path) -> None:
    result = run("report", own, "--format", "json")
    assert result.code == 1
    first, second, third = json.loads(result.out)["expectations"]
    assert first == {
        "text": "params <= 100 and macs <= 1M",
        "file": "own.rdl",
        "line": 4,
        "holds": False,
        "wrong": ["params is 127, 27 (27 %) over"],
    }
    assert (second["text"], second["holds"], second["wrong"]) == ("depth == 2", True, [])
    assert not third["holds"]


def test_page_and_markdown_say_what_is_not_met(run: Run, own: Path) -> None:
    page = run("report", own, "--format", "html").out
    assert "2 of 3 expectations not met" in page
    assert "expect params &lt;= 100 and macs &lt;= 1M" in page
    assert "params is 127, 27 (27 %) over" in page
    assert page.index('class="failed"') < page.index('class="held"')
    assert "<script>alert" not in page
    text = run("report", own, "--format", "md").out
    assert "| `params <= 100 and macs <= 1M` | `own.rdl:4` | **no**: params is 127" in text
    assert "| `depth == 2` | `own.rdl:5` | yes |" in text
    assert "<script>alert(1)</script>\\|" in text  # in a code span, its pipe escaped


def test_expectations_of_another_network_are_not_told(run: Run, own: Path) -> None:
    other = run("report", own, "--input", "3x16x16", "--format", "json")
    assert other.code == 0
    assert "expectations" not in json.loads(other.out)


def test_held_ones_are_folded(run: Run, tmp_path: Path) -> None:
    spec = tmp_path / "held.rdl"
    spec.write_text("model m {\n  input x [3]\n  return x -> linear(2)\n  expect params == 8\n}\n")
    page = run("report", spec, "--format", "html")
    assert page.code == 0
    assert "<summary>1 expectation met</summary>" in page.out
    assert '<details class="claims">' in page.out
