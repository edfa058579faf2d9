"""DOT text: the same bytes always, and nothing of a spec's text that is more than text."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from resnet_dsl.backends.graphviz import diagram, dot, render, to_dot
from resnet_dsl.backends.graphviz.model import Diagram, Edge, EdgeKind, Level, Line, Tone, Vertex, VertexKind
from resnet_dsl.backends.graphviz.render import layout
from resnet_dsl.ir.graph import Network
from tests.backends.graphviz.conftest import SPECS, Net
from tests.conftest import Golden

CASES = [
    ("residual", "residual", "block", "TB"),
    ("residual", "residual", "block", "LR"),
    ("residual", "residual", "stage", "TB"),
    ("residual", "residual", "model", "TB"),
    ("parameter_free", "parameter_free", "block", "TB"),
    ("dense", "written_out", "block", "TB"),
    ("branches", "inception_net", "block", "TB"),
    ("branches", "se_net", "op", "TB"),
]

HOSTILE = [
    '"quoted" and \\',
    "back\\slash \\N \\G \\l \\",
    "<script>alert(1)</script>",
    "&lt;b&gt; &amp; &#60; &nbsp",
    "line\nbreak\r\ttab",
    "}; evil [label=<<b>x</b>>]",
    "-> { rank=same",
    "<<b>bold</b>>",
    "right\u202eleft \u200b\x00\x1b[31m",
    "\ud800 lone",
    "é × 漢字 😀",
    "x" * 5000,
    "cluster",
    " ",
    "a:b:c",
    "]]>",
]


@pytest.mark.parametrize(("spec", "model", "level", "direction"), CASES)
def test_text_is_as_kept(net: Net, golden: Golden, spec: str, model: str, level: str, direction: str) -> None:
    golden(f"expected/{model}-{level}-{direction}.dot", to_dot(net(spec, model), level, direction))


def test_the_same_bytes_whatever_the_hash_seed(net: Net) -> None:
    script = (
        "import sys, resnet_dsl\n"
        "sys.stdout.reconfigure(encoding='utf-8', newline='\\n')\n"
        "for net in resnet_dsl.load(sys.argv[1]).models.values():\n"
        "    for level in ('op', 'block', 'stage', 'model'):\n"
        "        sys.stdout.write(net.to_dot(level))\n"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", script, str(SPECS / "branches.rdl")],
            capture_output=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1


def test_another_direction_is_refused(net: Net) -> None:
    with pytest.raises(ValueError, match="XX"):
        to_dot(net("branches", "bare"), direction="XX")


def renamed(network: Network, text: str) -> Network:
    """The network with everything that a spec names called `text`."""
    network.name = network.doc = text
    for node in network.nodes():
        node.name, node.path, node.binding = text, f"{text}.{node.id}", text
    for scope in network.scopes:
        scope.name, scope.definition, scope.doc = text, text, text
        scope.path = text if scope.parent is not None else ""
    return network


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("level", ["op", "block", "stage", "model"])
def test_hostile_names_stay_text(net: Net, level: str, text: str) -> None:
    drawn = to_dot(renamed(net("residual"), text), level)
    assert len(drawn) < 400_000
    assert drawn.isprintable() or set(re.sub(r"[^\n]", "", drawn)) == {"\n"}
    assert "<script" not in drawn
    svg = render(drawn, "svg")  # refuses scripts, handlers and links itself
    assert svg.count(b"<g id=") == render(to_dot(net("residual"), level), "svg").count(b"<g id=")


def test_identifiers_tell_apart_what_is_told_apart(net: Net) -> None:
    picture = diagram(renamed(net("residual"), "same"), "op")
    names = [vertex.id for vertex in picture.vertices]
    assert len(set(names)) == len(names)
    assert len({cluster.id for cluster in picture.clusters}) == len(picture.clusters)


def test_text_of_every_tone_is_escaped() -> None:
    text = '<script>&"\\N'
    lines = tuple(Line(text, tone) for tone in Tone)
    vertices = (
        Vertex("a", VertexKind.BOX, lines, tooltip=text),
        Vertex("b", VertexKind.BOX, (Line(text), Line(text)), auxiliary=True),
        Vertex("c", VertexKind.JOIN, (Line(text),)),
    )
    edges = (
        Edge("a", "b", EdgeKind.FLOW, shape=text),
        Edge("a", "c", EdgeKind.PROJECTION, note=text),
        Edge("b", "c", EdgeKind.PARAMETER_FREE, note=text),
    )
    drawn = dot(Diagram(text, Level.BLOCK, vertices, edges))
    assert "<script" not in drawn
    svg = render(drawn, "svg").decode()
    assert svg.count("&lt;script&gt;") >= 9
    assert "\\N" in svg


def test_equal_notes_into_one_join_share_a_shape() -> None:
    vertices = (Vertex("a", VertexKind.BOX, (Line("a"),)), Vertex("b", VertexKind.JOIN, (Line("+"),)))
    edge = Edge("a", "b", EdgeKind.PROJECTION, note="1×1 conv, 8")
    drawn = dot(Diagram("m", Level.BLOCK, vertices, (edge, edge)))
    assert drawn.count('"b note 0" [label') == 1
    assert '"b note 1"' not in drawn


def test_no_paths_of_the_machine(net: Net) -> None:
    drawn = "".join(to_dot(net("residual"), level) for level in ("op", "block", "stage", "model"))
    assert str(Path.cwd()) not in drawn
    assert "residual.rdl" not in drawn


@pytest.mark.parametrize("model", ["inception_net", "hourglass_net", "se_net"])
@pytest.mark.parametrize("level", ["op", "block"])
def test_a_frame_names_nothing_of_its_neighbours(net: Net, model: str, level: str) -> None:
    """dot takes what a frame names into it; a shape in two neighbours' frames can crash it."""
    text = to_dot(net("branches", model), level)
    open_frames: list[str] = []
    home: dict[str, list[str]] = {}
    named: list[tuple[str, list[str]]] = []
    for line in map(str.strip, text.splitlines()):
        if declared := re.match(r'"([^"]+)" \[', line):
            home[declared[1]] = [*open_frames]
        elif edge := re.search(r'"([^"]+)" -> "([^"]+)"', line):
            named += [(edge[1], [*open_frames]), (edge[2], [*open_frames])]
        elif frame := re.match(r'subgraph "([^"]+)" \{', line):
            open_frames.append(frame[1])
        elif line == "}" and open_frames:
            open_frames.pop()
    assert any(frames for _, frames in named)
    assert all(home[name][: len(frames)] == frames for name, frames in named)


@pytest.mark.parametrize("model", ["inception_net", "se_net"])
def test_what_lines_lead_to_stands_below(net: Net, model: str) -> None:
    """Operator by operator too, where each of the branches that a join ends is a frame."""
    network = net("branches", model)
    places = layout(to_dot(network, "op"))["objects"]
    height = {entry["name"]: float(entry["pos"].split(",")[1]) for entry in places if "pos" in entry}
    edges = diagram(network, "op").edges
    assert edges
    assert not [edge for edge in edges if height[edge.source] <= height[edge.target]]
