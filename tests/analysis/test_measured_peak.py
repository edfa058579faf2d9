"""Peak memory: what others measured on networks that they wrote by hand."""

from __future__ import annotations

import pytest

import resnet_dsl
from resnet_dsl.analysis.peak import inference_peak
from tests.analysis.families import FAMILIES, net

MEGA = 1e6

# Hand-written networks that others measured: torchvision's, whose activations work in place, and an
# unpadded U-Net. (peak of inference, kept for backward), in MB of one float32 sample.
MEASURED = {
    "resnet50": (11.0, 86.0),
    "resnet152": (11.0, 177.7),
    "densenet201": (10.6, 203.4),
    "googlenet": (7.0, 48.3),
    "unet": (240.5, 727.4),
}
# Written as those are: an operator of a bottleneck after the other; a dense layer that joins a list of
# all maps before it (DenseNet-201 has its peak in the sixth of its first block); a level of the
# U-Net with one variable that goes through it.
BOTTLENECKS = """
block bottleneck(x, width: int, stride: int = 1) {
  y = x -> lines: seq {
    conv(width, 1) -> bn -> relu
      -> conv(width, 3, stride) -> bn -> relu
      -> conv(4 * width, 1) -> bn
  }
  s = x
  if stride != 1 or x.c != 4 * width { s = x -> downsample: seq { conv(4 * width, 1, stride) -> bn } }
  y = add(y, s)
  y = y -> relu
  return y
}
stage residual(x, width: int, n: int, stride: int) {
  return x -> repeat n as i { bottleneck(width, stride if i == 0 else 1) }
}
model resnet(depths: list) {
  input image [3, 224, 224]
  x = image -> conv(64, 7, 2) -> bn -> relu -> maxpool(3, 2, 1)
  x = x -> layer1: residual(64, depths[0], 1) -> layer2: residual(128, depths[1], 2)
    -> layer3: residual(256, depths[2], 2) -> layer4: residual(512, depths[3], 2)
  return x -> gap -> flatten -> fc: linear(1000)
}
model resnet50 = resnet([3, 4, 6, 3]) { expect params == 25_557_032 }
model resnet152 = resnet([3, 8, 36, 3]) { expect params == 60_192_808 }
"""
DENSE_LAYER = """
block narrow(a, b, c, d, e, f) {
  all = concat(a, b, c, d, e, f)
  y = all -> bn -> relu -> conv(128, 1)
  return y
}
model densenet201() {
  input image [3, 224, 224]
  a = image -> conv(64, 7, 2) -> bn -> relu -> maxpool(3, 2, 1)
  b = a -> conv(32, 3)
  c = b -> conv(32, 3)
  d = c -> conv(32, 3)
  e = d -> conv(32, 3)
  f = e -> conv(32, 3)
  y = narrow(a, b, c, d, e, f)
  return y -> bn -> relu -> conv(32, 3) -> gap
}
"""
U_LEVELS = """
block level(x, width: int, below: int) {
  e = x -> first: seq { conv(width, 3, pad = 0) -> relu -> conv(width, 3, pad = 0) -> relu }
  if below == 0 { return e }
  y = e -> maxpool(2) -> inner: level(2 * width, below - 1) -> up: deconv(width, 2, stride = 2)
  s = e -> crop(y)
  y = concat(s, y)
  y = y -> second: seq { conv(width, 3, pad = 0) -> relu -> conv(width, 3, pad = 0) -> relu }
  return y
}
model unet() {
  input image [1, 572, 572]
  return image -> level(64, 4) -> head: conv(2, 1)
}
"""


@pytest.mark.parametrize(("path", "name"), [(path, name) for path, name in [*FAMILIES] if name in MEASURED])
def test_what_is_kept_is_what_was_measured(path: str, name: str) -> None:
    assert net(path, name).report().saved_bytes / MEGA == pytest.approx(MEASURED[name][1], rel=0.02)


@pytest.mark.parametrize("name", ["resnet50", "resnet152"])
def test_a_bottleneck_of_single_steps_takes_what_was_measured(name: str) -> None:
    network = resnet_dsl.loads(BOTTLENECKS)[name].network
    assert inference_peak(network, in_place=True).bytes / MEGA == pytest.approx(MEASURED[name][0], rel=0.02)


def test_googlenet_takes_what_was_measured() -> None:
    network = net("torchvision/googlenet", "googlenet").network
    assert inference_peak(network, in_place=True).bytes / MEGA == pytest.approx(7.0, rel=0.02)


def test_a_dense_layer_of_a_list_takes_what_was_measured() -> None:
    network = resnet_dsl.loads(DENSE_LAYER)["densenet201"].network
    assert inference_peak(network, in_place=True).bytes / MEGA == pytest.approx(10.6, rel=0.02)


def test_a_u_net_of_one_variable_a_level_takes_what_was_measured() -> None:
    chosen = resnet_dsl.loads(U_LEVELS)["unet"]
    assert (chosen.params, chosen.macs) == (31_030_658, 150_428_424_448)
    assert inference_peak(chosen.network).bytes / MEGA == pytest.approx(240.5, rel=0.02)
