"""Mermaid text: what pages accept, and nothing of a spec's text that is more than text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import resnet_dsl
from resnet_dsl.backends.graphviz import MermaidLimit, diagram, fitting_level, mermaid, to_mermaid
from resnet_dsl.backends.graphviz.model import Diagram, Edge, EdgeKind, Level, Line, Vertex, VertexKind
from tests.backends.graphviz.conftest import Net
from tests.backends.graphviz.test_dot import HOSTILE, renamed
from tests.conftest import Golden

CASES = [
    ("residual", "residual", "block", "TB"),
    ("residual", "residual", "stage", "LR"),
    ("branches", "inception_net", "block", "TB"),
]
# What Mermaid, Markdown or HTML would act on.
ACTIVE = ["end", "1. one", "- a", "+ b", "`code`", "**bold** _it_ ~~x~~", "%%{init: {}}%%", "#quot;", "a | b",
          "[x](javascript:alert(1))", "$$x^2$$", "fa:fa-car", "@{shape: x}", "# h", "> q", ":::x", "a;b"]  # fmt: skip
LABEL = re.compile(r'"([^"]*)"')
BREAK = "<br/>"


@pytest.mark.parametrize(("spec", "model", "level", "direction"), CASES)
def test_text_is_as_kept(net: Net, golden: Golden, spec: str, model: str, level: str, direction: str) -> None:
    text = to_mermaid(net(spec, model), level, direction, legend=level == "stage")
    golden(f"expected/{model}-{level}-{direction}.mmd", text)


@pytest.mark.parametrize("text", [*HOSTILE, *ACTIVE])
@pytest.mark.parametrize("level", ["op", "block", "stage", "model"])
def test_hostile_names_stay_text(net: Net, level: str, text: str) -> None:
    drawn = to_mermaid(renamed(net("residual"), text), level, legend=True)
    plain = to_mermaid(net("residual"), level, legend=True)
    # Apart from the labels, only the name of the picture differs.
    shell, expected = (
        re.sub(r"accTitle: [A-Za-z0-9_.-]+\n", "", LABEL.sub('""', entry)) for entry in (drawn, plain)
    )
    assert shell == expected
    for label in LABEL.findall(drawn):
        told = re.sub(r"#\d+;", "", label.replace(BREAK, ""))
        assert not re.search(r"[<>\"#;`*~&\\\[\](){}|$%@!^]", told)
        assert not re.match(r"\s*(\d+\.|[-+] )", told)
        assert "\n" not in label


def test_every_character_of_a_label_comes_back() -> None:
    text = 'a<b> & "c" #35; \\ `d` _e_ f_g 1. {h} [i] |j|'
    vertices = (Vertex("a", VertexKind.BOX, (Line(text),)), Vertex("b", VertexKind.BOX, (Line("b"),)))
    drawn = mermaid(Diagram("m", Level.OP, vertices, (Edge("a", "b"),)))
    (label,) = re.findall(r'n0\["(.*)"\]', drawn)
    assert re.sub(r"#(\d+);", lambda match: chr(int(match[1])), label) == text


def test_shortcuts_are_told_apart(net: Net) -> None:
    text = to_mermaid(net("residual"), "block")
    edges = [line for line in text.splitlines() if re.match(r"  n\d+ (-|=)", line)]
    styles = dict(re.findall(r"  linkStyle (\S+) (.*)", text))
    found = {
        style: {edges[int(number)].split()[1].split("|")[0] for number in numbers.split(",")}
        for numbers, style in styles.items()
    }
    assert sorted(found.values(), key=str) == [{"-.->"}, {"==>"}]
    assert all("stroke:#" in style for style in found)


def test_the_lines_are_those_of_the_picture(net: Net) -> None:
    picture = diagram(net("residual"), "block")
    taps = sum(vertex.kind is VertexKind.TAP for vertex in picture.vertices)
    assert taps
    text = mermaid(picture)
    assert len(re.findall(r"^  n\d+ [-=]", text, re.MULTILINE)) == len(picture.edges) - taps
    assert text.count("subgraph") == len(picture.clusters)
    for shape in {edge.shape for edge in picture.edges if edge.shape}:
        assert text.count(f'|"{shape}"|') == sum(edge.shape == shape for edge in picture.edges)


def chain(lines: int, text: str = "a") -> Diagram:
    vertices = tuple(Vertex(f"v{number}", VertexKind.BOX, (Line(text),)) for number in range(lines + 1))
    edges = tuple(Edge(f"v{number}", f"v{number + 1}", EdgeKind.FLOW) for number in range(lines))
    return Diagram("m", Level.OP, vertices, edges)


def test_limits_are_kept_to_the_line_and_the_character() -> None:
    assert mermaid(chain(500)).count("-->") == 500
    with pytest.raises(MermaidLimit, match="501 lines"):
        mermaid(chain(501))
    with pytest.raises(MermaidLimit, match="501 lines"):  # one sample, one that keeps the legend below
        mermaid(chain(499), with_legend=True)
    with pytest.raises(MermaidLimit, match=r"5\d,\d{3} characters"):
        mermaid(chain(490, "漢" * 100))
    assert len(mermaid(chain(400, "a" * 40))) < 50_000


def test_without_a_level_it_is_the_finest_that_fits(net: Net) -> None:
    assert fitting_level(net("residual")) == "block"
    # A chain of blocks that differ cannot be folded.
    deep = net("residual", depths=[3, 4])
    assert to_mermaid(deep) == to_mermaid(deep, "block")


def test_only_dark_says_what_the_page_looks_like(net: Net) -> None:
    assert "theme: dark" in to_mermaid(net("residual"), theme="dark")
    assert "theme:" not in to_mermaid(net("residual"), theme="slides")


@pytest.mark.parametrize("wrong", [{"level": "x"}, {"direction": "XX"}, {"theme": "sepia"}])
def test_wrong_arguments_are_refused(net: Net, wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong.values()))):
        to_mermaid(net("residual"), **wrong)  # type: ignore[arg-type]  # each is a str


def test_the_docs_show_what_is_written(root: Path, tmp_path: Path) -> None:
    page = (root / "docs" / "diagrams.md").read_text(encoding="utf-8")
    (tmp_path / "stack.rdl").write_text(
        page.split("```rdl file=stack.rdl\n")[1].split("```")[0], encoding="utf-8"
    )
    shown = page.split("```mermaid\n")[1].split("```")[0]
    assert shown == resnet_dsl.load(tmp_path / "stack.rdl")["stack"].to_mermaid("stage")
