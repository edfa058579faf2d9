"""The table for terminals: what it says, and that it fits."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from resnet_dsl.analysis.cost import CostReport
from resnet_dsl.analysis.grouping import GROUPINGS, Grouping
from resnet_dsl.backends.report import render
from resnet_dsl.backends.report.escape import display_width


@pytest.mark.parametrize("by", GROUPINGS)
def test_table(tiny: CostReport, by: Grouping, golden: Callable[[str, str], None]) -> None:
    golden(f"rendered/{by}.txt", render(tiny, "table", by))


@pytest.mark.parametrize("width", [80, 50])
def test_table_of_a_width(resnet50: CostReport, width: int, golden: Callable[[str, str], None]) -> None:
    golden(f"rendered/stage_{width}.txt", render(resnet50, "table", "stage", width))


@pytest.mark.parametrize("width", [30, 40, 60, 79, 80, 100, 132, 200])
@pytest.mark.parametrize("by", GROUPINGS)
def test_table_fits_its_width(
    resnet50: CostReport, tiny: CostReport, hostile: CostReport, by: Grouping, width: int
) -> None:
    for report in (resnet50, tiny, hostile):
        lines = render(report, "table", by, width).splitlines()
        assert max(map(display_width, lines)) <= width


def test_wider_is_never_less(resnet50: CostReport) -> None:
    def heads(width: int | None) -> list[str]:
        return render(resnet50, "table", "block", width).splitlines()[2].split()

    counts = [len(heads(width)) for width in range(40, 140)]
    assert counts == sorted(counts)
    assert len(heads(None)) == max(counts) + ("activations" not in heads(139))


def test_without_a_width_nothing_is_cut(resnet50: CostReport) -> None:
    text = render(resnet50, "table", "op")
    assert "..." not in text
    assert all(layer.path in text for layer in resnet50.layers)


def test_totals_stand_once_and_exact(resnet50: CostReport) -> None:
    lines = render(resnet50, "table", "stage", 80).splitlines()
    total = next(line for line in lines if line.startswith("total"))
    assert total.split()[-2:] == ["25,557,032", "4,089,184,256"]
    assert any(line.startswith("MACs ") and "4.089 G" in line for line in lines)


def test_no_line_ends_in_space(tiny: CostReport) -> None:
    for by in GROUPINGS:
        assert all(line == line.rstrip() for line in render(tiny, "table", by, 80).splitlines())


def test_training_rows_are_marked(tiny: CostReport) -> None:
    text = render(tiny, "table", "op")
    assert "aux.2 *" in text
    assert "* runs in training only" in text


def test_batch_is_named(tiny: CostReport) -> None:
    text = render(tiny.at_batch(16), "table", "model")
    assert f"{tiny.macs:,}" in text
    assert "batch 16" in text


def test_several_models_by_model_make_one_table(tiny: CostReport, resnet50: CostReport) -> None:
    lines = render([tiny, resnet50], "table", "model").splitlines()
    assert [line.split()[0] for line in lines[2:4]] == ["tiny", "resnet50"]


def test_hostile_names_stay_on_their_line(hostile: CostReport) -> None:
    for by in GROUPINGS:
        text = render(hostile, "table", by)
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert not any(line.startswith("| forged") for line in text.splitlines())


def test_wide_letters_keep_columns_aligned(tiny: CostReport) -> None:
    from dataclasses import replace

    layers = (tiny.layers[0]._replace(path="卷積"), *tiny.layers[1:])
    lines = render(replace(tiny, layers=layers), "table", "op").splitlines()
    assert len({display_width(line) for line in lines[4:7]}) == 1
