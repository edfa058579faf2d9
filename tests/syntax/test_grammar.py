"""The grammar is LALR(1) with no collision of terminals, and the tree says where things stand."""

from __future__ import annotations

from pathlib import Path

import pytest
from lark import Lark

from resnet_dsl.source import Source
from resnet_dsl.syntax import tree
from resnet_dsl.syntax.brackets import Brackets
from resnet_dsl.syntax.parser import parse
from resnet_dsl.syntax.tables import GRAMMAR, OPTIONS
from tests.conftest import ROOT

TEXTS = [*sorted((ROOT / "specs").glob("*.rdl")), *sorted((ROOT / "resnet_dsl" / "std").glob("*.rdl"))]


def test_the_grammar_is_strict() -> None:
    """No conflict, and no two terminals that match the same text (this needs interegular)."""
    pytest.importorskip("interegular")
    Lark(GRAMMAR.read_text(), strict=True, postlex=Brackets(), **OPTIONS)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_every_span_covers_its_own_text(path: Path) -> None:
    parsed, mistakes = parse(Source(path.name, path.read_text()))
    assert not mistakes
    for name in _names(parsed):
        assert name.span.text == name.text


def _names(node: object) -> list[tree.Name]:
    found: list[tree.Name] = []
    pending: list[object] = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, tree.Name):
            found.append(current)
        elif isinstance(current, tuple):
            pending.extend(current)
    return found


def test_words_are_words_only_where_statements_start() -> None:
    text = "block f(x, shortcut: op, input: int) {\n  return x -> stage: shortcut(input = input) -> aux\n}\n"
    parsed, mistakes = parse(Source("words", text))
    assert not mistakes
    (block,) = parsed.declarations
    assert isinstance(block, tree.Block)
    assert [parameter.name.text for parameter in block.parameters] == ["x", "shortcut", "input"]


@pytest.mark.parametrize(
    "pipeline",
    [
        "x -> relu -> bn",
        "x\n    -> relu\n    # a note\n\n    -> bn",
        "x ->\n    relu ->\n  bn",
        "x -> relu(\n) -> bn",
    ],
)
def test_pipelines_go_on_in_the_next_line(pipeline: str) -> None:
    parsed, mistakes = parse(Source("lines", f"block f(x) {{\n  return {pipeline}\n}}\n"))
    assert not mistakes
    (block,) = parsed.declarations
    assert isinstance(block, tree.Block)
    (result,) = block.body.statements
    assert isinstance(result, tree.Return)
    assert len(result.pipeline.steps) == 3


def test_one_mistake_spoils_one_declaration() -> None:
    text = (
        "block a(x) {\n  y = = 3\n  z = x -> conv(3x3)\n  return z\n}\nblock b(x) { return x }\nmodel c = (\n"
    )
    parsed, mistakes = parse(Source("broken", text))
    assert [entry.code for entry in mistakes] == ["RDL101", "RDL109", "RDL101"]
    assert [type(entry).__name__ for entry in parsed.declarations] == ["Broken", "Block", "Broken"]
