"""Stacks of residual blocks: which blocks follow each other, and which are chosen."""

from __future__ import annotations

import pytest

import resnet_dsl
from resnet_dsl.analysis.stacks import MAX_BLOCKS, StackError, choose_stack, residual_blocks, residual_stacks
from resnet_dsl.ir.graph import Network

UNIT = """
block unit(x) {
  y = x -> conv(x.c, 3) -> bn -> relu -> conv(x.c, 3) -> bn
  return add(y, x) -> relu
}
block gated(x, g) {
  y = x -> conv(x.c, 3) -> mul(g)
  return add(y, x)
}
stage three(x) { return x -> repeat 3 { unit } }
stage six(x) { return x -> repeat 6 { unit } }
"""


def network(body: str) -> Network:
    text = UNIT + "model net {\n  input image [4, 16, 16]\n" + body + "\n}\n"
    return resnet_dsl.loads(text)["net"].network


def paths(net: Network, *parts: str) -> list[str]:
    return [block.scope.path for block in choose_stack(net, parts)]


def test_a_block_by_its_parts() -> None:
    net = network("  return image -> a: unit")
    [block] = residual_blocks(net)
    named = [
        [net.node(node).op.name for node in nodes] for nodes in (block.branch, block.shortcut, block.behind)
    ]
    assert named == [["conv", "bn", "relu", "conv", "bn"], [], ["relu"]]
    assert (net.node(block.start).name, block.output) == ("image", net.output)


def test_operators_between_blocks_end_a_stack() -> None:
    net = network("  return image -> a: unit -> b: unit -> maxpool(2) -> c: unit -> d: unit -> e: unit")
    assert [len(stack) for stack in residual_stacks(net)] == [2, 3]
    assert paths(net) == ["a", "b"]
    assert paths(net, "c", "d") == ["c", "d"]


def test_a_result_that_is_read_elsewhere_ends_a_stack() -> None:
    net = network("  x = image -> a: unit\n  y = x -> b: unit -> c: unit\n  return concat(x, y)")
    assert [[block.scope.path for block in stack] for stack in residual_stacks(net)] == [["a"], ["b", "c"]]


def test_what_enters_from_elsewhere_makes_no_block() -> None:
    net = network("  g = image -> gap -> sigmoid\n  return image -> a: gated(g) -> b: unit")
    assert [block.scope.path for block in residual_blocks(net)] == ["b"]


def test_a_level_by_itself_is_preferred_where_all_are_too_many() -> None:
    net = network("  return image -> s1: six -> s2: three")
    assert paths(net) == ["s2.0", "s2.1", "s2.2"]
    assert paths(net, "s1.5", "s2") == ["s1.5", "s2.0", "s2.1", "s2.2"]
    assert paths(net, "s1.3") == ["s1.3"]
    assert paths(network("  return image -> a: unit -> s: three")) == ["a", "s.0", "s.1", "s.2"]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (["s1"], "6 residual blocks, 2^6 paths; at most 4 are drawn: `--part s1.0` `--part s1.1`"),
        (["s3"], "no residual block is in `s3`"),
        (["s1.O"], "did you mean `s1."),
        (["s1.0", "s1.2"], "`s1.0`, `s1.2` do not feed each other"),
    ],
)
def test_parts_that_are_no_stack(parts: list[str], words: str) -> None:
    with pytest.raises(StackError) as error:
        choose_stack(network("  return image -> s1: six -> s2: three"), parts)
    assert words in str(error.value)


def test_nothing_to_choose() -> None:
    with pytest.raises(StackError, match=r"`--part s1\.0` `--part s1\.1` `--part s1\.2`"):
        choose_stack(network("  return image -> s1: six"))
    with pytest.raises(StackError, match="no residual block"):
        choose_stack(network("  return image -> conv(4, 3)"))
    assert MAX_BLOCKS == 4
