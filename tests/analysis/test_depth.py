"""Depth: the longest path in weighted layers."""

from __future__ import annotations

import pytest

import resnet_dsl


def depth_of(body: str) -> int:
    return resnet_dsl.loads(f"model m() {{\n  input x [4, 8, 8]\n{body}\n}}\n")["m"].depth


@pytest.mark.parametrize(
    ("body", "depth"),
    [
        ("  return x -> relu", 0),
        ("  return x -> conv(4, 3) -> bn -> relu -> conv(4, 3)", 2),
        ("  y = x -> conv(4, 3) -> conv(4, 3)\n  s = x -> conv(4, 1)\n  return add(y, s)", 2),
        ("  y = x -> conv(4, 3)\n  s = x -> conv(4, 1) -> conv(4, 1)\n  return add(y, s)", 2),
        ("  return x -> conv(4, 3) -> gap -> flatten -> linear(3)", 2),
    ],
)
def test_longest_path(body: str, depth: int) -> None:
    assert depth_of(body) == depth


def test_the_gate_of_a_product_is_not_followed() -> None:
    gate = "  g = y -> gap -> conv(1, 1) -> conv(4, 1) -> sigmoid\n"
    assert depth_of(f"  y = x -> conv(4, 3)\n{gate}  return mul(y, g) -> conv(4, 3)") == 2
    assert depth_of(f"  y = x -> conv(4, 3)\n{gate}  return mul(g, y) -> conv(4, 3)") == 4


def test_auxiliary_heads_do_not_count() -> None:
    body = """
  y = x -> conv(4, 3)
  aux side = y -> conv(4, 3) -> conv(4, 3) -> gap
  return y -> gap
"""
    assert depth_of(body) == 1
