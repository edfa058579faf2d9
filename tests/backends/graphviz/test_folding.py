"""Long runs of equal blocks: drawn once, with a count, and only where that is the truth."""

from __future__ import annotations

from pathlib import Path

import pytest

import resnet_dsl
from resnet_dsl.analysis.compare import compare
from resnet_dsl.backends.graphviz import automatic_level, diagram
from resnet_dsl.backends.graphviz.diagram import MAX_EDGES
from resnet_dsl.backends.graphviz.difference import difference_diagram
from resnet_dsl.backends.graphviz.fold import MAX_DRAWN
from resnet_dsl.backends.graphviz.model import Diagram, EdgeKind, Matrix
from resnet_dsl.ir.graph import Network
from tests.backends.graphviz.conftest import Net
from tests.backends.graphviz.picture import boxes, titles
from tests.conftest import ROOT

UNIT = """
block unit(x, width: int) {
  y = x -> conv(width, 3) -> bn -> relu -> conv(x.c, 3) -> bn
  shortcut s = x
  return add(y, s) -> relu
}
block other(x) { return x -> conv(x.c, 1) -> bn -> relu }
"""


def drawn(body: str, level: str = "block") -> Diagram:
    text = f"{UNIT}\nmodel m {{\n  input image [3, 8, 8]\n  x = image -> conv(8, 3)\n{body}\n}}\n"
    return diagram(resnet_dsl.loads(text)["m"].network, level)


def counts(picture: Diagram) -> list[int]:
    return [cluster.times for cluster in picture.clusters if cluster.times > 1]


def test_a_whole_stage_of_equals_counts_in_its_title(net: Net) -> None:
    picture = diagram(net("parameter_free"), "block")
    assert titles(picture) == [
        ("layer1", "residual_stage", "16×16×16", "× 9"),
        ("layer2", "residual_stage", "32×8×8"),
        ("× 8", "basic"),
    ]
    assert picture.clusters[2].parent == "layer2"
    kinds = [edge.kind for edge in picture.edges if edge.skips]
    assert kinds == [EdgeKind.IDENTITY, EdgeKind.PARAMETER_FREE, EdgeKind.IDENTITY]


@pytest.mark.parametrize("times", [MAX_DRAWN, MAX_DRAWN + 1])
def test_a_few_are_drawn_one_by_one(times: int) -> None:
    picture = drawn(f"  return x -> repeat {times} {{ unit(8) }}")
    assert counts(picture) == ([times] if times > MAX_DRAWN else [])


def test_a_picture_that_folds_folds_short_runs_too() -> None:
    steps = "repeat 2 { unit(8) } -> conv(9, 1) -> repeat 3 { unit(9) } -> conv(8, 1)"
    assert counts(drawn(f"  return x -> {steps}")) == []
    assert counts(drawn(f"  return x -> {steps} -> repeat 7 {{ unit(8) }}")) == [2, 3, 7]


def test_a_tall_picture_folds() -> None:
    steps = " -> ".join(f"conv({width}, 1) -> repeat 3 {{ unit({width}) }}" for width in range(8, 20))
    assert counts(drawn(f"  return x -> {steps}")) == [3] * 12


def test_growing_blocks_fold_with_what_they_add(net: Net) -> None:
    picture = diagram(net("dense"), "block")
    assert titles(picture)[-1] == ("denseblock2", "dense_block", "116×16×16", "× 12", "+8 channels each")
    out = next(edge for edge in picture.edges if edge.source == "denseblock2.denselayer1.concat1")
    assert out.shape == "116×16×16"  # of the last layer, not of the one that is drawn


def test_patterns_of_blocks_fold(net: Net) -> None:
    picture = drawn("  return x -> repeat 9 { unit(8) -> other }")
    assert counts(picture) == [9]
    assert boxes(picture) == [("3×3 conv, 8",), ("3×3 conv, 8", "3×3 conv, 8"), ("1×1 conv, 8",)]


def test_blocks_that_differ_do_not_fold() -> None:
    picture = drawn("  return x -> repeat 12 as i { unit(8 + i) }")
    assert counts(picture) == []
    assert len(boxes(picture)) == 13


def test_a_block_that_somebody_else_reads_is_not_hidden() -> None:
    body = "  y = x -> repeat 8 { unit(8) }\n  z = y -> repeat 8 { unit(8) }\n  return add(y, z)"
    picture = drawn(body)
    assert counts(picture) == [8, 8]
    ends = {edge.source for edge in picture.edges if edge.target == "add1"}
    assert len(ends) == 2


def test_auxiliary_outputs_are_not_hidden() -> None:
    body = "  y = x -> repeat 5 { unit(8) }\n  aux a = y\n  return y -> repeat 5 { unit(8) }"
    assert counts(drawn(body)) == []


@pytest.mark.parametrize("level", ["block", "stage", "model"])
@pytest.mark.parametrize("count", [500, pytest.param(10_000, marks=pytest.mark.slow)])
def test_thousands_of_blocks_make_a_small_picture(count: int, level: str) -> None:
    picture = drawn(f"  return x -> repeat {count} {{ unit(8) }}", level)
    assert len(picture.vertices) < 10
    assert len(picture.edges) < 12


def test_the_automatic_level_keeps_pictures_readable(net: Net) -> None:
    assert automatic_level(net("residual")) == "block"
    many = "  return x -> " + " -> ".join(f"unit({4 + i})" for i in range(200))
    network = resnet_dsl.loads(
        f"{UNIT}\nmodel m {{\n  input image [3, 8, 8]\n  x = image -> conv(8, 3)\n{many}\n}}\n"
    )["m"].network
    assert automatic_level(network) == "stage"
    assert len(diagram(network, "stage").edges) < 10


@pytest.mark.parametrize("path", sorted((ROOT / "specs").rglob("*.rdl")), ids=lambda path: path.stem)
def test_the_automatic_level_is_that_of_the_lines_drawn(path: Path) -> None:
    for model in resnet_dsl.load(path).models.values():
        lines = {level: len(diagram(model.network, level).edges) for level in ("block", "stage")}
        readable = [level for level, count in lines.items() if count <= MAX_EDGES]
        assert automatic_level(model.network) == [*readable, "model"][0], lines


@pytest.mark.parametrize("others", [0, 1, 3, 7])
def test_the_longest_of_several_patterns_folds(others: int) -> None:
    """One kind in a row, the first of the turns behind it included; then two kinds by turns."""
    pair = "-> unit(8) -> other "
    assert counts(drawn(f"  return x {'-> unit(8) ' * 9}{pair * others}-> unit(5)"))[0] == 9 + (others > 0)
    turns = counts(drawn(f"  return x {pair * (5 + others)}-> unit(5) -> unit(6)"))
    assert turns == [5 + others]


def rates(rate: str) -> Network:
    body = f"  return x -> stage: repeat 8 as i {{ dropped(0.1 * {rate}) }}"
    block = (
        "block dropped(x, rate: float) { return x -> conv(8, 3) -> bn -> drop_path(rate) -> add(x) -> relu }"
    )
    text = f"{block}\nmodel m {{\n  input image [3, 8, 8]\n  x = image -> conv(8, 3)\n{body}\n}}\n"
    return resnet_dsl.loads(text)["m"].network


@pytest.mark.parametrize(
    ("rate", "told"),
    [("i / 8", "drop path 0–0.0875"), ("(7 - i) / 8", "drop path 0–0.0875"), ("1", "drop path 0.1")],
)
def test_blocks_of_other_rates_fold_and_the_picture_tells_all(rate: str, told: str) -> None:
    picture = diagram(rates(rate), "block")
    assert counts(picture) == [8]
    assert [lines[-1] for lines in boxes(picture) if "drop path" in lines[-1]] == [told]


def test_rates_are_told_where_blocks_differ_in_what_goes_without_saying() -> None:
    """A norm that only every other block has stands in no picture, and moves what is behind it."""
    text = """
block dropped(x, rate: float, norm: bool) {
  if norm { y = x -> conv(8, 3) -> bn -> relu -> dropout(rate) }
  else { y = x -> conv(8, 3) -> relu -> dropout(rate) }
  return y -> conv(8, 3) -> bn -> relu
}
model m {
  input image [8, 8, 8]
  return image -> repeat 8 as i { dropped(0.1 * (i + 1), i % 2 == 0) }
}
"""
    picture = diagram(resnet_dsl.loads(text)["m"].network, "block")
    assert counts(picture) == [8]
    assert [lines[1] for lines in boxes(picture) if len(lines) > 1] == ["dropout 0.1–0.8"]


def test_two_networks_do_not_fold_over_their_rates() -> None:
    """What changed is told block by block."""
    picture = difference_diagram(compare(rates("i / 8"), rates("i / 16")))
    assert counts(picture) == []
    assert any("0.0125 → 0.00625" in text for vertex in picture.vertices for text in vertex.texts)


def test_a_card_leaves_out_rates_that_differ() -> None:
    """And the stage of a numbered list is called by its path, as in its frame."""
    text = """
block dropped(x, rate: float) { return x -> conv(8, 3) -> bn -> drop_path(rate) -> add(x) -> relu }
stage dropping(x, first: float) { return x -> repeat 4 as i { dropped(first + 0.1 * i) } }
model m {
  input image [8, 8, 8]
  return image -> features: seq { dropping(0.1) -> maxpool(2) -> dropping(0.4) -> relu }
}
"""
    picture = diagram(resnet_dsl.loads(text)["m"].network, "stage")
    cards = [vertex for vertex in picture.vertices if any(isinstance(row, Matrix) for row in vertex.content)]
    assert [card.texts[0] for card in cards] == ["features.0", "features.2"]
    for card in cards:
        (matrix,) = (row for row in card.content if isinstance(row, Matrix))
        assert matrix.rows == ("3×3 conv, 8", "drop path")
