"""The machine reads a text as Lark reads it, or leaves it to Lark."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resnet_dsl.source import Source
from resnet_dsl.syntax.brackets import BracketError
from resnet_dsl.syntax.lalr import Mismatch
from resnet_dsl.syntax.parser import Parser, parse
from resnet_dsl.syntax.tables import GRAMMAR
from tests.conftest import ROOT

TEXTS = [*sorted((ROOT / "specs").rglob("*.rdl")), *sorted((ROOT / "resnet_dsl" / "std").rglob("*.rdl"))]
WHOLE = "\n".join(path.read_text(encoding="utf-8") for path in TEXTS)
WORDS = sorted({*re.findall(r"\w+|[^\w\s]+|\s+", WHOLE), *re.findall(r'"(\w+)"', GRAMMAR.read_text())})
PARSER = Parser()


def by_machine(text: str) -> Any:
    """The value, or None where the machine leaves the text to Lark."""
    PARSER.builder.source, PARSER.builder.base, PARSER.builder.problems = Source("x", text), 0, []
    try:
        return PARSER.machine.run(text, "start", PARSER.brackets.process)
    except (Mismatch, BracketError):
        return None


def by_lark(text: str) -> Any:
    """The value. Raises Lark's errors."""
    PARSER.builder.source, PARSER.builder.base, PARSER.builder.problems = Source("x", text), 0, []
    return PARSER.lark.parse(text, start="start")


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_the_machine_reads_every_spec_as_lark_does(path: Path) -> None:
    text = path.read_text(encoding="utf-8-sig")
    value = by_machine(text)
    assert value is not None
    assert repr(value) == repr(by_lark(text))  # a span prints where it stands


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_what_the_machine_reads_of_a_changed_spec_is_what_lark_reads(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(TEXTS)).read_text(encoding="utf-8")
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = start + data.draw(st.integers(0, 6))
        text = text[:start] + data.draw(st.sampled_from(WORDS)) + text[end:]
    value = by_machine(text)
    if value is not None:
        assert repr(value) == repr(by_lark(text))


def test_what_only_lark_reads_is_read() -> None:
    text = "modelnet { return 1 }\n"
    assert by_machine(text) is None
    parsed, mistakes = parse(Source("x", text))
    assert not mistakes
    assert repr(parsed) == repr(by_lark(text))
