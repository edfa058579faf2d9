"""Blocks that hold different numbers of modules share a class, which is given them."""

from __future__ import annotations

import pytest
import torch

import resnet_dsl
from resnet_dsl.analysis.keys import state_dict_entries

SPEC = """
block layer(x, growth: int) {{
  y = x -> conv: conv(growth, 3) -> relu
  return concat(x, y)
}}

stage dense(x, growth: int, n: int) {{
  return x -> repeat n as i {{ {member} }}
}}

model net {{
  input image [3, 8, 8]
  return image -> {steps}
}}
"""


def _net(member: str, steps: str) -> resnet_dsl.CompiledNetwork:
    return resnet_dsl.loads(SPEC.format(member=member, steps=steps))["net"]


def _agrees(net: resnet_dsl.CompiledNetwork) -> None:
    module = net.build().eval()
    assert list(module.state_dict()) == [entry.key for entry in state_dict_entries(net.network)]
    with torch.no_grad():
        output = module(torch.randn(2, 3, 8, 8))
    assert list(output.shape[1:]) == net.network.node(net.network.output).shape.plain()


@pytest.mark.parametrize(
    "member",
    ['"layer{i + 1}": layer(growth)', '"conv{i}": conv(growth, 3)', '"l{i}_x": layer(growth + i)'],
)
@pytest.mark.parametrize("counts", [(1, 2), (3, 5, 4), (1, 6)])
def test_one_class_for_all_numbers(member: str, counts: tuple[int, ...]) -> None:
    steps = " -> ".join([f"s{place}: dense(4, {count})" for place, count in enumerate(counts)])
    net = _net(member, steps)
    text = net.to_pytorch()
    assert text.count("class Dense") == 1
    assert "for layer in self.children():" in text
    _agrees(net)


def test_equal_numbers_need_no_list() -> None:
    net = _net('"layer{i}": layer(growth)', "a: dense(2, 5) -> b: dense(4, 5)")
    assert "list[nn.Module]" not in net.to_pytorch()
    _agrees(net)


def test_another_module_beside_them_keeps_the_classes_apart() -> None:
    spec = SPEC.format(member='"layer{i}": layer(growth)', steps="a: framed(4, 2) -> b: framed(4, 3)")
    framed = """
block framed(x, growth: int, n: int) {
  return x -> stem: conv(8, 1) -> repeat n as i { "layer{i}": layer(growth) }
}
"""
    net = resnet_dsl.loads(spec + framed)["net"]
    assert net.to_pytorch().count("class Framed") == 2
    _agrees(net)


def test_a_labelled_repeat_whose_members_read_another_tensor_is_a_loop() -> None:
    text = """
block join(x, other) {
  y = x -> conv: conv(x.c, 3)
  return add(y, other)
}
model net {
  input image [3, 8, 8]
  return image -> a: join(image) -> b: repeat 3 { join(image) }
}
"""
    net = resnet_dsl.loads(text)["net"]
    assert net.to_pytorch().count("class Join(") == 1
    assert "layers = [Join() for _ in range(3)]" in net.to_pytorch()
    _agrees(net)


def test_a_member_that_reads_another_tensor() -> None:
    text = """
block join(x, other) {
  y = x -> conv: conv(x.c, 3)
  return add(y, other)
}
stage joined(x, other, n: int) { return x -> repeat n as i { "j{i}": join(other) } }
model net {
  input image [3, 8, 8]
  x = image -> stem: conv(3, 1)
  return x -> a: joined(image, 2) -> b: joined(image, 4)
}
"""
    net = resnet_dsl.loads(text)["net"]
    assert net.to_pytorch().count("class Joined") == 1
    _agrees(net)
