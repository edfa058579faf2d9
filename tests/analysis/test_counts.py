"""Counts alone: the audit's own figures, layer by layer."""

from __future__ import annotations

from pathlib import Path

import pytest

import resnet_dsl

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("resnet50", "resnet50"),
        ("torchvision/googlenet", "googlenet"),  # with auxiliary heads
        ("torchvision/convnext", "convnext_tiny"),  # with bare tensors and channels last
    ],
)
def test_are_the_audits(spec: str, name: str) -> None:
    network = resnet_dsl.load(ROOT / "specs" / f"{spec}.rdl", model=name)[name]
    counts, report = network.counts(), network.report()
    assert (counts.params, counts.buffers, counts.macs) == (report.params, report.buffers, report.macs)
    assert [
        (layer.path, layer.op, tuple(layer.shape.plain()), layer.params, layer.buffers, layer.macs)
        for layer in counts.layers
    ] == [
        (layer.path, layer.op, layer.out_shape, layer.params, layer.buffers, layer.macs)
        for layer in report.layers
    ]
    assert [layer.inference for layer in counts.layers] == [layer.inference for layer in report.layers]


def test_an_auxiliary_head_has_params_and_no_macs_of_inference() -> None:
    text = """
model m {
  input image [3, 8, 8]
  x = image -> conv(4, 3)
  aux extra = x -> gap -> flatten -> linear(7)
  return x -> gap -> flatten -> fc: linear(5, bias = false)
}
"""
    counts = resnet_dsl.loads(text)["m"].counts()
    head = next(layer for layer in counts.layers if layer.params == 4 * 7 + 7)
    assert (head.macs, head.inference) == (4 * 7, False)
    assert counts.macs == 8 * 8 * 4 * 3 * 9 + 4 * 5
    assert counts.params == (4 * 3 * 9 + 4) + (4 * 7 + 7) + 4 * 5
