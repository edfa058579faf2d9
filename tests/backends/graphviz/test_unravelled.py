"""The unravelled view: as many copies and ways as the mathematics has, and text that stays text."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import networkx as nx
import pytest

import resnet_dsl
from resnet_dsl.analysis.stacks import choose_stack
from resnet_dsl.backends.graphviz import render
from resnet_dsl.backends.graphviz.palette import THEMES
from resnet_dsl.backends.graphviz.unravelled import unravelled
from resnet_dsl.ir.graph import Network

SPEC = """
from std.shortcuts import option_a, project
block unit(x, width: int, stride: int = 1, by: op = project) {
  y = x -> conv(width, 3, stride) -> bn -> relu -> conv(width, 3) -> bn
  shortcut s = x -> side: by(width, stride)
  return add(y, s) -> relu
}
block dense(x) {
  y = x -> conv(4, 3)
  return concat(x, y)
}
"""


def network(steps: str) -> Network:
    text = SPEC + f"model net {{\n  input image [8, 16, 16]\n  return image -> {steps}\n}}\n"
    return resnet_dsl.loads(text)["net"].network


def drawn(net: Network, direction: str = "LR") -> str:
    return unravelled(net, choose_stack(net), direction)


def lines(text: str) -> nx.MultiDiGraph[str]:
    return nx.MultiDiGraph(re.findall(r'^  "([^"]+)" -> "([^"]+)"', text, re.MULTILINE))


@pytest.mark.parametrize("n", [2, 3, 4])
def test_every_path_is_there_once(n: int) -> None:
    text = drawn(network(" -> ".join(f"b{i}: unit(8)" for i in range(n))))
    graph = lines(text)
    ways = list(nx.all_simple_paths(graph, "input", "output"))
    taken = {tuple(name.split()[0] for name in way if " block " in name) for way in ways}
    assert len(ways) == len(taken) == 2**n
    assert [sum(name.startswith(f"{i} block") for name in graph) for i in range(1, n + 1)] == [
        2 ** (n - i) for i in range(1, n + 1)
    ]
    assert f"{n} blocks, {2**n} paths" in text


def test_no_two_shapes_stand_at_one_place() -> None:
    for direction in ("LR", "TB"):
        places = re.findall(
            r'pos="([^"]+)"', drawn(network("a: unit(16) -> b: unit(16) -> c: dense"), direction)
        )
        assert len(places) == len(set(places))


def test_shortcuts_are_told_by_their_operators() -> None:
    projected = drawn(network("a: unit(16, 2) -> b: unit(16)"))
    assert projected.count('label="1×1 conv, 16, /2"') == 2
    assert "style=dashed" in projected
    padded = drawn(network("a: unit(16, 2, option_a) -> b: unit(16)"))
    assert "subsample" in padded
    assert "style=dotted" in padded
    assert "concat" in drawn(network("a: dense -> b: dense"))


def test_what_makes_a_gate_is_not_on_the_shortcut() -> None:
    gated = "block carry(x) {\n  g = x -> conv(x.c, 3) -> sigmoid\n  y = x -> conv(x.c, 3) -> mul(g)\n"
    gated += "  c = g -> one_minus\n  shortcut s = x -> mul(c)\n  return add(y, s)\n}\n"
    text = (
        SPEC + gated + "model net {\n  input image [8, 16, 16]\n  return image -> a: carry -> b: carry\n}\n"
    )
    picture = drawn(resnet_dsl.loads(text)["net"].network)
    assert picture.count('label="gated"') == 3
    assert "1 - x" not in "".join(line for line in picture.splitlines() if "shortcut" in line)


def test_the_same_network_gives_the_same_text() -> None:
    assert drawn(network("a: unit(8) -> b: unit(8)")) == drawn(network("a: unit(8) -> b: unit(8)"))


@pytest.mark.parametrize("theme", THEMES)
def test_every_theme_draws(theme: str) -> None:
    net = network("a: unit(16) -> b: unit(16)")
    text = unravelled(net, choose_stack(net), "TB", THEMES[theme])
    picture = ElementTree.fromstring(render(text, "svg"))
    words = {element.text for element in picture.iter() if element.text}
    assert {"input", "output", "a", "b"} <= words
