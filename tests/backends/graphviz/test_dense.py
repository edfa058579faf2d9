"""Dense connectivity: a running concatenation, however it is written."""

from __future__ import annotations

from itertools import pairwise

import pytest

import resnet_dsl
from resnet_dsl.backends.graphviz import diagram
from resnet_dsl.backends.graphviz.model import EdgeKind
from tests.backends.graphviz.conftest import Net
from tests.backends.graphviz.picture import by_id, into, joins


def test_layers_carry_their_input_along(net: Net) -> None:
    picture = diagram(net("dense"), "block")
    carried = [edge for edge in picture.edges if edge.kind is EdgeKind.CARRY]
    assert len(carried) == 1 + 1  # each block's layers are drawn as one
    assert all(by_id(picture, edge.target).texts == ("concat",) for edge in carried)


@pytest.mark.parametrize(("model", "count"), [("written_out", 4), ("newest_first", 3)])
@pytest.mark.parametrize("level", ["op", "block"])
def test_written_out_it_is_a_chain_too(net: Net, model: str, count: int, level: str) -> None:
    picture = diagram(net("dense", model), level)
    merged = [vertex.id for vertex in picture.vertices if vertex.texts == ("concat",)]
    assert len(merged) == count
    assert all(len(into(picture, name)) == 2 for name in merged)
    for before, after in pairwise(merged):
        (line,) = [edge for edge in into(picture, after) if edge.source == before]
        assert line.kind is EdgeKind.CARRY
    assert joins(picture) == ["concat"] * count


def test_lines_grow_with_depth_not_with_its_square() -> None:
    layers = 60
    names = [f"t{i}" for i in range(layers + 1)]
    lines = [
        "model wide {",
        "  input image [3, 8, 8]",
        "  t0 = image -> conv(4, 1)",
        "  t1 = t0 -> conv(4, 1)",
    ]
    lines += [f"  t{i} = concat({', '.join(names[:i])}) -> conv(4, 1)" for i in range(2, layers + 1)]
    lines.append(f"  return concat({', '.join(names)}) -> gap -> flatten -> linear(10)")
    network = resnet_dsl.loads("\n".join([*lines, "}", ""]))["wide"].network
    assert network.graph.number_of_edges() > layers**2 / 2
    assert len(diagram(network, "op").edges) < 4 * layers
