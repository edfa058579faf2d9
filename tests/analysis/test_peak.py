"""Peak memory: of inference, of a training step, and what autograd keeps, with torch as the judge."""

from __future__ import annotations

from functools import cache

import pytest
import torch

import resnet_dsl
from resnet_dsl import CompiledNetwork
from resnet_dsl.analysis.peak import inference_peak
from resnet_dsl.analysis.training_memory import OPTIMIZER_STATES, training_memory
from tests.analysis.measured import inference_bytes, saved_bytes, step_bytes
from tests.conftest import ROOT

SPECS = ROOT / "specs"
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


@cache
def net(path: str, name: str) -> CompiledNetwork:
    return resnet_dsl.load(SPECS / f"{path}.rdl", model=name)[name]


EAGER = [
    ("resnet50", "resnet50"),
    ("resnet18", "resnet18"),
    ("unet", "unet"),
    ("torchvision/densenet", "densenet121"),
    ("torchvision/googlenet", "googlenet"),
    ("torchvision/vgg", "vgg16_bn"),
    ("torchvision/convnext", "convnext_tiny"),
    ("torchvision/mobilenet_v2", "mobilenet_v2"),
    ("torchvision/efficientnet", "efficientnet_b0"),
    ("alexnet2012", "alexnet2012"),
    ("timm/resnetaa", "resnetblur18"),
    ("hourglass2", "hourglass2"),
]


@pytest.mark.parametrize(("path", "name"), EAGER, ids=lambda value: value)
def test_the_peak_of_inference_is_torchs(path: str, name: str) -> None:
    chosen = net(path, name)
    assert inference_peak(chosen.network).bytes == pytest.approx(inference_bytes(chosen), rel=0.02)


@pytest.mark.parametrize(
    ("path", "name"), [*EAGER[:9], ("timm/seresnet", "seresnet50")], ids=lambda value: value
)
def test_the_peak_of_a_training_step_is_torchs(path: str, name: str) -> None:
    chosen = net(path, name)
    memory = training_memory(chosen.network, batch=2)
    apart = memory.weight_bytes + memory.optimizer_bytes
    assert memory.peak_bytes - apart == pytest.approx(step_bytes(chosen, 2), rel=0.01)


BRANCHING_HEAD = """
model net {
  input image [4, 16, 16]
  a = image -> conv(12, 5, groups = 2, bias = false) -> silu
  b = concat(a, image)
  c = b -> conv(8, 5, groups = 2, bias = false)
  d = c -> maxpool(3, 1, 1)
  e = d -> upsample(2, mode = nearest)
  f = e -> relu
  y = image -> conv(16, 1)
  z = add(y, y) -> relu
  aux head = z -> gap -> flatten -> linear(3)
  return f -> gap -> flatten -> linear(5)
}
"""


def test_what_an_auxiliary_head_makes_on_its_way_goes_at_once() -> None:
    """The sum in ``relu(y + y)`` has no name: the step holds it no longer than the next operator."""
    chosen = resnet_dsl.loads(BRANCHING_HEAD)["net"]
    memory = training_memory(chosen.network, batch=2)
    assert memory.peak_bytes - memory.weight_bytes - memory.optimizer_bytes == step_bytes(chosen, 2)


FAMILIES = [
    *[(name, name) for name in ("resnet18", "resnet50", "resnet152", "resnext50_32x4d", "wide_resnet50_2")],
    *[("torchvision/densenet", f"densenet{depth}") for depth in (121, 161, 201)],
    ("torchvision/convnext", "convnext_tiny"),
    ("torchvision/convnext", "convnext_base"),
    ("unet", "unet"),
    ("torchvision/googlenet", "googlenet"),
]


@pytest.mark.parametrize(("path", "name"), FAMILIES, ids=lambda value: value)
def test_what_is_kept_is_what_the_hooks_see(path: str, name: str) -> None:
    chosen = net(path, name)
    ours = chosen.report().at_batch(2).saved_bytes
    assert ours == pytest.approx(saved_bytes(chosen, 2), rel=0.02)
    assert training_memory(chosen.network, batch=2).saved_bytes == ours


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


def test_bytes_by_hand() -> None:
    spec = "model m() {\n  input x [2, 8, 8]\n  y = x -> conv(4, 3) -> relu\n  return y -> gap\n}\n"
    network = resnet_dsl.loads(spec)["m"].network
    image, map_ = 4 * 2 * 64, 4 * 4 * 64
    assert inference_peak(network).bytes == image + 2 * map_
    assert inference_peak(network).path == "relu1"
    assert inference_peak(network, in_place=True).bytes == image + map_ + 4 * 4


def test_a_name_holds_what_a_planner_would_drop() -> None:
    spec = """
model m() {
  input x [2, 8, 8]
  y = x -> a: conv(4, 3)
  s = x -> b: conv(4, 3)
  return add(y, s) -> relu
}
"""
    network = resnet_dsl.loads(spec)["m"].network
    image, map_ = 4 * 2 * 64, 4 * 4 * 64
    assert inference_peak(network).bytes == image + 4 * map_  # y, s, their sum and what relu makes
    assert inference_peak(network, freed_early=True).bytes == image + 3 * map_


@pytest.mark.parametrize("optimizer", OPTIMIZER_STATES)
def test_the_state_of_an_optimizer_is_counted(optimizer: str) -> None:
    chosen = net("resnet18", "resnet18")
    memory = training_memory(chosen.network, optimizer=optimizer)
    assert memory.gradient_bytes == 4 * chosen.params
    assert memory.optimizer_bytes == OPTIMIZER_STATES[optimizer] * memory.gradient_bytes
    assert memory.weight_bytes == chosen.report().weight_bytes
    assert memory.peak_bytes > memory.weight_bytes + memory.optimizer_bytes + memory.saved_bytes


def test_activations_grow_with_the_batch() -> None:
    one, four = (training_memory(net("resnet18", "resnet18").network, batch=batch) for batch in (1, 4))
    assert one.weight_bytes == four.weight_bytes
    assert 3.9 * one.saved_bytes < four.saved_bytes < 4 * one.saved_bytes


def test_auxiliary_heads_are_no_part_of_inference() -> None:
    spec = """
model m() {
  input x [2, 8, 8]
  y = x -> conv(2, 3)
  aux a = y -> wide: conv(400, 3) -> gap -> flatten
  return y -> gap -> flatten
}
"""
    network = resnet_dsl.loads(spec)["m"].network
    assert inference_peak(network).bytes < 4 * 400 * 64 < training_memory(network).peak_bytes


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("spec", ["resnet50", "densenet_bc_100_12", "unet"])
def test_the_allocator_of_a_gpu_rises_as_high(spec: str) -> None:
    """The high-water mark of torch's caching allocator, above what the weights take."""
    chosen = resnet_dsl.load(SPECS / f"{spec}.rdl")[spec]
    (source,) = chosen.network.inputs
    dims = [int(dim) for dim in chosen.network.node(source).shape.dims]
    batch = 16  # so that what the allocator rounds up, 512 bytes a tensor, is of no weight
    device = torch.device("cuda")
    module = chosen.build().to(device).eval()
    with torch.inference_mode():
        module(torch.zeros(batch, *dims, device=device))  # libraries keep what they set up
        torch.cuda.synchronize()
        before = torch.cuda.memory_allocated()
        images = torch.zeros(batch, *dims, device=device)
        torch.cuda.reset_peak_memory_stats()
        module(images)
        torch.cuda.synchronize()
        risen = torch.cuda.max_memory_allocated() - before
    assert risen == pytest.approx(batch * inference_peak(chosen.network).bytes, rel=0.05)
