"""A small residual network, its spec and its weights, as checkpoints may hold them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import resnet_dsl
from resnet_dsl.compiled import CompiledNetwork

SPEC = """\
model net(classes: int = 10) {
  input image [3, 16, 16]
  x = image -> conv(8, 3) -> bn -> relu
    -> layer1: unit(8)
    -> layer2: unit(12)
  return x -> gap -> flatten -> fc: linear(classes)
}

block unit(x, width: int) {
  y = x -> conv(width, 3) -> bn -> relu -> conv(width, 3) -> bn
  shortcut s = x -> downsample: seq { conv(width, 1) -> bn }
  return add(y, s) -> relu
}
"""


@pytest.fixture(scope="session")
def net() -> CompiledNetwork:
    return resnet_dsl.loads(SPEC)["net"]


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "net.rdl"
    path.write_text(SPEC)
    return path


@pytest.fixture
def state(net: CompiledNetwork) -> dict[str, torch.Tensor]:
    """Weights that differ in every element, counters included."""
    generator = torch.Generator().manual_seed(1)
    return {
        key: torch.randn(tensor.shape, generator=generator).abs() + 0.1
        if tensor.is_floating_point()
        else torch.tensor(3)
        for key, tensor in net.build().state_dict().items()
    }
