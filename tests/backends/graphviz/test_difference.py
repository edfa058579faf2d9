"""Pictures of two networks: marks, counts, texts, and that nothing is lost or told twice."""

from __future__ import annotations

import re
from collections import Counter

import pytest

import resnet_dsl
from resnet_dsl.analysis.alignment import align
from resnet_dsl.analysis.compare import compare
from resnet_dsl.backends.graphviz import difference, dot, render
from resnet_dsl.backends.graphviz.difference import difference_diagram, difference_pictures, unite
from resnet_dsl.backends.graphviz.model import Diagram, Level, Line, Mark, Revision, Vertex, VertexKind
from resnet_dsl.backends.graphviz.palette import THEMES, Theme
from resnet_dsl.backends.graphviz.traces import TRACES, trace
from resnet_dsl.backends.report.difference import headline
from resnet_dsl.ir.graph import Network
from tests.backends.graphviz.conftest import Net
from tests.backends.graphviz.picture import by_id, titles
from tests.backends.graphviz.test_dot import HOSTILE, renamed
from tests.backends.graphviz.test_themes import contrast, without_red_or_green
from tests.conftest import ROOT, Golden

MODELS = ("plain", "deeper", "wider", "smooth", "pooled", "with_gates", "without_gates")
SHIPPED = [
    ("resnet18.rdl", "resnet34.rdl"),
    ("resnet50.rdl", "resnext50_32x4d.rdl"),
    ("timm/resnet.rdl:resnet50", "timm/resnet.rdl:resnet50d"),
    ("torchvision/densenet.rdl:densenet121", "torchvision/densenet.rdl:densenet169"),
    ("papers/unet.rdl:unet_padded", "papers/unet.rdl:unet_padded_bn"),
    ("googlenet2014.rdl", "torchvision/googlenet.rdl"),
    ("preact_resnet164.rdl", "cifar_resnet110.rdl"),
    ("hourglass2.rdl", "unet.rdl"),
    ("torchvision/mobilenet_v3.rdl:mobilenet_v3_small", "torchvision/mobilenet_v3.rdl:mobilenet_v3_large"),
]


def shipped(text: str) -> Network:
    file, _, model = text.partition(":")
    program = resnet_dsl.load(ROOT / "specs" / file, model=model or None)
    return next(iter(program.models.values())).network


def both(before: Network, after: Network, level: str = "block") -> Diagram:
    found = compare(before, after)
    return difference_diagram(found, level, headline(found))


def marked(picture: Diagram, mark: Mark) -> list[Vertex]:
    shapes = [vertex for vertex in picture.vertices if vertex.kind is not VertexKind.TAP]
    return [vertex for vertex in shapes if vertex.mark is mark]


@pytest.mark.parametrize(
    ("before", "after", "level"),
    [
        ("plain", "deeper", "block"),
        ("plain", "pooled", "block"),
        ("without_gates", "with_gates", "block"),
        ("plain", "wider", "block"),
        ("without_gates", "with_gates", "op"),
    ],
)
def test_text_is_as_kept(net: Net, golden: Golden, before: str, after: str, level: str) -> None:
    picture = both(net("compared", before), net("compared", after), level)
    golden(f"expected/{before}-{after}-{level}.dot", dot(picture))


def test_blocks_that_are_new_are_one_frame_with_their_number(net: Net) -> None:
    picture = both(net("compared", "plain"), net("compared", "deeper"))
    (frame,) = [cluster for cluster in picture.clusters if cluster.mark is Mark.ADDED]
    assert frame.times == 3
    assert [line.text for line in frame.title] == ["× 3", "unit"]
    box, join = marked(picture, Mark.ADDED)
    assert (box.cluster, join.cluster) == (frame.id, frame.id)
    assert not marked(picture, Mark.REMOVED)
    assert not marked(picture, Mark.CHANGED)
    # What leads on behind them is the line that was there before.
    (behind,) = [edge for edge in picture.edges if edge.source == join.id]
    assert behind.mark is Mark.SAME
    assert ("× 2", "unit") in titles(picture)


def test_a_changed_width_is_told_as_before_and_after(net: Net) -> None:
    picture = both(net("compared", "plain"), net("compared", "wider"))
    stem = next(vertex for vertex in picture.vertices if vertex.id == "stem")
    assert stem.mark is Mark.CHANGED
    assert stem.content == (Revision("3×3 conv, ", "16", "24", ""),)
    # Blocks that became the same fold; the second stage only reads more channels.
    assert ("× 2", "unit") in titles(picture)
    first = by_id(picture, "layer2.first.conv1")
    assert first.mark is Mark.SAME
    lines = {edge.shape for edge in picture.edges if edge.shape}
    assert "16×32×32 → 24×32×32" in lines


def test_what_goes_without_saying_is_told_where_it_changed(net: Net) -> None:
    picture = both(net("compared", "plain"), net("compared", "smooth"))
    assert by_id(picture, "stem").texts == ("3×3 conv, 16", "relu → silu")
    join = next(
        vertex for vertex in picture.vertices if vertex.id.startswith("layer1") and "add" in vertex.id
    )
    assert join.texts == ("+", "relu → silu")
    assert not marked(picture, Mark.ADDED) + marked(picture, Mark.REMOVED)


def test_a_gate_that_is_new(net: Net) -> None:
    picture = both(net("compared", "without_gates"), net("compared", "with_gates"))
    gate, product = marked(picture, Mark.ADDED)
    assert gate.texts[0] == "global avg pool"
    assert product.content == (Line("mul", mark=Mark.ADDED),)  # which a sign in a circle would not tell
    gone = both(net("compared", "with_gates"), net("compared", "without_gates"))
    assert [vertex.texts for vertex in marked(gone, Mark.REMOVED)] == [gate.texts, product.texts]
    assert "− mul" in dot(gone)
    assert not [edge for edge in gone.edges if edge.mark is Mark.ADDED]


@pytest.mark.parametrize("level", ["op", "block", "stage"])
@pytest.mark.parametrize("spec", sorted({name for pair in SHIPPED for name in pair}))
def test_a_network_and_itself_have_no_mark(spec: str, level: str) -> None:
    picture = both(shipped(spec), shipped(spec), level)
    for parts in (picture.vertices, picture.edges, picture.clusters):
        assert {part.mark for part in parts} <= {Mark.SAME}
    assert not any(isinstance(entry, Revision) for vertex in picture.vertices for entry in vertex.content)


@pytest.mark.parametrize("level", [Level.OP, Level.BLOCK, Level.STAGE])
@pytest.mark.parametrize(("before", "after"), SHIPPED)
def test_every_operator_of_both_is_in_one_part(before: str, after: str, level: Level) -> None:
    sides = shipped(before), shipped(after)
    found = unite(*sides, align(*sides), level)
    draft = found.draft()
    drawn = {vertex.id for vertex in draft.vertices}
    assert len(drawn) == len(draft.vertices)
    assert {edge.source for edge in draft.edges} | {edge.target for edge in draft.edges} <= drawn
    assert {vertex.cluster for vertex in draft.vertices} <= {
        None,
        *(cluster.id for cluster in draft.clusters),
    }
    for network, holds in zip(sides, found.holds(), strict=True):
        nodes = [node for name, inside in holds.items() for node in inside if name in drawn]
        on_lines = {node.id for node in network.nodes() if node.shortcut} - set(nodes)
        assert Counter([*nodes, *on_lines]) == Counter(range(len(network)))


@pytest.mark.parametrize(("before", "after"), SHIPPED)
def test_swapped_sides_swap_the_marks(before: str, after: str) -> None:
    sides = shipped(before), shipped(after)
    there, back = both(*sides), both(*sides[::-1])
    swap = {Mark.ADDED: Mark.REMOVED, Mark.REMOVED: Mark.ADDED}
    for mark in Mark:
        here = Counter(vertex.kind for vertex in marked(there, mark))
        assert here == Counter(vertex.kind for vertex in marked(back, swap.get(mark, mark)))
        edges = [
            sum(edge.mark is other for edge in picture.edges)
            for picture, other in ((there, mark), (back, swap.get(mark, mark)))
        ]
        assert edges[0] == edges[1]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_text(net: Net, text: str) -> None:
    for names in ((text, "plain"), ("plain", text)):
        before, after = (
            renamed(net("compared", "plain"), names[0]),
            renamed(net("compared", "pooled"), names[1]),
        )
        drawn = dot(both(before, after))
        assert "<script" not in drawn
        render(drawn, "svg")  # refuses scripts, handlers and links itself


def test_other_levels_are_refused(net: Net) -> None:
    network = net("compared", "plain")
    with pytest.raises(ValueError, match="model"):
        difference_diagram(compare(network, network), "model")


def test_without_a_level_it_is_the_finest_that_stays_readable(
    net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = compare(net("compared", "plain"), net("compared", "deeper"))
    assert [picture.level.value for picture in difference_pictures(found)] == ["block", "stage"]
    assert [picture.level.value for picture in difference_pictures(found, "op")] == ["op"]
    edges = len(difference_diagram(found).edges)
    monkeypatch.setattr(difference, "MAX_EDGES", edges - 1)
    assert [picture.level.value for picture in difference_pictures(found)] == ["stage"]


def test_parallel_branches_of_two_networks_are_drawn_operator_by_operator() -> None:
    picture = both(shipped("googlenet2014.rdl"), shipped("torchvision/googlenet.rdl"), "op")
    assert render(dot(picture), "svg").count(b'class="node"') >= len(picture.vertices)


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
def test_marks_are_readable_in_every_theme(theme: Theme) -> None:
    looks = [trace(mark, theme) for mark in Mark]
    frames = [theme.strong_frame.fill, theme.light_frame.fill]
    grounds = [theme.page, *frames, *(look.paint.fill for look in looks)]
    inks = [theme.ink, theme.quiet, theme.accent, *(look.ink for look in looks)]
    assert min(contrast(ink, ground) for ink in inks for ground in grounds) >= 4.5
    outlines = [look.paint.outline for look in looks if look.sign]
    assert min(contrast(outline, ground) for outline in outlines for ground in (theme.page, *frames)) >= 3
    added, removed = trace(Mark.ADDED, theme), trace(Mark.REMOVED, theme)
    assert (added.stroke, added.sign) != (removed.stroke, removed.sign)
    assert added.width > removed.width > trace(Mark.SAME, theme).width
    seen = [without_red_or_green(look.paint.outline) for look in (added, removed)]
    assert max(abs(one - other) for one, other in zip(*seen, strict=True)) >= 0.05


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
def test_a_theme_has_all_colours_of_a_picture(net: Net, theme: Theme) -> None:
    picture = both(net("compared", "with_gates"), net("compared", "smooth"))
    known = set(re.findall(r"#[0-9A-F]{6}", repr(theme) + repr(TRACES[theme.name])))
    assert set(re.findall(r"#[0-9A-Fa-f]{6}", dot(picture, theme=theme))) <= known


@pytest.mark.parametrize("level", ["block", "stage"])
@pytest.mark.parametrize(("before", "after"), SHIPPED[:5])
def test_every_text_is_drawn(before: str, after: str, level: str) -> None:
    """Graphviz draws nothing of a label that it cannot read, and says nothing."""
    picture = both(shipped(before), shipped(after), level)
    svg = render(dot(picture), "svg").decode()
    shapes = re.findall(r'<g id="[^"]*" class="node">(.*?)</g>\n', svg, re.DOTALL)
    empty = [shape for shape in shapes if "<text" not in shape and "<ellipse" not in shape]
    taps = [vertex for vertex in picture.vertices if vertex.kind is VertexKind.TAP]
    assert len(shapes) >= len(picture.vertices)
    assert len(empty) <= len(taps)


def test_a_card_counts_the_operators_that_differ() -> None:
    sides = shipped("timm/resnet.rdl:resnet50"), shipped("timm/resnet.rdl:resnet50d")
    picture = both(*sides, "stage")
    stem, *stages = [vertex for vertex in picture.vertices if vertex.mark is Mark.CHANGED]
    assert stem.texts[0] == "imagenet_stem → deep_stem"
    assert [vertex.texts[0] for vertex in stages] == ["layer1", "layer2", "layer3", "layer4"]
    assert {vertex.texts[-1] for vertex in stages} == {"operators: +1, ~2"}


def test_the_legend_tells_totals_and_marks(net: Net) -> None:
    picture = both(net("compared", "plain"), net("compared", "deeper"))
    assert picture.legend is not None
    assert picture.legend.title == "plain → deeper"
    assert picture.legend.facts[0].startswith("params ")
    assert [mark for mark, _ in picture.legend.marks] == [Mark.SAME, Mark.REMOVED, Mark.ADDED, Mark.CHANGED]
