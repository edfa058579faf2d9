"""What no output needs never runs: it is drawn faint and dotted, everywhere, and the legend says so."""

from __future__ import annotations

import re

import pytest

from resnet_dsl.backends.graphviz import diagram, to_dot, to_mermaid, to_tikz
from resnet_dsl.backends.graphviz.legend import legend
from resnet_dsl.backends.graphviz.model import Table, VertexKind
from resnet_dsl.backends.graphviz.palette import THEMES
from tests.backends.graphviz.conftest import Net

MEANING = "never runs: no output needs it"


def test_parts_and_lines_that_never_run_are_told_apart(net: Net) -> None:
    for level in ("op", "block"):
        picture = diagram(net("idle"), level)
        idle = {vertex.id for vertex in picture.vertices if vertex.idle}
        assert idle
        for vertex in picture.vertices:
            if vertex.kind is not VertexKind.TAP:
                assert ("never run" in vertex.tooltip) is vertex.idle
        assert {vertex.id for vertex in picture.vertices if vertex.auxiliary} > idle  # the head's are not
        assert {edge.target in idle for edge in picture.edges if edge.idle} == {True}
        assert {edge.idle for edge in picture.edges if edge.target in idle} == {True}
        assert MEANING in [key.meaning for key in legend(picture)]
        assert "training only" in [key.meaning for key in legend(picture)]


def test_nothing_is_idle_where_all_runs(net: Net) -> None:
    for level in ("op", "block", "stage"):
        picture = diagram(net("branches", "inception_net"), level)
        assert not any(vertex.idle for vertex in picture.vertices)
        assert not any(edge.idle for edge in picture.edges)
        assert MEANING not in [key.meaning for key in legend(picture)]


@pytest.mark.parametrize("theme", THEMES)
def test_every_form_draws_them_dotted(net: Net, theme: str) -> None:
    network, faint = net("idle"), THEMES[theme].faint
    dot = to_dot(network, theme=theme, legend=True)
    assert re.search(rf'-> "last" \[.*style=dotted, color="{faint}"', dot)
    assert re.search(r'^  "last" \[.*style="filled,rounded,dotted"', dot, re.MULTILINE)
    assert re.search(r'^  "extra.* note 0" \[.*style="filled,rounded,dotted"', dot, re.MULTILINE)
    assert f'style="dotted" color="{faint}"' in dot
    assert MEANING in dot
    mermaid = to_mermaid(network, "block", theme=theme, legend=True)
    assert "classDef idle" in mermaid
    assert re.search(rf"linkStyle [\d,]+ stroke:{faint},stroke-dasharray:1.5 3", mermaid)
    assert MEANING in mermaid
    tikz = to_tikz(network, theme=theme, legend=True)
    assert re.search(r"\\node\[conv, never runs box, [^]]*\] \(last\)", tikz)
    assert re.search(r"\\draw\[never runs\] .*\(last", tikz)
    assert MEANING in tikz


def test_the_summary_says_it_in_words(net: Net) -> None:
    table = next(
        entry
        for vertex in diagram(net("idle"), "model").vertices
        for entry in vertex.content
        if isinstance(entry, Table)
    )
    told = {row[0]: row[4] for row in table.rows}
    assert [name for name in told if "never runs" in name]
    assert {macs for name, macs in told.items() if "never runs" in name} == {"–"}
    assert "never runs" not in table.rows[0][0]
