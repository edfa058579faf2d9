"""Plain twins: the network as if the spec had been written without shortcuts."""

from __future__ import annotations

from pathlib import Path

import pytest

import resnet_dsl
from tests.semantics.variants import forward, keys

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
