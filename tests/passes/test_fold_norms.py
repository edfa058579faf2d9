"""A folded network computes what the whole one does, with torch as the judge."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import resnet_dsl
from resnet_dsl.analysis.keys import state_dict_entries
from resnet_dsl.ir.verify import verify, verify_graph
from resnet_dsl.passes.fold_norms import fold_norms
from resnet_dsl.passes.folded_weights import folded_weights


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def lively(module: nn.Module) -> nn.Module:
    """In float64, with running statistics and affine weights that say something."""
    draws = torch.Generator().manual_seed(3)

    def positive(like: Tensor) -> Tensor:
        return torch.rand(like.shape, generator=draws) + 0.5

    for norm in module.modules():
        if isinstance(norm, nn.BatchNorm1d | nn.BatchNorm2d):
            assert norm.running_mean is not None
            assert norm.running_var is not None
            norm.running_mean.copy_(torch.randn(norm.running_mean.shape, generator=draws) / 4)
            norm.running_var.copy_(positive(norm.running_var))
            if norm.affine:
                norm.weight.data.copy_(positive(norm.weight))
                norm.bias.data.copy_(torch.randn(norm.bias.shape, generator=draws) / 4)
    return module.double().eval()


@torch.no_grad()
def difference(network: resnet_dsl.CompiledNetwork) -> float:
    """The largest difference of the outputs, relative to the largest output."""
    folded = network.folded()
    verify(folded.network)
    verify_graph(folded.network)
    whole, small = lively(network.build()), folded.build().double().eval()
    small.load_state_dict(folded_weights(whole.state_dict(), folded.folds))
    assert [entry.key for entry in state_dict_entries(folded.network)] == list(small.state_dict())
    shape = network.network.node(network.network.inputs[0]).shape.plain()
    images = torch.randn(2, *shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    one, other = whole(images), small(images)
    return float((one - other).abs().max() / one.abs().max())


def steps(body: str, size: str = "[8, 6, 6]") -> resnet_dsl.CompiledNetwork:
    text = f"model net {{\n  input image {size}\n{body}\n}}\n"
    return resnet_dsl.loads(text)["net"]


def left(network: resnet_dsl.CompiledNetwork) -> list[str]:
    return [node.path for node in network.folded().network.nodes() if node.op.name == "bn"]


@pytest.mark.parametrize(
    ("body", "folds", "remaining"),
    [
        ("return image -> conv(4, 3) -> bn -> relu", 1, []),
        ("return image -> conv(4, 3, bias = true) -> bn(eps = 1e-3, affine = false)", 1, []),
        ("return image -> conv(8, 3, groups = 4) -> bn", 1, []),
        ("return image -> deconv(6, 2, stride = 2) -> bn", 1, []),
        ("return image -> deconv(12, 3, groups = 4, bias = true) -> bn", 1, []),
        ("return image -> gap -> flatten -> linear(5) -> bn -> relu", 1, []),
        ("return image -> conv(4, 3) -> bn -> bn -> relu", 2, []),
        ("return image -> bn -> relu -> conv(4, 3)", 0, ["bn1"]),
        ("return image -> conv(4, 3) -> relu -> bn", 0, ["bn1"]),
        ("return image -> conv(4, 3) -> gn(2) -> bn", 0, ["bn1"]),
        ("y = image -> conv(8, 3)\n  z = y -> bn\n  return add(y, z)", 0, ["bn1"]),
        ("y = image -> conv(8, 3)\n  z = y -> bn\n  return add(z, z)", 1, []),
        ("y = image -> conv(8, 3)\n  a = y -> bn\n  b = y -> bn\n  return add(a, b)", 0, ["bn1", "bn2"]),
        ("return image -> s: seq { conv(4, 3) -> bn -> relu -> conv(4, 3) -> bn }", 2, []),
        ("return image -> a.0: conv(4, 3) -> a.1: bn -> a.2: relu", 1, []),
        ("return image -> conv(4, 3) -> norm: bn -> drop_path(0.5)", 1, []),
    ],
)
def test_outputs_are_equal(body: str, folds: int, remaining: list[str]) -> None:
    network = steps(f"  {body}")
    assert len(network.folded().folds) == folds
    assert left(network) == remaining
    assert difference(network) < 1e-12


def test_a_norm_folds_across_blocks_and_scopes_that_become_empty() -> None:
    text = """
block layer(x) { return x -> conv(x.c, 3) }
block norm(x) { return x -> bn }
model net {
  input image [4, 6, 6]
  a = image -> layer -> norm -> relu
  b = a -> one: layer -> two: norm
  shortcut s = a -> three: seq { conv(4, 1) -> bn }
  return add(b, s)
}
"""
    network = resnet_dsl.loads(text)["net"]
    assert left(network) == []
    assert difference(network) < 1e-12


def test_the_result_of_a_layer_that_is_an_output_stays() -> None:
    text = """
model net {
  input image [4, 6, 6]
  y = image -> conv(4, 3)
  aux side = y
  return y -> bn
}
"""
    assert left(resnet_dsl.loads(text)["net"]) == ["bn1"]


def test_a_network_without_such_norms_is_itself() -> None:
    network = steps("  return image -> conv(4, 3) -> relu").network
    folded = fold_norms(network)
    assert folded.network is network
    assert folded.folds == ()


def test_paths_of_what_is_left_do_not_change_and_the_heading_says_what_happened() -> None:
    network = steps("  return image -> conv(4, 3) -> bn -> relu -> bn -> s: seq { conv(2, 1) -> bn -> relu }")
    folded = network.folded()
    paths = [node.path for node in network.network.nodes()]
    assert [node.path for node in folded.network.nodes()] == [path for path in paths if path != "bn1"]
    assert folded.network.node(4).op.name == "conv"
    assert folded.network.title == "net with batch norms folded"
    assert "Compiled with batch norms folded" in folded.to_pytorch()


def test_weights_keep_their_dtype_and_the_given_ones_their_values() -> None:
    network = steps("  return image -> conv(4, 3) -> bn")
    state = network.build().state_dict()
    before = {key: value.clone() for key, value in state.items()}
    made = folded_weights(state, network.folded().folds)
    assert made.keys() == {"conv1.weight", "conv1.bias"}
    assert {value.dtype for value in made.values()} == {torch.float32}
    assert all(torch.equal(state[key], before[key]) for key in before)
    with pytest.raises(KeyError, match="bn1"):
        folded_weights({"conv1.weight": before["conv1.weight"]}, network.folded().folds)


@pytest.mark.parametrize(
    ("spec", "folds"),
    [("resnet18", 20), ("digits_resnet8", 9), ("preact_resnet164", 109), ("densenet_bc_100_12", 48)],
)
def test_shipped_specs(root: Path, spec: str, folds: int) -> None:
    network = resnet_dsl.load(root / "specs" / f"{spec}.rdl")[spec]
    assert len(network.folded().folds) == folds
    assert difference(network) < 1e-9
    again = network.folded().folded()
    assert again.folds == ()
