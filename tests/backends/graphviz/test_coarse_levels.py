"""The levels stage, model and op."""

from __future__ import annotations

import re

import pytest

import resnet_dsl
from resnet_dsl.analysis.auditing import cost_report
from resnet_dsl.backends.graphviz import diagram, to_dot
from resnet_dsl.backends.graphviz.model import Matrix, Table, Tone, VertexKind
from resnet_dsl.backends.graphviz.phrase import short_number
from resnet_dsl.backends.graphviz.render import render
from resnet_dsl.ir.graph import ScopeKind
from tests.backends.graphviz.conftest import Net
from tests.backends.graphviz.picture import by_id, plain, toned


def test_a_stage_is_a_card(net: Net) -> None:
    picture = diagram(net("residual"), "stage")
    card = by_id(picture, "layer2.0.conv1")
    assert toned(card, Tone.TITLE) == ("layer2",)
    assert toned(card, Tone.QUIET) == ("residual_stage", "first: 3×3 conv, 32, /2")
    assert plain(card) == ("3 × bottleneck",)
    assert toned(card, Tone.ACCENT) == ("shortcuts: 2 identity, 1 projection",)
    (matrix,) = [entry for entry in card.content if isinstance(entry, Matrix)]
    assert matrix == Matrix(("1×1 conv, 32", "3×3 conv, 32", "1×1 conv, 128"), shortcut=True)


def test_stem_and_head_are_one_box_each(net: Net) -> None:
    picture = diagram(net("residual"), "stage")
    assert [plain(vertex) for vertex in picture.vertices if vertex.kind is VertexKind.BOX] == [
        ("3×3 conv, 16", "3×3 max pool, /2"),
        ("2 × bottleneck",),
        ("3 × bottleneck",),
        ("global avg pool", "fc 10"),
    ]
    assert [edge.shape for edge in picture.edges] == ["3×32×32", "16×16×16", "64×16×16", "128×8×8", "10"]


def test_gates_are_told_with_pooling_and_activation(net: Net) -> None:
    card = by_id(diagram(net("branches", "se_net"), "stage"), "layer1.0.conv1")
    (matrix,) = [entry for entry in card.content if isinstance(entry, Matrix)]
    assert matrix.rows == (
        "3×3 conv, 16",
        "3×3 conv, 16",
        "gate: global avg pool → 1×1 conv, 4",
        "→ 1×1 conv, 16 → sigmoid",
    )


def test_what_only_the_first_block_has_stands_on_lines_of_its_own() -> None:
    spec = """from std.squeeze_excitation import se
    block unit(x, inner: int, stride: int) {
      y = x -> conv(inner, 1) -> bn -> relu -> conv(inner, 3, stride, groups = inner) -> bn -> relu
            -> gate: se(4) -> conv(16, 1) -> bn
      if stride == 2 { return y }
      shortcut s = x
      return add(s, y)
    }
    stage body(x) { return x -> 0: unit(96, 2) -> 1: unit(64, 1) -> 2: unit(64, 1) }
    model m { input image [16, 16, 16]
      return image -> body: body -> gap -> flatten -> linear(5) }"""
    network = resnet_dsl.loads(spec)["m"].network
    card = next(vertex for vertex in diagram(network, "stage").vertices if "body" in vertex.texts[:2])
    assert toned(card, Tone.QUIET) == (
        "first: 1×1 conv, 96; 3×3 conv, 96, /2, g96;",
        "gate: global avg pool → 1×1 conv, 24",
        "→ 1×1 conv, 96 → sigmoid",
    )


def test_a_stage_tells_gates_of_another_activation_apart() -> None:
    """Sigmoid and hard sigmoid weigh the same: only their names differ."""
    spec = """from std.squeeze_excitation import se
    block unit(x) {
      shortcut s = x
      y = x -> conv(16, 3) -> bn -> relu -> conv(16, 3) -> gate: se(4, gate = GATE)
      return add(s, y) -> relu
    }
    stage body(x) { return x -> 0: unit -> 1: unit }
    model m { input image [16, 8, 8]
      return image -> body: body -> gap -> flatten -> linear(5) }"""
    pictures = [
        to_dot(resnet_dsl.loads(spec.replace("GATE", gate))["m"].network, "stage")
        for gate in ("sigmoid", "hardsigmoid")
    ]
    assert pictures[0] != pictures[1]


def test_brackets_keep_their_width_below_a_wider_line() -> None:
    """Graphviz would spread what another line leaves over the columns of the brackets."""
    spec = """block unit(x) {
      shortcut s = x
      y = x -> conv(4, 3) -> bn -> relu -> conv(4, 3) -> bn
      return add(s, y) -> relu
    }
    stage NAME(x) { return x -> 0: unit -> 1: unit }
    model m { input image [4, 8, 8]
      return image -> body: NAME }"""
    found = []
    for name in ("s", "a_stage_with_a_name_that_is_wider_than_its_brackets"):
        network = resnet_dsl.loads(spec.replace("NAME", name))["m"].network
        svg = render(to_dot(network, "stage"), "svg").decode()
        lines = re.findall(r'<polyline fill="none" stroke="#\w+" points="([^"]+)"', svg)
        places = [[float(point.split(",")[0]) for point in line.split()] for line in lines]
        found.append([max(xs) - min(xs) for xs in places])
    assert len(found[0]) == 3
    assert found[1] == pytest.approx(found[0], abs=2)


def test_blocks_without_stages_are_cards(net: Net) -> None:
    picture = diagram(net("branches", "u_shape"), "stage")
    cards = [toned(vertex, Tone.TITLE) for vertex in picture.vertices if vertex.kind is VertexKind.BOX]
    assert cards == [("enc1",), (), ("enc2",), (), ("mid",), ("up2",), ()]
    (skip,) = [edge for edge in picture.edges if edge.skips]
    assert by_id(picture, skip.target).content[0].text == "up2"  # type: ignore[union-attr]


def test_branching_blocks_are_not_listed_as_a_series(net: Net) -> None:
    card = by_id(diagram(net("branches", "inception_net"), "stage"), "mixed1.branch1.conv1")
    assert (toned(card, Tone.TITLE), plain(card)) == (("mixed1",), ())


@pytest.mark.parametrize(
    ("spec", "model"),
    [
        ("residual", "residual"),
        ("parameter_free", "parameter_free"),
        ("dense", "dense"),
        ("branches", "inception_net"),
    ],
)
def test_the_model_card_adds_up_to_the_report(net: Net, spec: str, model: str) -> None:
    network = net(spec, model)
    picture = diagram(network, "model")
    (table,) = [entry for vertex in picture.vertices for entry in vertex.content if isinstance(entry, Table)]
    cost = cost_report(network)
    assert table.total == ("total", "", "", short_number(cost.params), short_number(cost.macs))
    assert all(len(row) == len(table.heading) for row in table.rows)


def test_the_model_card_has_a_row_for_each_part(net: Net) -> None:
    picture = diagram(net("residual"), "model")
    (table,) = [entry for vertex in picture.vertices for entry in vertex.content if isinstance(entry, Table)]
    assert [row[:3] for row in table.rows] == [
        ("stem", "3×3 conv, 16 → 3×3 max pool, /2", "16×16×16"),
        ("layer1", "2 × bottleneck", "64×16×16"),
        ("layer2", "3 × bottleneck", "128×8×8"),
        ("head", "global avg pool → fc 10", "10"),
    ]


def test_op_level_draws_every_operator_and_every_operand(net: Net) -> None:
    network = net("residual")
    picture = diagram(network, "op")
    drawn = [vertex for vertex in picture.vertices if vertex.kind in (VertexKind.BOX, VertexKind.JOIN)]
    assert len(drawn) == len(network) - 1
    taps = sum(vertex.kind is VertexKind.TAP for vertex in picture.vertices)
    assert len(picture.edges) == network.graph.number_of_edges() + taps + 1
    assert all(edge.shape or edge.source.count(" into ") for edge in picture.edges)
    scopes = [scope for scope in network.scopes if scope.kind in (ScopeKind.STAGE, ScopeKind.BLOCK)]
    filled = [scope for scope in scopes if scope.items]
    assert len(picture.clusters) == len(filled)
    assert [cluster.strong for cluster in picture.clusters].count(True) == 2


def test_another_level_is_refused(net: Net) -> None:
    with pytest.raises(ValueError, match="graph"):
        diagram(net("branches", "bare"), "graph")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1.00 k"),
        (9536, "9.54 k"),
        (25557032, "25.6 M"),
        (999999, "1.00 M"),
        (4089184256, "4.09 G"),
    ],
)
def test_numbers_in_figures_have_three_digits(value: int, text: str) -> None:
    assert short_number(value) == text


UNIT = """
block unit(x) {
  y = x -> conv(x.c, 3) -> bn -> relu -> conv(x.c, 3) -> bn
  shortcut s = x
  return add(y, s) -> relu
}
"""


def parts(steps: str) -> list[tuple[str, str]]:
    text = f"{UNIT}\nmodel m {{\n  input image [3, 8, 8]\n  return image -> {steps}\n}}\n"
    picture = diagram(resnet_dsl.loads(text)["m"].network, "model")
    table = next(entry for vertex in picture.vertices for entry in vertex.content if isinstance(entry, Table))
    return [(row[0], row[1]) for row in table.rows]


def test_a_labelled_list_of_blocks_has_its_label() -> None:
    assert parts("body: repeat 7 { unit } -> conv(9, 1) -> repeat 2 { unit }") == [
        ("body", "7 × unit"),
        ("", "1×1 conv, 9"),
        ("unit", "2 × unit"),
    ]


def test_a_part_of_a_labelled_list_has_its_path() -> None:
    assert parts("features: seq { unit -> conv(9, 1) -> unit -> unit }") == [
        ("features.0", "unit"),
        ("", "1×1 conv, 9"),
        ("features.2 … features.3", "2 × unit"),
    ]
