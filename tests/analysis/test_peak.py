"""Peak memory: of inference, of a training step, and what autograd keeps, with torch as the judge."""

from __future__ import annotations

import pytest
import torch

import resnet_dsl
from resnet_dsl.analysis.peak import inference_peak
from resnet_dsl.analysis.training_memory import OPTIMIZER_STATES, training_memory
from tests.analysis.families import FAMILIES, SPECS, net
from tests.analysis.measured import inference_bytes, saved_bytes, step_bytes

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


@pytest.mark.parametrize(("path", "name"), FAMILIES, ids=lambda value: value)
def test_what_is_kept_is_what_the_hooks_see(path: str, name: str) -> None:
    chosen = net(path, name)
    ours = chosen.report().at_batch(2).saved_bytes
    assert ours == pytest.approx(saved_bytes(chosen, 2), rel=0.02)
    assert training_memory(chosen.network, batch=2).saved_bytes == ours


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
