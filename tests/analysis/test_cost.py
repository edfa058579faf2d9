"""The cost of networks: figures worked out by hand, figures of torch, and what must add up."""

from __future__ import annotations

from pathlib import Path

import pytest

import resnet_dsl
from resnet_dsl.analysis.cost import CostReport
from resnet_dsl.analysis.resources import resources

TINY = """
/// One residual unit.
block unit(x, out: int) {
  y = x -> conv(out, 3) -> bn
  shortcut s = x -> downsample: conv(out, 1, bias = false)
  return add(y, s) -> relu
}

stage body(x, n: int) {
  return x -> repeat n as i { unit(8) }
}

model tiny(size: int = 6) {
  input image [3, size, size]
  x = image -> conv(4, 3) -> bn -> relu -> layer1: body(2)
  aux side = x -> aux: seq { gap -> flatten -> linear(5) }
  return x -> gap -> flatten -> fc: linear(10)
}
"""


@pytest.fixture(scope="module")
def report() -> CostReport:
    return resnet_dsl.loads(TINY, name="folder/tiny.rdl")["tiny"].report()


def test_totals_by_hand(report: CostReport) -> None:
    stem = 3 * 4 * 9 + 2 * 4
    first = 4 * 8 * 9 + 2 * 8 + 4 * 8
    second = 8 * 8 * 9 + 2 * 8 + 8 * 8
    fc, side = 8 * 10 + 10, 8 * 5 + 5
    assert report.params == stem + first + second + fc + side
    assert report.inference_params == report.params - side
    assert report.conv_params == 3 * 4 * 9 + (4 * 8 * 9 + 4 * 8) + (8 * 8 * 9 + 8 * 8)
    assert report.linear_params == fc + side
    assert report.norm_params == 2 * (4 + 8 + 8)
    assert report.other_params == 0
    assert report.buffers == 2 * (4 + 8 + 8) + 3
    assert report.macs == 36 * (3 * 4 * 9 + 4 * 8 * 9 + 4 * 8 + 8 * 8 * 9 + 8 * 8) + 80
    assert report.training_macs == report.macs + 40
    assert report.depth == 4
    assert report.weight_bytes == 4 * report.params + 4 * (report.buffers - 3) + 8 * 3
    assert report.inference_weight_bytes == report.weight_bytes - 4 * side


def test_what_inference_needs_of_heads_with_norms() -> None:
    found = resnet_dsl.loads(
        "model m() {\n  input x [3, 4, 4]\n  y = x -> conv(4, 1) -> bn\n"
        "  aux side = y -> aux: seq { conv(2, 1, bias = false) -> bn }\n  return y -> relu\n}\n"
    )["m"]
    report = found.report()
    assert (report.buffers, report.inference_buffers) == (9 + 5, 9)
    assert report.weight_bytes - report.inference_weight_bytes == 4 * (8 + 4) + 4 * 4 + 8
    half = resources(found.network, dtype="float16")
    assert half.weight_bytes - half.inference_weight_bytes == 2 * (8 + 4) + 2 * 4 + 8


def test_ends_are_named(report: CostReport) -> None:
    assert report.inputs == (("image", (3, 6, 6)),)
    assert report.input == (3, 6, 6)
    assert report.output == (10,)
    assert report.auxiliary == (("side", (5,)),)


def test_rows_add_up_to_the_totals(report: CostReport) -> None:
    assert report.params == sum(layer.params for layer in report.layers)
    assert report.buffers == sum(layer.buffers for layer in report.layers)
    assert report.macs == sum(layer.macs for layer in report.layers if layer.inference)
    assert report.saved_bytes == sum(layer.saved_bytes for layer in report.layers)
    assert [layer.path for layer in report.layers if not layer.inference] == ["aux.0", "aux.1", "aux.2"]


def test_a_row_says_where_it_stands(report: CostReport) -> None:
    row = next(layer for layer in report.layers if layer.path == "layer1.0.downsample")
    assert (row.op, row.detail) == ("conv", "1×1, 8")
    assert (row.block, row.block_type) == ("layer1.0", "unit")
    assert (row.stage, row.stage_type) == ("layer1", "body")
    assert (row.in_shapes, row.out_shape) == (((4, 6, 6),), (8, 6, 6))
    assert (row.params, row.buffers, row.macs, row.other_ops) == (32, 0, 32 * 36, 0)
    assert row.activation_bytes == 4 * 8 * 36
    assert (row.file, row.line) == ("tiny.rdl", TINY[: TINY.index("downsample")].count("\n") + 1)
    first = report.layers[0]
    assert (first.path, first.block, first.stage) == ("conv1", None, None)


def test_operands_of_a_sum_are_all_listed(report: CostReport) -> None:
    row = next(layer for layer in report.layers if layer.op == "add")
    assert row.in_shapes == ((8, 6, 6), (8, 6, 6))
    assert row.other_ops == 8 * 36


def test_figures_are_plain_ints(report: CostReport) -> None:
    for layer in report.layers:
        numbers = [layer.params, layer.buffers, layer.macs, layer.other_ops, layer.activation_bytes]
        for number in [*numbers, layer.saved_bytes, *layer.out_shape, *sum(layer.in_shapes, ())]:
            assert type(number) is int


def test_batch_multiplies_what_depends_on_it(report: CostReport) -> None:
    more = report.at_batch(32)
    assert more.batch == 32
    assert (more.macs, more.other_ops) == (report.macs, report.other_ops)  # of one sample, as defined
    assert more.activation_bytes == 32 * report.activation_bytes
    assert (more.params, more.buffers, more.depth) == (report.params, report.buffers, report.depth)
    fixed = 2 * 4 * (4 + 8 + 8)  # a batch norm keeps one mean and one deviation a channel
    assert more.saved_bytes == 32 * (report.saved_bytes - fixed) + fixed
    assert "batch 32" in more.convention


def test_batch_must_be_positive_and_applies_once(report: CostReport) -> None:
    with pytest.raises(ValueError, match="batch"):
        report.at_batch(0)
    with pytest.raises(ValueError, match="batch"):
        report.at_batch(2).at_batch(2)


def test_saved_bytes_are_what_autograd_keeps(specs: Path) -> None:
    import torch

    net = resnet_dsl.load(specs / "digits_resnet8.rdl")["digits_resnet8"]
    module = net.build().train()
    own = {value.untyped_storage().data_ptr() for value in module.state_dict().values()}
    kept: dict[int, torch.Tensor] = {}

    def keep(value: torch.Tensor) -> torch.Tensor:
        if value.untyped_storage().data_ptr() not in own:
            kept[value.untyped_storage().data_ptr()] = value
        return value

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda value: value):
        output = module(torch.randn(4, *net.report().input))
    assert output.shape[0] == 4
    total = sum(value.untyped_storage().nbytes() for value in kept.values())
    assert net.report().at_batch(4).saved_bytes == total


def test_nothing_is_kept_before_the_first_weight() -> None:
    spec = "model m() {\n  input a [2, 4, 4]\n  return a -> relu -> maxpool(2) -> conv(3, 1)\n}\n"
    layers = resnet_dsl.loads(spec)["m"].report().layers
    assert [layer.saved_bytes for layer in layers] == [0, 0, 4 * 2 * 2 * 2]


def test_a_view_costs_its_base_once() -> None:
    spec = """
model m() {
  input a [2, 8, 8]
  x = a -> conv(4, 1, bias = false) -> relu
  return x -> subsample(2) -> conv(3, 1, bias = false)
}
"""
    layers = resnet_dsl.loads(spec)["m"].report().layers
    relu_output = 4 * 4 * 64
    assert [layer.saved_bytes for layer in layers] == [4 * 2 * 64, relu_output, 0, 0]


def test_macs_match_the_reference_of_a_grouped_network(specs: Path) -> None:
    report = resnet_dsl.load(specs / "resnext50_32x4d.rdl")["resnext50_32x4d"].report()
    assert (report.params, report.macs, report.depth) == (25_028_904, 4_230_479_872, 50)
