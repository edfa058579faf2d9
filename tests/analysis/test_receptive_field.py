"""Receptive fields: published ones, and those that torch's gradients show."""

from __future__ import annotations

import pytest
import torch

import resnet_dsl
from resnet_dsl.analysis.receptive_field import deepest_field, receptive_fields
from resnet_dsl.analysis.resources import resources, with_resources
from resnet_dsl.backends.report.json import report_data
from tests.conftest import ROOT


# Araujo, Norris and Sim 2019, table of receptive fields; their ResNet-50 has the stride on the first
# 1x1. VGG-16 and AlexNet end with their last pooling.
@pytest.mark.parametrize(
    ("spec", "name", "size"),
    [
        ("alexnet2012", "alexnet2012", 195),
        ("torchvision/vgg", "vgg16", 212),
        ("resnet50_v1", "resnet50_v1", 483),
        ("torchvision/mobilenet_v2", "mobilenet_v2", 491),
        ("torchvision/inception", "inception_v3", 1311),
    ],
)
def test_published_fields(spec: str, name: str, size: int) -> None:
    field = deepest_field(resnet_dsl.load(ROOT / "specs" / f"{spec}.rdl", model=name)[name].network)
    assert field is not None
    assert (field.height, field.width, field.jump) == (size, size, 32)


BODIES = {
    "a window": "  return x -> conv(2, 3) -> conv(2, [3, 1], 2)",
    "dilation": "  return x -> conv(2, 3, dilation = 4, pad = 4) -> avgpool(2)",
    "branches": "  a = x -> conv(2, 5)\n  b = x -> conv(2, 1) -> conv(2, 3)\n  return add(a, b) -> conv(2, 3, 2)",
    "offsets": "  a = x -> conv(2, 3, 2)\n  b = x -> subsample(2)\n  return concat(a, b)",
    "enlarged": "  return x -> conv(2, 3, 2) -> upsample(2) -> conv(2, 3)",
    "enlarged thrice": "  return x -> avgpool(3) -> upsample(3) -> conv(2, 3) -> avgpool(2)",
    "bilinear": "  return x -> avgpool(2) -> upsample(2, mode = bilinear) -> conv(2, 3)",
    "transposed": "  return x -> conv(2, 3, 2) -> deconv(2, 2, stride = 2) -> conv(2, 3) -> conv(2, 3)",
    "overlapping": "  return x -> conv(2, 3, 2) -> deconv(2, 4, stride = 2, pad = 1) -> conv(2, 3)",
    "cropped": "  y = x -> conv(2, 3, pad = 0) -> conv(2, 3, pad = 0)\n  s = x -> crop(y)\n  return concat(s, y)",
    "blurred": "  return x -> blur_pool -> conv(2, 3)",
    "windows of a size": "  return x -> adaptive_avgpool(16) -> conv(2, 3)",
    "windows that overlap": "  return x -> adaptive_avgpool(20)",
    "an hourglass": "  y = x -> maxpool(2) -> conv(2, 3) -> upsample(2)\n  return add(x, y) -> conv(2, 3)",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_fields_are_where_gradients_are(body: str) -> None:
    """Of positive weights and pixels no contribution cancels, so a pixel without a gradient is not read."""
    text = f"model m() {{\n  input x [2, 48, 48]\n{body}\n}}\n"
    net = resnet_dsl.loads(text)["m"]
    field = receptive_fields(net.network)[net.network.output]
    assert field is not None
    module = net.build().double().eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.uniform_(0.5, 1.0)
    image = torch.rand(1, 2, 48, 48, dtype=torch.float64).requires_grad_()
    reached = [0, 0]
    rows, columns = net.report().output[1:]
    for row in range(rows // 3, 2 * rows // 3):
        (gradient,) = torch.autograd.grad(module(image)[0, :, row, columns // 2].sum(), image)
        read = gradient[0].abs().sum(0).nonzero()[:, 0]
        first, last = field.height.at(row)
        assert first <= int(read.min())
        assert int(read.max()) <= last
        reached = [max(reached[0], int(read.max() - read.min()) + 1), max(reached[1], last - first + 1)]
    if "maxpool" not in body:
        assert reached[0] == reached[1]
    assert reached[1] == field.height.size


def test_a_whole_image_has_no_field() -> None:
    net = resnet_dsl.loads(
        "model m() {\n  input x [2, 8, 8]\n  return x -> conv(2, 3) -> gap -> flatten -> linear(3)\n}\n"
    )
    fields = receptive_fields(net["m"].network)
    assert [field is None for field in fields] == [False, False, True, True, True]
    deepest = deepest_field(net["m"].network)
    assert deepest is not None
    assert (deepest.path, deepest.height, deepest.jump) == ("conv1", 3, 1)


def test_gates_and_auxiliary_heads_are_not_followed() -> None:
    text = """
model m() {
  input x [2, 8, 8]
  y = x -> conv(2, 3)
  g = y -> gap -> sigmoid
  aux a = y -> conv(2, 7) -> gap
  return mul(y, g) -> conv(2, 3)
}
"""
    deepest = deepest_field(resnet_dsl.loads(text)["m"].network)
    assert deepest is not None
    assert deepest.height == 5


def test_vectors_have_none() -> None:
    assert (
        deepest_field(
            resnet_dsl.loads("model m() {\n  input x [8]\n  return x -> linear(3)\n}\n")["m"].network
        )
        is None
    )


def test_every_layer_of_a_report_has_its_field() -> None:
    text = "model m() {\n  input x [3, 16, 16]\n  return x -> conv(4, 3) -> maxpool(2) -> conv(4, 3) -> gap -> flatten -> linear(2)\n}\n"
    net = resnet_dsl.loads(text)["m"]
    report = net.report()
    found = resources(net.network)
    layers = report_data(with_resources(report, found))["layers"]
    told = [(layer["op"], layer["receptive_field"], layer["jump"]) for layer in layers]
    assert told[:3] == [("conv", [3, 3], 1.0), ("maxpool", [4, 4], 2.0), ("conv", [8, 8], 2.0)]
    assert told[3:] == [(op, None, None) for op in ("gap", "flatten", "linear")]
    assert "receptive_field" not in report_data(report)["layers"][0]  # of a report without resources
