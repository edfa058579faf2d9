"""Plain twins and ablations: the network as if the spec had been written so."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import HealthCheck, given, settings

import resnet_dsl
from resnet_dsl.analysis.keys import state_dict_entries
from resnet_dsl.compiled import CompiledNetwork

RESIDUAL_AND_PLAIN = [
    ("resnet18", "plain18"),
    ("resnet18_a", "plain18"),
    ("resnet34", "plain34"),
    ("resnet34_a", "plain34"),
    ("cifar_resnet20", "cifar_plain20"),
    ("cifar_resnet20_b", "cifar_plain20"),
    ("cifar_resnet56", "cifar_plain56"),
    ("cifar_resnet56_b", "cifar_plain56"),
]


def keys(net: CompiledNetwork) -> list[tuple[str, tuple[int, ...]]]:
    return [(entry.key, tuple(entry.shape)) for entry in state_dict_entries(net.network)]


def forward(net: CompiledNetwork) -> torch.Size:
    shape = net.report().input
    with torch.device("meta"):
        output: torch.Tensor = net.build()(torch.empty(2, *shape))
    return output.shape


@pytest.mark.parametrize(("residual", "plain"), RESIDUAL_AND_PLAIN)
def test_a_twin_is_the_plain_network(specs: Path, residual: str, plain: str) -> None:
    twin = resnet_dsl.load(specs / f"{residual}.rdl", without_shortcuts=True)[residual]
    net = resnet_dsl.load(specs / f"{plain}.rdl")[plain]
    assert (twin.params, twin.buffers, twin.macs, twin.depth) == (
        net.params,
        net.buffers,
        net.macs,
        net.depth,
    )
    assert keys(twin) == keys(net)
    assert [node.op.name for node in twin.network.nodes()] == [node.op.name for node in net.network.nodes()]


def test_a_bottleneck_loses_projections_and_sums(specs: Path) -> None:
    twin = resnet_dsl.load(specs / "resnet50.rdl", without_shortcuts=True)["resnet50"]
    assert not [key for key, _ in keys(twin) if "downsample" in key]
    assert "add" not in {node.op.name for node in twin.network.nodes()}
    assert twin.params == 25_557_032 - 2_776_576  # the four projections with their norms


UNITS = """
block dense(x, growth: int) {
  shortcut s = x
  y = x -> bn -> relu -> conv(growth, 3)
  return concat(s, y)
}
block level(x, order: int) {
  if order == 0 { return x -> conv(x.c, 3) -> relu }
  shortcut skip = x -> conv(x.c, 1)
  low = x -> maxpool(2) -> inner: level(order - 1) -> up: deconv(x.c, 2, 2)
  return low -> join(skip) -> conv(x.c, 3)
}
block join(x, skip) { return concat(skip, x) }
block highway(x) {
  h = x -> conv(x.c, 3) -> relu
  t = x -> conv(x.c, 3) -> sigmoid
  c = t -> one_minus
  shortcut s = x
  carried = mul(s, c)
  return mul(h, t) -> add(carried)
}
"""


def test_channels_of_a_dense_block_are_lost() -> None:
    text = UNITS + "model net {\n input x [4, 8, 8]\n return x -> a: dense(6) -> b: dense(5)\n}"
    twin = resnet_dsl.loads(text, without_shortcuts=True)["net"]
    assert twin.network.node(twin.network.output).shape.dims == (5, 8, 8)
    assert dict(keys(twin))["b.conv1.weight"] == (5, 6, 3, 3)
    assert forward(twin) == (2, 5, 8, 8)


def test_an_encoder_and_decoder_lose_their_skips() -> None:
    text = UNITS + "model net {\n input x [4, 16, 16]\n return x -> a: level(2)\n}"
    whole, twin = resnet_dsl.loads(text)["net"], resnet_dsl.loads(text, without_shortcuts=True)["net"]
    assert {node.op.name for node in whole.network.nodes()} - {
        node.op.name for node in twin.network.nodes()
    } == {"concat"}
    assert forward(twin) == (2, 4, 16, 16)


def test_a_product_with_nothing_is_nothing() -> None:
    """A shortcut that a gate scales goes as a whole; the gate of the branch stays."""
    text = UNITS + "model net {\n input x [4, 8, 8]\n return x -> a: highway\n}"
    twin = resnet_dsl.loads(text, without_shortcuts=True)["net"]
    network = twin.network
    assert network.node(network.output).op.name == "mul"
    assert [entry.code for entry in resnet_dsl.loads(text, without_shortcuts=True).diagnostics] == ["RDL701"]
    assert forward(twin) == (2, 4, 8, 8)


@pytest.mark.parametrize(
    "body",
    [
        "shortcut s = x -> conv(4, 1)\n t = s -> relu -> repeat 2 { bn }\n return x -> add(t)",
        "shortcut s = x\n return s -> add(x)",
        "shortcut s = x\n return x -> conv(4, 3) -> seq { relu -> add(s) -> relu }",
        "shortcut s = x\n t = s -> inside: side\n return add(x, t) -> relu",
        "shortcut s = x\n shortcut t = s\n return concat(x, s, t)",
    ],
)
def test_absence_spreads_to_what_needs_the_shortcut(body: str) -> None:
    text = (
        "block side(x) { return x -> relu }\n"
        f"block unit(x) {{\n{body}\n}}\nmodel net {{\n input image [4, 8, 8]\n return image -> a: unit\n}}"
    )
    assert resnet_dsl.loads(text)["net"].params >= 0
    twin = resnet_dsl.loads(text, without_shortcuts=True)["net"]
    assert not any(node.shortcut for node in twin.network.nodes())
    assert forward(twin) == (2, 4, 8, 8)


def test_an_auxiliary_output_of_what_is_left_out_goes_too() -> None:
    text = """
    model net {
      input image [4, 8, 8]
      shortcut s = image -> conv(4, 1)
      aux a = s -> gap -> flatten -> linear(2)
      return image -> conv(4, 3) -> add(s)
    }
    """
    assert len(resnet_dsl.loads(text)["net"].network.auxiliary) == 1
    assert not resnet_dsl.loads(text, without_shortcuts=True)["net"].network.auxiliary


# --- deleted blocks ------------------------------------------------------------------------------


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


# --- what is said of it --------------------------------------------------------------------------


def test_every_output_says_what_it_is_of(specs: Path) -> None:
    from resnet_dsl.backends.report import render
    from resnet_dsl.ir.data import network_data
    from resnet_dsl.ir.text import print_network

    twin = resnet_dsl.load(specs / "resnet18.rdl", without_shortcuts=True)["resnet18"]
    assert "Compiled without shortcuts;" in twin.to_pytorch().split('"""')[1]
    for level in ("op", "block", "stage", "model"):
        assert "resnet18 without shortcuts" in twin.to_dot(level)
    for form in ("table", "md", "csv"):
        assert "resnet18 without shortcuts" in render(twin.report(), form, "block")
    assert '"variant": "without shortcuts"' in render(twin.report(), "json", "block")
    assert network_data(twin.network)["variant"] == "without shortcuts"
    assert print_network(twin.network).splitlines()[0].endswith(" without shortcuts")
    assert repr(twin).startswith("<resnet18 without shortcuts: ")
    whole = resnet_dsl.load(specs / "resnet18.rdl")["resnet18"]
    assert "variant" not in render(whole.report(), "json", "block")
    assert "without" not in whole.to_dot("block")


def test_expectations_are_not_checked() -> None:
    text = """
    block unit(x) {
      shortcut s = x -> conv(x.c, 1)
      return x -> conv(x.c, 3) -> add(s)
    }
    model net {
      input image [4, 8, 8]
      return image -> a: unit
      expect params == 168
    }
    """
    assert resnet_dsl.loads(text)["net"].params == 168
    assert resnet_dsl.loads(text, without_shortcuts=True)["net"].params == 148


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
