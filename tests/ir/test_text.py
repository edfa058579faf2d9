"""The printed form of a network."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import resnet_dsl
from resnet_dsl.ir.data import network_data, plain
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ir.text import print_network, quoted, value_text
from resnet_dsl.ops.parameter import AUTO

SPEC = """
/// A residual unit.
block unit(x, width: int, act: op = relu) {
  y = x -> conv(width, [1, 3]) -> bn
  shortcut s = x -> shortcut: conv(width, 1)
  return add(y, s) -> act
}

stage body(x, n: int) {
  return x -> repeat n as i { unit(4) }
}

model tiny(size: int = 6) {
  input image [3, size, size]
  x = image -> unit(4) -> layer1: body(2) -> head.pool: gap
  aux side = x -> flatten -> "side-fc": linear(5)
  return x -> seq { flatten -> linear(3) }
}
"""


def test_printed_form(golden: Callable[[str, str], None]) -> None:
    golden("printed/tiny.txt", print_network(resnet_dsl.loads(SPEC)["tiny"].network))


def test_same_spec_same_text(specs: Path) -> None:
    texts = {print_network(resnet_dsl.load(specs / "resnet18.rdl")["resnet18"].network) for _ in range(2)}
    assert len(texts) == 1


def test_every_node_has_a_line(specs: Path) -> None:
    network = resnet_dsl.load(specs / "resnet50.rdl")["resnet50"].network
    lines = print_network(network).splitlines()
    assert sum(line.lstrip().startswith("%") for line in lines) == len(network)


def test_data_holds_the_same_facts() -> None:
    network = resnet_dsl.loads(SPEC)["tiny"].network
    data = json.loads(json.dumps(network_data(network)))
    assert [node["path"] for node in data["nodes"]] == [node.path for node in network.nodes()]
    add = next(node for node in data["nodes"] if node["op"] == "add")
    assert [operand["shortcut"] for operand in add["operands"]] == [False, True]
    assert data["nodes"][data["output"]]["shape"] == [3]
    unit = next(scope for scope in data["scopes"] if scope["definition"] == "unit")
    assert unit["arguments"] == {"width": 4, "act": "relu"}
    assert list(data["auxiliary"]) == ["side"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (3, "3"),
        (1e-05, "1e-05"),
        (None, "none"),
        (AUTO, "auto"),
        ("he", "he"),
        ("two words\n", '"two words\\n"'),
        ([1, [2, "x y"]], '[1, [2, "x y"]]'),
        (Shape.vector(3), "Shape"),
    ],
)
def test_values(value: object, text: str) -> None:
    assert value_text(value) == text


def test_values_nest_to_a_limit() -> None:
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    assert "[...]" in value_text(deep)
    json.dumps(plain(deep))


@pytest.mark.parametrize("text", ["a\nb", "a b", "", "\x1b[2J", "a..b", "ключ", 'quote"', "a\u202eb"])
def test_hostile_names_cannot_forge_a_line(text: str) -> None:
    shown = quoted(text)
    assert shown.isascii()
    assert shown.isprintable()
    assert json.loads(shown) == text
