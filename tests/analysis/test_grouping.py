"""Sums by block, stage and model."""

from __future__ import annotations

from pathlib import Path

import pytest

import resnet_dsl
from resnet_dsl.analysis.cost import CostReport
from resnet_dsl.analysis.grouping import GROUPINGS, Grouping, group


@pytest.fixture(scope="module")
def report() -> CostReport:
    root = Path(__file__).resolve().parents[2]
    return resnet_dsl.load(root / "specs" / "resnet50.rdl")["resnet50"].report()


@pytest.mark.parametrize("by", GROUPINGS)
def test_groups_cover_every_layer_once(report: CostReport, by: Grouping) -> None:
    rows = group(report, by)
    assert sum(row.layers for row in rows) == len(report.layers)
    assert sum(row.params for row in rows) == report.params
    assert sum(row.macs for row in rows) == report.macs
    assert sum(row.saved_bytes for row in rows) == report.saved_bytes
    assert rows[-1].out_shape == report.output


def test_stages_and_what_stands_between(report: CostReport) -> None:
    rows = group(report, "stage")
    assert [row.path for row in rows] == [
        "conv1 .. maxpool1",
        "layer1",
        "layer2",
        "layer3",
        "layer4",
        "gap1 .. fc",
    ]
    assert [row.kind for row in rows][:2] == ["conv, bn, relu, maxpool", "residual_stage"]
    assert (rows[2].in_shapes, rows[2].out_shape) == (((256, 56, 56),), (512, 28, 28))
    assert (rows[1].params, rows[1].macs) == (215_808, 667_942_912)


def test_a_projection_is_part_of_its_block(report: CostReport) -> None:
    rows = group(report, "block")
    assert len(rows) == 18
    first = rows[1]
    assert (first.path, first.kind, first.layers) == ("layer1.0", "bottleneck", 12)
    assert first.params == 75_008


def test_training_only_layers_stand_apart() -> None:
    spec = """
model m() {
  input x [3, 8, 8]
  y = x -> conv(4, 3) -> gap -> flatten
  aux side = y -> linear(7)
  return y -> linear(2)
}
"""
    rows = group(resnet_dsl.loads(spec)["m"].report(), "block")
    assert [(row.path, row.inference) for row in rows] == [
        ("conv1 .. flatten1", True),
        ("linear1", False),
        ("linear2", True),
    ]


def test_instances_of_one_block_are_not_merged() -> None:
    spec = """
block b(x) {
  return x -> conv(3, 3)
}
model m() {
  input x [3, 8, 8]
  return x -> one: b -> two: b
}
"""
    assert [row.path for row in group(resnet_dsl.loads(spec)["m"].report(), "block")] == ["one", "two"]
