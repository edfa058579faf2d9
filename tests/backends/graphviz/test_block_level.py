"""The block level: blocks as the figures of papers draw them."""

from __future__ import annotations

import pytest

import resnet_dsl
from resnet_dsl.backends.graphviz import diagram
from resnet_dsl.backends.graphviz.model import EdgeKind, Tone, VertexKind
from tests.backends.graphviz.conftest import Net
from tests.backends.graphviz.picture import boxes, by_id, into, joins, plain, shortcuts, titles, toned


def test_a_bottleneck_is_one_box_and_one_join(net: Net) -> None:
    picture = diagram(net("residual", depths=[2, 2]), "block")
    assert boxes(picture) == [
        ("3×3 conv, 16",),
        ("3×3 max pool, /2",),
        ("1×1 conv, 16", "3×3 conv, 16", "1×1 conv, 64"),
        ("1×1 conv, 16", "3×3 conv, 16", "1×1 conv, 64"),
        ("1×1 conv, 32", "3×3 conv, 32, /2", "1×1 conv, 128"),
        ("1×1 conv, 32", "3×3 conv, 32", "1×1 conv, 128"),
        ("global avg pool",),
        ("fc 10",),
    ]
    assert joins(picture) == ["+"] * 4


def test_shortcuts_are_told_by_their_operators(net: Net) -> None:
    picture = diagram(net("residual", depths=[2, 2]), "block")
    assert shortcuts(picture) == [
        ("projection", "1×1 conv, 64"),
        ("identity", ""),
        ("projection", "1×1 conv, 128, /2"),
        ("identity", ""),
    ]
    picture = diagram(net("parameter_free", n=2), "block")
    assert shortcuts(picture) == [
        ("identity", ""),
        ("identity", ""),
        ("parameter-free", "subsample /2, zero pad 32"),
        ("identity", ""),
    ]


def test_stages_are_frames_with_name_definition_and_shape(net: Net) -> None:
    picture = diagram(net("residual"), "block")
    assert titles(picture) == [
        ("layer1", "residual_stage", "64×16×16"),
        ("layer2", "residual_stage", "128×8×8"),
    ]
    assert all(cluster.strong for cluster in picture.clusters)


def test_a_line_enters_a_stage_once_and_parts_inside(net: Net) -> None:
    picture = diagram(net("residual"), "block")
    taps = [vertex for vertex in picture.vertices if vertex.kind is VertexKind.TAP]
    assert [tap.cluster for tap in taps] == ["layer1", "layer2"]
    for tap in taps:
        (lead,) = into(picture, tap.id)
        assert lead.kind is EdgeKind.FLOW
        assert lead.shape
        away = [edge.kind for edge in picture.edges if edge.source == tap.id]
        assert away == [EdgeKind.FLOW, EdgeKind.PROJECTION]


def test_shapes_stand_where_they_are_news(net: Net) -> None:
    picture = diagram(net("residual", depths=[1, 1]), "block")
    shapes = [edge.shape for edge in picture.edges if edge.shape]
    assert shapes == ["3×32×32", "16×32×32", "16×16×16", "64×16×16", "128×8×8", "128", "10"]


def test_plain_chains_hide_the_usual_norm_and_activation_only(net: Net) -> None:
    picture = diagram(net("branches", "se_net"), "block")
    gate = by_id(picture, "layer1.0.se.gap1")
    assert plain(gate) == ("global avg pool", "1×1 conv, 4", "1×1 conv, 16")
    assert toned(gate, Tone.QUIET) == ("sigmoid",)
    assert joins(picture) == ["×", "+", "×", "+"]


def test_pre_activation_shows_in_front_of_the_first_layer(net: Net) -> None:
    picture = diagram(net("branches", "preact_net"), "block")
    first, second = by_id(picture, "layer1.0.bn1"), by_id(picture, "layer1.1.bn1")
    assert plain(first) == ("bn, relu",)  # two lines leave it, so it is a shape of its own
    assert toned(second, Tone.QUIET) == ("bn, relu",)
    assert plain(second) == ("1×1 conv, 8", "3×3 conv, 8", "1×1 conv, 32")
    projection = next(edge for edge in picture.edges if edge.kind is EdgeKind.PROJECTION)
    assert (projection.source, projection.note) == (first.id, "1×1 conv, 32")


def test_branches_stay_branches(net: Net) -> None:
    picture = diagram(net("branches", "inception_net"), "block")
    assert joins(picture) == ["concat", "concat"]
    inner = [vertex for vertex in picture.vertices if vertex.cluster == "mixed1"]
    assert [plain(vertex) for vertex in inner if vertex.kind is VertexKind.BOX] == [
        ("1×1 conv, 4",),
        ("1×1 conv, 8", "3×3 conv, 16"),
        ("3×3 max pool", "1×1 conv, 4"),
    ]
    assert not shortcuts(picture)


def test_auxiliary_heads_are_marked(net: Net) -> None:
    picture = diagram(net("branches", "inception_net"), "block")
    marked = [vertex for vertex in picture.vertices if vertex.auxiliary]
    # A tall box would stretch the main path, so each layer is a box.
    assert [plain(vertex) for vertex in marked] == [
        ("global avg pool",),
        ("fc 16",),
        ("dropout 0.7",),
        ("fc 10",),
        (),
    ]
    assert marked[0].texts[0] == "aux1"
    assert marked[-1].texts == ("aux1", "training only")
    assert sum(edge.auxiliary for edge in picture.edges) == 5


def test_long_shortcuts_lead_from_box_to_join(net: Net) -> None:
    picture = diagram(net("branches", "u_shape"), "block")
    (skip,) = [edge for edge in picture.edges if edge.skips]
    assert toned(by_id(picture, skip.source), Tone.TITLE) == ("enc2",)
    assert by_id(picture, skip.target).texts == ("concat",)
    assert skip.note == "subsample /2"


def test_blocks_that_hold_residual_blocks_are_frames(net: Net) -> None:
    picture = diagram(net("branches", "hourglass_net"), "block")
    assert [cluster.id for cluster in picture.clusters] == ["hg", "hg.inner"]
    assert picture.clusters[1].parent == "hg"
    assert len(joins(picture)) == 9


def test_an_operand_read_twice_is_two_lines(net: Net) -> None:
    picture = diagram(net("branches", "doubled"), "block")
    assert [(edge.source, edge.main) for edge in into(picture, "add1")] == [("conv1", True), ("conv1", True)]


def test_input_and_output_are_there(net: Net) -> None:
    picture = diagram(net("branches", "bare"), "block")
    assert [vertex.texts for vertex in picture.vertices] == [("image",), ("relu",), ("output",)]


def texts(steps: str) -> list[tuple[str, ...]]:
    text = f"model m {{\n  input image [8, 8, 8]\n  return image -> {steps}\n}}\n"
    picture = diagram(resnet_dsl.loads(text)["m"].network, "block")
    return [vertex.texts for vertex in picture.vertices if vertex.kind is VertexKind.BOX]


def test_a_norm_behind_a_layer_without_weights_is_told() -> None:
    steps = "conv(8, 3) -> lrn -> relu -> maxpool(2) -> lrn -> relu -> conv(8, 3)"
    lines = [line for box in texts(steps) for line in box]
    assert lines == ["3×3 conv, 8", "2×2 max pool, /2", "LRN 5", "relu", "3×3 conv, 8"]


def test_a_rare_norm_is_told() -> None:
    steps = "conv(8, 3) -> relu -> conv(8, 3) -> bn -> relu -> conv(8, 3) -> relu"
    assert sum("bn" in box for box in texts(steps)) == 1


@pytest.mark.parametrize(
    ("step", "text"),
    [
        ("reshape([8, 8, 8])", "reshape to 8×8×8"),
        ("adaptive_avgpool(7)", "avg pool to 7×7"),
        ("deconv(4, 2, stride = 2)", "2×2 deconv, 4, ×2"),
        ("drop_path(rate = 1.0 / 3)", "drop path 0.333"),
        ("times(0.5)", "× 0.5"),
        ("one_minus", "1 - x"),
        ("slice(0, 4)", "slice 0:4"),
        ("channel_shuffle(2)", "shuffle g2"),
        ("blur_pool(stride = 2)", "3×3 blur pool, /2"),
        ("gn(2)", "group norm g2"),
    ],
)
def test_operators_are_told_in_a_few_words(step: str, text: str) -> None:
    picture = diagram(
        resnet_dsl.loads(f"model m {{\n  input image [8, 8, 8]\n  return image -> {step}\n}}\n")["m"].network,
        "op",
    )
    assert [vertex.texts for vertex in picture.vertices if vertex.kind is VertexKind.BOX] == [(text,)]
