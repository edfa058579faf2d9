"""The JSON that programs read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from resnet_dsl.analysis.cost import CostReport
from resnet_dsl.backends.report import render
from resnet_dsl.backends.report.json import report_data

# docs: what a report holds at least, with the JSON types.
TOTALS = {
    "model": str,
    "input": list,
    "output": list,
    "params": int,
    "buffers": int,
    "macs": int,
    "depth": int,
    "convention": str,
    "layers": list,
}
LAYER: dict[str, type | tuple[type, ...]] = {
    "path": str,
    "op": str,
    "block": (str, type(None)),
    "stage": (str, type(None)),
    "in_shapes": list,
    "out_shape": list,
    "params": int,
    "macs": int,
    "activation_bytes": int,
}


def parsed(report: CostReport, by: Any = "op") -> dict[str, Any]:
    data = json.loads(render(report, "json", by))
    assert isinstance(data, dict)
    return data


def test_contract(resnet50: CostReport) -> None:
    data = parsed(resnet50)
    assert {name: isinstance(data[name], kind) for name, kind in TOTALS.items()} == dict.fromkeys(
        TOTALS, True
    )
    for layer in data["layers"]:
        assert {name: isinstance(layer[name], kind) for name, kind in LAYER.items()} == dict.fromkeys(
            LAYER, True
        )
    assert data["input"] == [3, 224, 224]
    assert data["output"] == [1000]
    assert (data["params"], data["buffers"], data["macs"], data["depth"]) == (
        25_557_032,
        53_173,
        4_089_184_256,
        50,
    )
    assert len(data["layers"]) == len(resnet50.layers)


def test_json_equals_the_data(tiny: CostReport) -> None:
    assert parsed(tiny) == report_data(tiny)


def test_text(tiny: CostReport, golden: Callable[[str, str], None]) -> None:
    golden("rendered/tiny.json", render(tiny, "json", "stage"))


def test_one_object_or_a_list(tiny: CostReport) -> None:
    both = json.loads(render([tiny, tiny], "json"))
    assert both == [report_data(tiny)] * 2
    assert json.loads(render([tiny], "json")) == report_data(tiny)


@pytest.mark.parametrize("by", ["block", "stage", "model"])
def test_groups_stand_beside_all_layers(tiny: CostReport, by: str) -> None:
    data = parsed(tiny, by)
    assert len(data["layers"]) == len(tiny.layers)
    assert sum(row["params"] for row in data["groups"]) == tiny.params


def test_training_only_layers_are_told_apart(tiny: CostReport) -> None:
    data = parsed(tiny)
    assert data["macs"] == sum(layer["macs"] for layer in data["layers"] if layer["inference"])
    assert data["training_macs"] == sum(layer["macs"] for layer in data["layers"])
    assert data["auxiliary"] == {"side": [5]}


def test_hostile_names_survive(hostile: CostReport) -> None:
    assert parsed(hostile, "block")["model"] == hostile.model
    assert render(hostile, "json").isascii()
