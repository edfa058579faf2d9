"""What no output needs never runs: no graph counts it, and the module keeps its weights."""

from __future__ import annotations

import csv
import json
from functools import partial

import pytest

import resnet_dsl
from resnet_dsl.analysis.devices import device
from resnet_dsl.analysis.roofline import roofline
from resnet_dsl.analysis.training_memory import training_memory
from resnet_dsl.backends.report.csv import render_csv
from resnet_dsl.backends.report.json import render_json
from resnet_dsl.backends.report.markdown import render_markdown
from resnet_dsl.backends.report.table import render_table
from tests.analysis.measured import meta_module, saved_bytes, step_bytes

SPEC = """
model net {
  input image [3, 32, 32]
  y = image -> conv(16, 3) -> relu
  z = y -> conv(2, 1)
  AUX
  x = image -> conv(4, 3)
  return x -> gap -> flatten -> linear(5)
}
"""
SPECS = [SPEC.replace("AUX", text) for text in ("", "aux a = y -> gap -> flatten -> linear(3)")]
DEAD_PARAMS, AUX_PARAMS = 2 * 16 + 2, 3 * 17


def test_what_never_runs_is_kept_by_no_graph() -> None:
    for text in SPECS:
        net = resnet_dsl.loads(text)["net"]
        report = net.report()
        assert report.at_batch(2).saved_bytes == saved_bytes(net, 2)
        memory = training_memory(net.network, batch=2)
        assert memory.saved_bytes == saved_bytes(net, 2)
        held = memory.peak_bytes - memory.weight_bytes - memory.optimizer_bytes
        assert held == pytest.approx(step_bytes(net, 2), rel=0.002)
        assert report.params == sum(parameter.numel() for parameter in meta_module(net).parameters())


def test_each_row_says_where_it_runs() -> None:
    first, with_head = (resnet_dsl.loads(text)["net"].report() for text in SPECS)
    assert [layer.runs for layer in first.layers] == [*["never"] * 3, *["always"] * 4]
    told = [layer.runs for layer in with_head.layers]
    assert told == ["training", "training", "never", *["training"] * 3, *["always"] * 4]
    assert first.training_macs == first.macs == 4 * 27 * 1024 + 4 * 5
    assert with_head.training_macs == with_head.macs + 16 * 27 * 1024 + 16 * 3
    assert first.inference_params < first.params


def test_a_training_step_does_not_run_it() -> None:
    network = resnet_dsl.loads(SPECS[0])["net"].network
    times = roofline(network, device("h200"), training=True)
    assert [layer.op for layer in times.layers] == ["conv", "gap", "flatten", "linear"]


def test_every_format_tells() -> None:
    report = resnet_dsl.loads(SPECS[0])["net"].report()
    texts = [render([report], "op") for render in (partial(render_table, width=None), render_markdown)]
    for text in texts:
        assert text.count("(never runs)") == 3
        assert "training only" not in text
        assert "of these in inference" in text
    layers = json.loads(render_json([report], "op"))["layers"]
    assert [(row["inference"], row.get("runs")) for row in layers] == [
        *[(False, "never")] * 3,
        *[(True, None)] * 4,
    ]
    rows = list(csv.DictReader(render_csv([report], "op").splitlines()))
    assert [row["runs"] for row in rows] == [*["never"] * 3, *["always"] * 4]
