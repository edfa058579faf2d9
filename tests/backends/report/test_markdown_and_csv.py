"""Markdown and CSV: what they say, and that no name becomes markup or a formula."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from io import StringIO

import pytest

from resnet_dsl.analysis.cost import CostReport
from resnet_dsl.analysis.grouping import GROUPINGS, Grouping
from resnet_dsl.backends.report import render
from resnet_dsl.backends.report.escape import csv_text, markdown_code, markdown_text


def test_markdown(tiny: CostReport, golden: Callable[[str, str], None]) -> None:
    golden("rendered/tiny.md", render(tiny, "md", "op"))


@pytest.mark.parametrize("by", GROUPINGS)
def test_every_markdown_row_has_its_cells(hostile: CostReport, by: Grouping) -> None:
    tables: list[list[str]] = []
    for line in render(hostile, "md", by).splitlines():
        if line.startswith("|"):
            if not tables or not tables[-1]:
                tables.append([])
            tables[-1].append(line)
        elif tables and tables[-1]:
            tables.append([])
    for table in filter(None, tables):
        # A pipe that a backslash stands before is text.
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table}) == 1


def test_hostile_names_are_no_markup(hostile: CostReport) -> None:
    text = render(hostile, "md", "op")
    outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text)
    assert "<script>" not in outside
    assert "\x1b" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("layer1.0", "`layer1.0`"),
        ("a`b", "`` a`b ``"),
        ("``", "``` `` ```"),
        ("a|b", "`a\\|b`"),
        ("a\nb", "`a\\nb`"),
        (" a", "`  a `"),
        ("", ""),
    ],
)
def test_code_spans(text: str, code: str) -> None:
    assert markdown_code(text) == code


def test_plain_markdown_text_is_escaped() -> None:
    assert markdown_text("a_b <i>[x](y)") == "a\\_b \\<i\\>\\[x\\]\\(y\\)"


@pytest.mark.parametrize("by", GROUPINGS)
def test_csv_reads_back(resnet50: CostReport, by: Grouping) -> None:
    rows = list(csv.DictReader(StringIO(render(resnet50, "csv", by))))
    assert sum(int(row["params"]) for row in rows) == resnet50.params
    assert sum(int(row["macs"]) for row in rows) == resnet50.macs
    assert rows[-1]["out_shape"] == "1000"
    assert {row["model"] for row in rows} == {"resnet50"}


def test_csv_of_several_models(tiny: CostReport, resnet50: CostReport) -> None:
    rows = list(csv.DictReader(StringIO(render([tiny, resnet50], "csv", "model"))))
    assert [row["path"] for row in rows] == ["tiny", "resnet50"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_csv_cells_are_no_formulas(text: str) -> None:
    assert not csv_text(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_hostile_names_keep_one_row_each(hostile: CostReport) -> None:
    text = render(hostile, "csv", "op")
    assert len(text.splitlines()) == len(hostile.layers) + 1
    assert "\x1b" not in text
