"""Encoder-decoder networks are drawn as a U, and nothing else is."""

from __future__ import annotations

import re

import pytest

import resnet_dsl
from resnet_dsl.backends.graphviz import diagram, dot, render
from resnet_dsl.backends.graphviz.model import Arms, Diagram
from tests.conftest import ROOT

GATED = """
block unit(x) {
  y = x -> conv(x.c, 3) -> bn -> relu -> conv(x.c, 3) -> bn
  g = y -> gap -> conv(4, 1) -> relu -> conv(x.c, 1) -> sigmoid
  z = mul(y, g)
  shortcut s = x
  return add(z, s) -> relu
}
"""


def drawn(body: str, level: str = "block") -> Diagram:
    text = f"{GATED}\nmodel m {{\n  input image [4, 32, 32]\n{body}\n}}\n"
    return diagram(resnet_dsl.loads(text)["m"].network, level)


def shipped(path: str, model: str, level: str = "block") -> Diagram:
    return diagram(resnet_dsl.load(ROOT / "specs" / path)[model].network, level)


TWO_LEVELS = """
  a = image -> conv(8, 3)
  b = a -> maxpool(2) -> conv(16, 3)
  c = b -> maxpool(2) -> conv(32, 3) -> upsample(2)
  d = concat(b, c) -> conv(16, 3) -> upsample(2)
  return concat(a, d) -> conv(8, 3)
"""


def test_levels_are_told_by_the_tensors_alone() -> None:
    arms = drawn(TWO_LEVELS).arms
    assert arms.level == (("conv1", "concat2"), ("conv2", "concat1"))
    assert arms.turns == {("conv3", "upsample1")}
    assert {"upsample1", "concat1", "upsample2", "concat2", "conv5", "output"} <= arms.rising
    assert not {"image", "conv1", "maxpool1", "conv2", "maxpool2", "conv3"} & arms.rising


@pytest.mark.parametrize(
    "body",
    [
        "  return image -> repeat 3 { unit } -> maxpool(2) -> repeat 3 { unit }",
        # One level is a detour, not a U.
        "  b = image -> maxpool(2) -> conv(4, 3) -> upsample(2)\n  return add(image, b)",
        # Two at one resolution are not two levels.
        """
        b = image -> conv(4, 3)
        c = b -> maxpool(2) -> conv(4, 3) -> upsample(2)
        d = add(b, c)
        return add(image, d)
        """,
    ],
)
def test_gates_and_single_detours_are_no_u(body: str) -> None:
    assert drawn(body).arms == Arms()


@pytest.mark.parametrize(
    ("path", "model"),
    [("resnet50.rdl", "resnet50"), ("googlenet2014.rdl", "googlenet2014"), ("timm/sknet.rdl", "skresnet50")],
)
@pytest.mark.parametrize("level", ["op", "block", "stage"])
def test_other_networks_are_no_u(path: str, model: str, level: str) -> None:
    assert shipped(path, model, level).arms == Arms()


def test_the_paper_s_u_net() -> None:
    picture = shipped("unet.rdl", "unet")
    assert [left for left, _ in picture.arms.level] == [f"contract{i}.conv1" for i in (1, 2, 3, 4)]
    assert [right for _, right in picture.arms.level] == [f"expand{i}.concat1" for i in (1, 2, 3, 4)]
    notes = [(edge.note, edge.shape) for edge in picture.edges if edge.note]
    assert notes[0] == ("crop", "512×56×56")
    assert len(notes) == 4


def test_levels_stand_at_one_height_and_the_second_arm_leads_upwards() -> None:
    svg = render(dot(shipped("unet.rdl", "unet")), "svg").decode()
    boxes = re.findall(
        r"<title>([\w.]+)</title>.*?<text[^>]*? x=\"(-?[\d.]+)\" y=\"(-?[\d.]+)\"", svg, re.DOTALL
    )
    place = {name: (float(x), float(y)) for name, x, y in boxes}
    lefts = [place[f"contract{i}.conv1"] for i in (1, 2, 3, 4)]
    rights = [place[f"expand{i}.concat1"] for i in (1, 2, 3, 4)]
    for (left, above), (right, below) in zip(lefts, rights, strict=True):
        assert left < right
        assert abs(above - below) < 30  # the first line of a box of three against one of one
    assert sorted(y for _, y in rights) == [y for _, y in rights]


def test_what_follows_a_u_stands_below_it() -> None:
    arms = shipped("hourglass2.rdl", "hourglass2").arms
    assert [(bottom, after) for bottom, _, after in arms.behind] == [
        ("stack1.hourglass.inner.inner.inner.low1.add1", "stack1.unit.bn1")
    ]


def test_a_shortcut_that_holds_a_residual_unit_is_a_branch() -> None:
    picture = shipped("hourglass2.rdl", "hourglass2", "stage")
    told = [text for vertex in picture.vertices for text in vertex.texts if "identity" in text]
    assert told == ["shortcuts: 1 identity, 2 projection", *["shortcuts: 14 identity, 4 branch"] * 2]
    (card,) = [vertex.texts for vertex in picture.vertices if vertex.texts[0] == "stack1"]
    assert card[3:5] == ("2×2 max pool, /2  × 4", "upsample ×2, +  × 4")


def test_a_block_whose_operands_are_made_in_between_is_one_frame() -> None:
    picture = shipped("timm/res2net.rdl", "res2net50_26w_4s")
    drawn_for = [vertex.tooltip for vertex in picture.vertices if vertex.tooltip]
    assert len(set(drawn_for)) == len(drawn_for)


def test_a_join_of_thousands_is_drawn_in_seconds() -> None:
    many = range(2000)
    lines = ["  a = image -> conv(4, 1)", *(f"  b{i} = a -> conv(4, 1)" for i in many)]
    picture = drawn("\n".join([*lines, f"  return concat({', '.join(f'b{i}' for i in many)})"]))
    assert len(picture.edges) == 2 * len(many) + 2


def test_a_picture_from_left_to_right_is_a_row() -> None:
    text = dot(shipped("unet.rdl", "unet"), "LR")
    assert "dir=back" not in text
    assert "rank=same" not in text


def test_a_part_that_equals_an_earlier_one_names_it() -> None:
    picture = shipped("papers/hourglass.rdl", "hourglass4")
    told = [vertex.texts for vertex in picture.vertices if "like stack1" in vertex.texts]
    assert told == [(f"stack{i}", "hourglass_features", "like stack1") for i in (2, 3, 4)]


def test_a_part_that_differs_in_one_operator_is_drawn() -> None:
    parts = """
    block part(x, last: int) {
      return x -> repeat 4 as i { conv(4 + i, 3) -> unit } -> conv(last, 1)
    }
    """
    for last, count in ((4, 1), (5, 0)):
        text = f"""{GATED}{parts}
        model m {{
          input image [4, 32, 32]
          a = image -> one: part(4)
          b = a -> two: part({last})
          return concat(a, b)
        }}
        """
        picture = diagram(resnet_dsl.loads(text)["m"].network, "block")
        assert sum("like one" in vertex.texts for vertex in picture.vertices) == count
