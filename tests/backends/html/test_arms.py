"""Networks in the form of a U on the page: what stands where, and what hangs on it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.backends.html.conftest import Open, page_of, part, place, shown

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_a_u_net_is_a_u(open_page: Open) -> None:
    page = open_page(page_of("unet.rdl"))
    for level in range(1, 5):
        left, right = place(page, f"contract{level}"), place(page, f"expand{level}")
        assert left[2] < right[0]
        assert left[1] == pytest.approx(right[1], abs=1)
    assert place(page, "bottom")[1] > place(page, "contract4")[3]
    assert place(page, "expand1")[1] < place(page, "expand2")[1] < place(page, "expand4")[1]
    page.click(part(page, "expand2"))  # what is in it rises, too, and the rows make room for it
    assert place(page, "expand2.concat1")[3] < place(page, "expand2.up")[1]
    for level in (1, 3, 4):
        left, right = place(page, f"contract{level}"), place(page, f"expand{level}")
        assert left[1] == pytest.approx(right[1], abs=1)
    assert place(page, "expand1")[3] < place(page, "expand2")[1]
    assert place(page, "expand2")[3] < place(page, "expand3")[1]


SUPERVISED = """
from std.unet import double_conv, expand
model m {
  input image [3, 64, 64]
  e1 = image -> c1: double_conv(8, 1)
  e2 = e1 -> maxpool(2) -> c2: double_conv(16, 1)
  u2 = e2 -> maxpool(2) -> bottom: double_conv(32, 1) -> x2: expand(e2, 16, 1)
  aux side = u2 -> beside: conv(2, 1)
  return u2 -> x1: expand(e1, 8, 1) -> conv(2, 1)
}
"""


@pytest.mark.parametrize("level", ["block", "op"])
def test_a_head_stands_beside_the_way_up(open_page: Open, tmp_path: Path, level: str) -> None:
    spec = tmp_path / "m.rdl"
    spec.write_text(SUPERVISED)
    page = open_page(page_of(str(spec)), f"level={level}")
    down, up, head = (place(page, path) for path in ("c2", "x2", "beside"))
    assert down[2] < up[0] < up[2] < head[0]
    assert place(page, "bottom")[1] > up[3] > place(page, "x1")[3]


def test_what_enlarges_begins_the_way_up(open_page: Open, tmp_path: Path) -> None:
    """Though it would stand right below the layer that it reads, as activations do."""
    spec = tmp_path / "m.rdl"
    spec.write_text("""
model m {
  input image [3, 32, 32]
  e1 = image -> conv(8, 3) -> relu
  e2 = e1 -> maxpool(2) -> conv(16, 3) -> relu
  x = e2 -> maxpool(2) -> conv(32, 3) -> relu -> upsample(2)
  x = concat(e2, x) -> conv(16, 3) -> relu -> upsample(2)
  return concat(e1, x) -> conv(8, 3)
}
""")
    page = open_page(page_of(str(spec)))
    bottom, first = place(page, "relu3"), place(page, "upsample1")
    assert bottom[2] < first[0]
    assert first[3] < bottom[1]
    check_that_nothing_meets(page)


def test_nested_levels_stand_one_inside_the_other(open_page: Open) -> None:
    page = open_page(page_of("hourglass2.rdl"))
    path = "stack1.hourglass"
    for _ in range(3):
        outer, inner = place(page, path), place(page, f"{path}.inner")
        assert outer[0] < inner[0]
        assert outer[1] < inner[1]
        assert inner[3] < outer[3]
        down, up = place(page, f"{path}.low1"), place(page, f"{path}.low2")
        assert down[2] < up[0]
        assert max(down[3], up[3]) < inner[1]
        join, across = place(page, f"{path}.add1"), place(page, f"{path}.high")
        assert across[2] < join[0]
        assert (join[1] + join[3]) / 2 == pytest.approx((across[1] + across[3]) / 2, abs=1)
        path += ".inner"


HEADS = """
block two(x, width: int) { return x -> a: conv(width, 3) -> relu -> b: conv(width, 3) -> relu }
model m {
  input image [3, 64, 64]
  e1 = image -> l1: two(8)
  e2 = e1 -> maxpool(2) -> l2: two(16)
  aux early = e2 -> gap -> flatten -> linear(10)
  lost = e2 -> lost: two(4)
  e3 = e2 -> maxpool(2) -> l3: two(32)
  x = e3 -> maxpool(2) -> bottom: two(64) -> upsample(2)
  x = concat(e3, x) -> r3: two(32)
  aux h3 = x -> h3: two(8) -> conv(8, 3) -> relu -> conv(8, 3) -> relu -> conv(2, 1)
  x = x -> upsample(2)
  x = concat(e2, x) -> r2: two(16)
  aux h2 = x -> h2: two(8) -> conv(2, 1)
  x = x -> upsample(2)
  x = concat(e1, x)
  aux h1 = x -> h1: conv(2, 1)
  return x -> r1: two(8) -> behind: two(8) -> head: conv(2, 1)
}
"""


@pytest.mark.parametrize("level", ["stage", "block", "op"])
def test_a_u_keeps_its_form_whatever_hangs_on_it(open_page: Open, tmp_path: Path, level: str) -> None:
    """Heads of the way down stand left of it, long ones of the way up in columns, and nothing meets."""
    spec = tmp_path / "m.rdl"
    spec.write_text(HEADS)
    page = open_page(page_of(str(spec)), f"level={level}")
    down, up, bottom = (place(page, path) for path in ("l2", "r2", "bottom"))
    assert down[2] < up[0]
    assert up[3] < bottom[1]
    gone, early, long, short = (place(page, path) for path in ("lost", "gap1", "h3", "h2"))
    assert max(gone[2], early[2]) < down[0]
    assert up[2] < long[2] < short[0]
    assert place(page, "head")[1] > max(place(page, "conv3")[3], bottom[3])
    check_that_nothing_meets(page)


def test_a_line_to_the_other_side_passes_over_what_stands_between(open_page: Open, tmp_path: Path) -> None:
    """More than a U (Zhou et al. 2018, arXiv 1807.10165): joins stand beside the main path, too."""
    spec = tmp_path / "m.rdl"
    spec.write_text("""
block two(x, width: int) { return x -> conv(width, 3) -> relu -> conv(width, 3) -> relu }
model m {
  input image [3, 64, 64]
  x00 = image -> n00: two(8)
  x10 = x00 -> maxpool(2) -> n10: two(16)
  u10 = x10 -> upsample(2)
  x01 = concat(x00, u10) -> n01: two(8)
  u20 = x10 -> maxpool(2) -> n20: two(32) -> upsample(2)
  u11 = concat(x10, u20) -> n11: two(16) -> upsample(2)
  aux side = x01 -> conv(2, 1)
  return concat(x00, x01, u11) -> n02: two(8) -> conv(2, 1)
}
""")
    check_that_nothing_meets(open_page(page_of(str(spec)), "level=block"))


@pytest.mark.parametrize("level", ["stage", "block", "op"])
@pytest.mark.parametrize("spec", ["unet.rdl", "hourglass2.rdl"])
def test_nothing_of_a_u_lies_over_anything_else(open_page: Open, spec: str, level: str) -> None:
    check_that_nothing_meets(open_page(page_of(spec), f"level={level}"))


def check_that_nothing_meets(page: Page) -> None:
    """No shape another one, and no line a shape."""
    page.click("#fit")
    overlaps = page.evaluate(
        """() => {
          const shapes = [...document.querySelectorAll("#canvas .body")].map((body) => body.getBBox());
          const meet = (a, b) => a.x < b.x + b.width - 1 && b.x < a.x + a.width - 1 &&
            a.y < b.y + b.height - 1 && b.y < a.y + a.height - 1;
          return shapes.flatMap((a, i) => shapes.slice(i + 1).filter((b) => meet(a, b)).map((b) => [a, b])).length;
        }"""
    )
    assert overlaps == 0
    assert shown(page) > 1
    through = page.evaluate(
        """() => {
          const shapes = [...document.querySelectorAll("#canvas .body")].map((body) => body.getBBox());
          const isIn = (p, a) => p.x > a.x + 3 && p.x < a.x + a.width - 3 && p.y > a.y + 3 && p.y < a.y + a.height - 3;
          return [...document.querySelectorAll("#canvas .line")].filter((line) => {
            const steps = Array.from({ length: 40 }, (_, i) => line.getPointAtLength((line.getTotalLength() * i) / 40));
            return steps.some((point) => shapes.some((shape) => isIn(point, shape)));
          }).length;
        }"""
    )
    assert through == 0
