"""Ablations: the network as if a block had not been written, alone and in random plain twins."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import torch
from hypothesis import HealthCheck, given, settings

import resnet_dsl
from tests.semantics.variants import forward, keys


def test_a_deleted_block_keeps_the_names_of_the_others(specs: Path) -> None:
    path = specs / "resnet34.rdl"
    whole = resnet_dsl.load(path)["resnet34"]
    part = resnet_dsl.load(path, delete_blocks=["layer3.2", "layer1.0", "layer3.2"])["resnet34"]
    gone = ("layer3.2.", "layer1.0.")
    assert keys(part) == [entry for entry in keys(whole) if not entry[0].startswith(gone)]
    assert part.network.title == "resnet34 without layer3.2 and layer1.0"
    module = part.build()
    assert isinstance(module.get_submodule("layer3.2"), torch.nn.Identity)
    assert len(module.get_submodule("layer3")) == 6  # type: ignore[arg-type]  # an nn.Sequential
    assert part.to_pytorch().count("nn.Identity(),") == 2


def test_a_deleted_block_passes_its_input_on() -> None:
    text = """
    block unit(x) {
      shortcut s = x
      return x -> conv(x.c, 3) -> add(s)
    }
    model net {
      input image [4, 8, 8]
      t = image -> a: unit -> b: unit
      return t -> c: unit
    }
    """
    for path in "abc":
        net = resnet_dsl.loads(text, delete_blocks=[path])["net"]
        module, image = net.build().double(), torch.randn(1, 4, 8, 8, dtype=torch.float64)
        expected = image
        for name in sorted({"a", "b", "c"} - {path}):
            expected = expected + module.get_submodule(f"{name}.conv1")(expected)
        assert torch.equal(module(image), expected)


def test_a_stage_and_a_block_with_two_tensors() -> None:
    text = """
    block mix(x, y) { return concat(x, y) -> conv(4, 3) }
    stage two(x) { return x -> repeat 2 { conv(4, 3) } }
    model net {
      input image [4, 8, 8]
      t = image -> s: two
      return t -> m: mix(image)
    }
    """
    assert keys(resnet_dsl.loads(text, delete_blocks=["s", "m"])["net"]) == []
    only = resnet_dsl.loads(text, delete_blocks=["m"])["net"]
    assert {key.partition(".")[0] for key, _ in keys(only)} == {"s"}
    assert forward(only) == (2, 4, 8, 8)


def test_both_edits_at_once(specs: Path) -> None:
    options = {"without_shortcuts": True, "delete_blocks": ["layer2.1"]}
    net = resnet_dsl.load(specs / "resnet18.rdl", **options)["resnet18"]  # type: ignore[arg-type]
    assert net.depth == 16
    assert forward(net) == (2, 1000)


# --- random networks -----------------------------------------------------------------------------

BLOCKS = """
from std.shortcuts import option_a, project, project_always
block first(x, width: int, stride: int, way: op) {
  y = x -> conv(width, 3, stride) -> bn -> relu -> conv(width, 3) -> bn
  shortcut s = x -> side: way(width, stride)
  return add(y, s) -> relu
}
block pre(x, width: int, stride: int, way: op) {
  p = x -> bn -> relu
  shortcut s = p -> way(width, stride)
  return p -> conv(width, 3, stride) -> bn -> relu -> conv(width, 3) -> add(s)
}
block dense(x, width: int, stride: int, way: op) {
  shortcut s = x -> way(width, stride)
  y = x -> bn -> relu -> conv(width, 3, stride)
  return concat(s, y) -> conv(width, 1)
}
"""


@st.composite
def residual_net(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A spec and the paths of its residual blocks that keep their shape."""
    steps, kept, width = [], [], 4
    for number in range(draw(st.integers(1, 5))):
        block = draw(st.sampled_from(["first", "pre", "dense"]))
        way = draw(st.sampled_from(["option_a", "project", "project_always"]))
        wide = draw(st.sampled_from([width, width, 2 * width]))
        stride = draw(st.sampled_from([1, 1, 2]))
        steps.append(f"b{number}: {block}({wide}, {stride}, {way})")
        if wide == width and stride == 1:
            kept.append(f"b{number}")
        width = wide
    lines = ["input image [3, 32, 32]", "x = image -> stem: conv(4, 3)"]
    if draw(st.booleans()):
        lines += [f"x = x -> {step}" for step in steps]
    else:
        lines.append(f"x = x -> {' -> '.join(steps)}")
    lines.append("return x -> gap -> flatten -> fc: linear(3)")
    return BLOCKS + "model net {\n  " + "\n  ".join(lines) + "\n}\n", kept


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(residual_net(), st.data())
def test_a_random_twin_works(drawn: tuple[str, list[str]], data: st.DataObject) -> None:
    text, kept = drawn
    deleted = data.draw(st.lists(st.sampled_from(kept), unique=True)) if kept else []
    whole = resnet_dsl.loads(text)["net"]
    twin = resnet_dsl.loads(text, without_shortcuts=True, delete_blocks=deleted)["net"]
    names = {node.op.name for node in twin.network.nodes()}
    assert not names & {"add", "concat", "subsample", "pad_channels"}
    assert not any(operand.shortcut for node in twin.network.nodes() for operand in node.operands)
    assert {key for key, _ in keys(twin)} <= {key for key, _ in keys(whole)}
    with torch.device("meta"):
        module = twin.build()
        built = [(key, tuple(tensor.shape)) for key, tensor in module.state_dict().items()]
        assert module(torch.empty(2, 3, 32, 32)).shape == (2, 3)
    assert built == keys(twin)
