"""Rendered diagnostics, compared with texts in files; hostile text stays harmless."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_dsl.diagnostics.model import Diagnostic, Label, Severity
from resnet_dsl.diagnostics.render import render_github, render_json, render_short, render_text
from resnet_dsl.source import Source, Span

BLOCK = Source(
    "resnet.rdl",
    """\
block bottleneck(x, width: int, stride: int = 1) {
  y = x -> conv(width, 1) -> bn -> relu
        -> conv(4 * width, 1) -> bn
  shortcut s = x
  return add(y, s) -> relu
}
""",
)


def span(source: Source, text: str, occurrence: int = 0) -> Span:
    """The span of a piece of text in a source."""
    start = -1
    for _ in range(occurrence + 1):
        start = source.text.index(text, start + 1)
    return Span(source, start, start + len(text))


def shape_error() -> Diagnostic:
    return Diagnostic(
        code="RDL401",
        message="`add` operands differ: y is 512x28x28, s is 256x56x56",
        span=span(BLOCK, "add(y, s)"),
        label="both operands need one shape",
        help="project the shortcut: `x -> downsample: project(4 * width, stride)`",
        related=(
            Label(span(BLOCK, "s = x"), "256x56x56, bound here"),
            Label(span(BLOCK, "y = x"), "512x28x28, bound here"),
        ),
        where="layer2.0 = bottleneck(width = 128, stride = 2)",
        instances=16,
    )


def same_line() -> Diagnostic:
    return Diagnostic(
        "RDL401",
        "`add` operands differ",
        span(BLOCK, "add(y, s)"),
        related=(
            Label(span(BLOCK, "y", occurrence=1), "512x28x28"),
            Label(span(BLOCK, ", s)"), "256x56x56"),
        ),
    )


def many_lines() -> Diagnostic:
    return Diagnostic(
        "RDL107",
        "this block never returns",
        Span(BLOCK, 0, len(BLOCK.text)),
        label="ends here",
        help="end it with `return`\nas in `return x -> relu`",
    )


def two_files() -> Diagnostic:
    library = Source("std/blocks.rdl", "\n" * 130 + "block basic(x, width: int) {\n")
    spec = Source("net.rdl", "import std.blocks\nblock basic(x) {\n")
    return Diagnostic(
        "RDL203",
        "`basic` is defined twice",
        span(spec, "basic"),
        severity=Severity.WARNING,
        related=(Label(span(library, "basic"), "first here"),),
    )


def end_of_file() -> Diagnostic:
    source = Source("net.rdl", "model m {\n  input x [3, 8, 8]\n\n")
    at_end = len(source.text)
    return Diagnostic(
        "RDL101",
        "the file ends inside `{`",
        Span(source, at_end, at_end),
        label="`}` is missing",
        related=(Label(span(source, "{"), "opened here"),),
    )


def long_line() -> Diagnostic:
    line = "let widths = [" + ", ".join(str(number) for number in range(1000)) + "]"
    source = Source("net.rdl", line + "\n")
    return Diagnostic(
        "RDL301",
        "`500` is one too many",
        span(source, "500"),
        label="here",
        related=(Label(span(source, "widths"), "of this list"), Label(span(source, "503"), "as is this")),
    )


def wide_and_tabs() -> Diagnostic:
    source = Source("ñet.rdl", '\tassert depth == 50, "深度必须是五十" + e\u0301\n')
    return Diagnostic("RDL104", "a message is one string", span(source, "+"), label="no `+` here")


def hostile() -> Diagnostic:
    source = Source("a\x1b[2Jb.rdl", "ab\x00\x07\x1b[31mcd\u202eef\udc80\r gh\n")
    return Diagnostic(
        "RDL102",
        "unexpected `\x1b]0;owned\x07`",
        span(source, "cd"),
        label="here\nerror[RDL999]: not ours",
        help="remove `\x9b`",
        where="\u2066layer1",
    )


def no_span() -> Diagnostic:
    return Diagnostic("RDL801", "the file is larger than 4 MB", where="import std.huge", help="split it")


CASES: dict[str, Callable[[], Diagnostic]] = {
    case.__name__: case
    for case in (
        shape_error, same_line, many_lines, two_files, end_of_file, long_line, wide_and_tabs, hostile, no_span,
    )
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_text(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"rendered/{name}.txt", render_text([CASES[name]()]) + "\n")


def test_color_changes_no_text(golden: Callable[[str, str], None]) -> None:
    colored = render_text([shape_error()], color=True)
    golden("rendered/color.txt", colored + "\n")
    for code in ("\x1b[1;31m", "\x1b[1;34m", "\x1b[1m", "\x1b[0m"):
        colored = colored.replace(code, "")
    assert colored == render_text([shape_error()])


def test_several_are_apart_by_an_empty_line() -> None:
    assert render_text([no_span(), no_span()]).count("\n\n") == 1
    assert render_text([]) == ""


def test_short() -> None:
    assert render_short([shape_error(), no_span()]).splitlines() == [
        "resnet.rdl:5:10: error[RDL401]: `add` operands differ: y is 512x28x28, s is 256x56x56",
        "error[RDL801]: the file is larger than 4 MB",
    ]


def test_json() -> None:
    data = json.loads(render_json([shape_error(), no_span()]))
    assert data["version"] == 1
    first, second = data["diagnostics"]
    assert first["code"] == "RDL401"
    assert first["severity"] == "error"
    assert first["file"] == "resnet.rdl"
    assert first["range"] == {"start": {"line": 5, "column": 10}, "end": {"line": 5, "column": 19}}
    assert first["instances"] == 16
    assert first["help"].startswith("project the shortcut")
    assert [entry["message"] for entry in first["related"]] == [
        "256x56x56, bound here",
        "512x28x28, bound here",
    ]
    assert second["range"] is None
    assert second["file"] is None


def test_github() -> None:
    entry = Diagnostic(
        "RDL102", "50 % of\nit: ::error::", Span(Source("a,b:c.rdl", "xyz"), 1, 2), help="mend it"
    )
    assert render_github([entry]) == (
        "::error file=a%2Cb%3Ac.rdl,line=1,endLine=1,col=2,endColumn=3,title=RDL102"
        "::50 %25 of%0Ait: ::error::%0Ahelp: mend it"
    )
    assert render_github([no_span()]).startswith("::error title=RDL801::")


@given(st.text(), st.text(st.characters(codec="utf-8", exclude_characters="^")), st.data())
def test_any_text_renders_printable(text: str, message: str, data: st.DataObject) -> None:
    source = Source("any.rdl", text)
    places = st.integers(0, len(text))
    spans = [
        Span(source, *sorted((data.draw(places), data.draw(places))))
        for _ in range(data.draw(st.integers(1, 3)))
    ]
    entry = Diagnostic(
        "RDL101",
        message,
        spans[0],
        label=message,
        related=tuple(Label(extra, message) for extra in spans[1:]),
    )
    rendered = render_text([entry])
    assert all(line.isprintable() for line in rendered.split("\n"))
    assert ("^" in rendered) == bool(text), "an empty text has no line to show"
    assert render_short([entry]).isprintable()
    assert len(render_github([entry]).splitlines()) == 1
    assert json.loads(render_json([entry]))["diagnostics"][0]["message"] == message


def test_a_huge_line_stays_short(tmp_path: Path) -> None:
    source = Source("huge.rdl", "x" * 1_000_000)
    rendered = render_text([Diagnostic("RDL101", "y" * 1_000_000, Span(source, 400_000, 900_000))])
    assert max(len(line) for line in rendered.split("\n")) < 700
