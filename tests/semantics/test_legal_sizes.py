"""Sizes of input that fit: what the compiler proposes elaborates, and nothing nearer does."""

from __future__ import annotations

import re
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, assume, given, settings

import resnet_dsl
from resnet_dsl.diagnostics.model import SpecError

BLOCKS = """
block halve(x) {
  assert x.h % 2 == 0 and x.w % 2 == 0, "an even size is needed"
  return x -> maxpool(2)
}
block level(x, order: int, pad: int) {
  wide = x -> conv(4, 3, pad = pad)
  if order == 0 { return wide }
  low = wide -> halve -> level(order - 1, pad) -> deconv(4, 2, 2)
  return low -> conv(4, 3, pad = pad)
}
"""


def spec(order: int, pad: int, stride: int) -> str:
    return BLOCKS + (
        "model net(size: int = 64) {\n  input image [1, size, size]\n"
        f"  return image -> conv(4, {stride}, {stride}, pad = 0) -> level({order}, {pad})\n}}\n"
    )


def fits(text: str, **options: Any) -> bool:
    try:
        resnet_dsl.loads(text, **options)
    except SpecError:
        return False
    return True


def is_legal(order: int, pad: int, stride: int, size: int) -> bool:
    """The same by arithmetic: each level convolves, halves an even size, doubles, convolves."""

    def after(pixels: int, order: int) -> int:
        wide = pixels + 2 * pad - 2
        if wide < 1 or order == 0:
            return max(wide, 0)
        low = after(wide // 2, order - 1) if wide % 2 == 0 else 0
        return max(2 * low + 2 * pad - 2, 0)

    return after(size // stride, order) > 0


def advice(text: str, **options: Any) -> str:
    """The note's help; empty where there is none."""
    with pytest.raises(SpecError) as error:
        resnet_dsl.loads(text, **options)
    notes = [entry.help for entry in error.value.diagnostics if entry.code == "RDL356"]
    assert len(notes) <= 1
    return notes[0] if notes else ""


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.integers(1, 4), st.sampled_from([0, 1]), st.sampled_from([1, 2]), st.integers(1, 300))
def test_what_is_proposed_fits_and_nothing_nearer(order: int, pad: int, stride: int, size: int) -> None:
    text = spec(order, pad, stride)
    legal = [at for at in range(1, 600) if is_legal(order, pad, stride, at)]
    assume(size not in legal)
    assert not fits(text, overrides={"size": size})
    below = max((at for at in legal if at < size), default=None)
    above = min(at for at in legal if at > size)
    said = advice(text, overrides={"size": size})
    near, _, rule = said.partition(" (")
    assert [int(number) for number in re.findall(r"\d+", near)] == [
        at for at in (below, above) if at is not None
    ]
    assert all(fits(text, overrides={"size": at}) for at in (below, above) if at is not None)
    if not rule and "smallest" not in near:
        return  # sizes come in runs that hold no multiple of their period: only the nearest are told
    modulo = re.search(r"(\d+) modulo (\d+)", rule)
    multiples = re.search(r"multiples of (\d+)", rule)
    if modulo is not None:
        remainder, period = int(modulo[1]), int(modulo[2])
    else:
        remainder, period = 0, int(multiples[1]) if multiples is not None else 1
    least = re.search(r"at least (\d+)", rule)
    minimum = int(least[1]) if least is not None else above if below is None else period + remainder
    told = {at for at in range(minimum, 600) if at % period == remainder}
    if "so do" in rule:
        assert told < set(legal)
    else:
        assert told == {at for at in legal if at >= minimum}
        assert min(legal) in {minimum, remainder}


def test_the_shape_of_an_input() -> None:
    text = spec(4, 0, 1)
    said = advice(text, input_shape=(1, 101, 101))
    first, second = [tuple(map(int, shape)) for shape in re.findall(r"(\d+)x(\d+)x(\d+)", said)]
    assert first[1] == first[2] < 101 < second[1] == second[2]
    assert fits(text, input_shape=first)
    assert fits(text, input_shape=second)


def test_one_side_of_an_input() -> None:
    text = spec(2, 1, 1)
    assert advice(text, input_shape=(1, 48, 50)) == (
        "the nearest sizes that do are 1x48x48 and 1x48x52 (multiples of 4)"
    )


def test_a_size_that_a_name_stands_for() -> None:
    text = spec(3, 1, 1).replace("[1, size, size]", "[1, side, 2 * side]").replace("(size", "(half")
    text = text.replace("  input", "  let side = 2 * half\n  input").replace("= 64)", "= 10)")
    assert advice(text) == "the nearest sizes that do are 8 and 12 (multiples of 4)"


@pytest.mark.parametrize(
    ("parameters", "body"),
    [
        ("size: int = 8", "return image -> conv(8, 3, groups = 3)"),
        ("size: int = 8", "return image -> linear(3)"),
        ("size: int = 8", "y = image -> conv(5, 3)\n return add(y, image)"),
        ("size: int = 8", "y = image -> maxpool(2)\n return concat(y, image)"),
        ("size: int = 8", 'assert size == 2000, "far away"\n return image -> relu'),
        ("size: int = 8", "y = image -> nowhere\n return image -> linear(3)"),
        ("size: int = 0", "return image -> relu"),
        ("size: float = 8.0", "return image -> relu"),
        ("other: int = 7", 'let size = 8\n assert other % 2 == 0, "even"\n return image -> relu'),
    ],
)
def test_no_note_where_size_is_not_the_matter(parameters: str, body: str) -> None:
    assert advice(f"model net({parameters}) {{\n input image [4, size, size]\n {body}\n}}") == ""


def test_a_large_network_ends_soon() -> None:
    """Each size fails at the very end, so only a few are tried."""
    text = """
    block unit(x) {
      y = x -> conv(4, 3) -> bn -> relu -> conv(4, 3) -> bn
      return add(y, x) -> relu
    }
    model net(size: int = 9) {
      input image [4, size, size]
      x = image -> layer: repeat 400 { unit }
      assert x.h % 200 == 0, "whole tiles are needed"
      return x
    }
    """
    assert advice(text) == ""


def test_one_note_for_a_family() -> None:
    """Members that fail alike are not told of one by one."""
    text = spec(2, 1, 1) + "model other = net(size = 33)\nmodel third = net(size = 35)\n"
    assert advice(text, overrides={"size": 37}) == "the nearest sizes that do are 36 and 40 (multiples of 4)"


def test_sizes_of_a_twin() -> None:
    text = """
    model net(size: int = 9) {
      input image [4, size, size]
      shortcut s = image
      y = image -> maxpool(2) -> upsample(2)
      return add(y, s)
    }
    """
    assert advice(text) == "the nearest sizes that do are 8 and 10 (multiples of 2)"
    assert fits(text, without_shortcuts=True)
