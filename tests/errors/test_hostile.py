"""Whatever the text: a program, or diagnostics with a code, a place and words. Never anything else."""

from __future__ import annotations

import ast
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import resnet_dsl
from resnet_dsl import Program
from resnet_dsl.diagnostics.catalog import entries
from resnet_dsl.diagnostics.model import Diagnostic, SpecError
from resnet_dsl.diagnostics.render import render_github, render_json, render_short, render_text
from tests.errors.hostile import broken_spec, programs, token_soup

bounded = settings(
    derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck), max_examples=200
)


def check(text: str) -> None:
    """Compiles a text, and looks at all that comes of it."""
    program = outcome(text)
    if isinstance(program, SpecError):
        assert any(entry.is_error for entry in program.diagnostics)
        check_diagnostics(program.diagnostics)
        return
    check_diagnostics(program.diagnostics)
    for name in program:
        net = program[name]
        if len(net.network) < 500:
            ast.parse(net.to_pytorch())
            assert net.report().params == net.params
            assert "digraph" in net.to_dot()


def outcome(text: str) -> Program | SpecError:
    try:
        return resnet_dsl.loads(text)
    except SpecError as error:
        return error


def check_diagnostics(diagnostics: tuple[Diagnostic, ...]) -> None:
    for entry in diagnostics:
        assert entry.code in entries()
        assert entry.message.strip()
        assert entry.span is not None
        assert 0 <= entry.span.start <= entry.span.end <= len(entry.span.source.text)
        assert entry.span.source.name == "<text>" or entry.span.source.name.startswith("std.")
        for position in (entry.span.start_position, entry.span.end_position):
            assert position.line >= 1
            assert position.column >= 1
    for text in (render_text(diagnostics), render_short(diagnostics), render_github(diagnostics)):
        assert all(char.isprintable() or char == "\n" for char in text)
    assert len(json.loads(render_json(diagnostics))["diagnostics"]) == len(diagnostics)


@bounded
@given(st.text(max_size=400))
def test_any_text(text: str) -> None:
    check(text)


@bounded
@given(st.binary(max_size=400))
def test_any_bytes_in_a_file(data: bytes) -> None:
    check(data.decode("latin-1"))
    check(data.decode("utf-8", errors="surrogateescape"))


@bounded
@given(token_soup)
def test_any_soup_of_the_languages_words(text: str) -> None:
    check(text)


@bounded
@given(token_soup)
def test_any_soup_inside_a_body(text: str) -> None:
    check(f"model net {{\n  input image [3, 8, 8]\n  {text}\n  return image\n}}\n")


@bounded
@given(broken_spec())
def test_any_broken_spec(text: str) -> None:
    check(text)


@bounded
@given(programs)
def test_any_well_formed_program(text: str) -> None:
    check(text)


@pytest.mark.slow
@settings(bounded, max_examples=3_000)
@given(st.one_of(st.text(), token_soup, broken_spec(), programs))
def test_much_more_of_it(text: str) -> None:
    check(text)


@settings(bounded, max_examples=50)
@given(st.binary(max_size=200))
def test_a_file_of_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.rdl"
    path.write_bytes(data)
    with pytest.raises(SpecError) as error:
        resnet_dsl.load(path)
    for entry in error.value.diagnostics:
        assert entry.span is not None
        assert str(error.value)
