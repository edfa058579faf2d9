"""Edits that a model cannot take: RDL351 to RDL355."""

from __future__ import annotations

from typing import Any

import pytest

import resnet_dsl
from resnet_dsl.diagnostics.model import Diagnostic, SpecError
from resnet_dsl.diagnostics.render import render_text

TEXT = """\
block unit(x, width: int = x.c, stride: int = 1) {
  shortcut s = x -> side: conv(width, 1, stride)
  y = x -> conv(width, 3, stride)
  return add(y, s)
}

stage two(x, width: int) { return x -> repeat 2 as i { unit(width, 2 - i) } }

model net {
  input image [4, 8, 8]
  return image -> "layer1": repeat 1 { two(8) } -> body: seq { relu } -> fc: conv(2, 1)
}
"""


def mistakes(text: str, **options: Any) -> tuple[Diagnostic, ...]:
    with pytest.raises(SpecError) as error:
        resnet_dsl.loads(text, **options)
    assert all(entry.span is not None and entry.message for entry in error.value.diagnostics)
    return error.value.diagnostics


def body(text: str) -> str:
    return f"block unit(x) {{\n{text}\n}}\nmodel net {{\n input image [4, 8, 8]\n return image -> a: unit\n}}"


def test_a_dimension_of_what_is_left_out() -> None:
    text = body("shortcut s = x\n t = x -> conv(s.c, 3)\n return add(t, s)")
    (found,) = mistakes(text, without_shortcuts=True)
    assert found.code == "RDL351"
    assert found.message == "`s` is left out with the shortcuts: it has no `.c`"
    assert found.where == "a = unit()"


@pytest.mark.parametrize(
    "text",
    [
        "shortcut s = x\n return s",
        "shortcut s = x\n return s -> conv(4, 3) -> relu",
        "shortcut gate = x -> sigmoid\n return mul(x, gate)",
        "shortcut s = x\n return concat(s, s)",
    ],
)
def test_a_result_that_is_left_out(text: str) -> None:
    (found,) = mistakes(body(text), without_shortcuts=True)
    assert (found.code, found.where) == ("RDL352", "a = unit()")
    assert found.message == "without shortcuts, nothing is left of the result of `unit`"


def test_a_model_that_is_left_out() -> None:
    text = "model net {\n input x [4, 8, 8]\n shortcut s = x -> relu\n return s\n}"
    (found,) = mistakes(text, without_shortcuts=True)
    assert (found.code, found.where) == ("RDL352", "model net")


def test_nothing_to_leave_out() -> None:
    (found,) = mistakes(body("return add(x, x)"), without_shortcuts=True)
    assert found.code == "RDL353"
    assert found.message == "`net` has no `shortcut` statement: without shortcuts it is what it is"


@pytest.mark.parametrize(
    ("path", "advice"),
    [
        ("layer1.0.2", "did you mean `layer1.0.1`?"),
        ("layer1.0.1.conv1", "`layer1.0.1.conv1` is an operator (`conv`)"),
        ("body", "`body` is a `seq`"),
        ("layer1", "`layer1` is a `repeat`"),
        ("", "known here: `layer1.0`, `layer1.0.0`, `layer1.0.1`"),
        ("x\n\x1b[31m", "known here: `layer1.0`, `layer1.0.0`, `layer1.0.1`"),
    ],
)
def test_no_such_block(path: str, advice: str) -> None:
    (found,) = mistakes(TEXT, delete_blocks=[path])
    assert (found.code, found.help) == ("RDL354", advice)
    assert "\x1b" not in render_text([found])


def test_a_model_without_blocks() -> None:
    text = "model net {\n input image [4, 8, 8]\n return image -> relu\n}"
    (found,) = mistakes(text, delete_blocks=["layer1"])
    assert (found.code, found.help) == ("RDL354", "`resnet-dsl show` prints the paths")


def test_several_unknown_blocks_are_told_together() -> None:
    (found,) = mistakes(TEXT, delete_blocks=["a", "layer1.0.1", "b", "a"])
    assert found.message == "`net` has no block `a`, `b`"


def test_a_block_that_changes_the_shape() -> None:
    (found,) = mistakes(TEXT, delete_blocks=["layer1.0.0"])
    assert found.code == "RDL355"
    assert found.message == "`layer1.0.0` cannot be deleted: it makes 8x4x4 of 4x8x8"
    assert found.where == "layer1.0.0 = unit(width = 8, stride = 2)"
    assert (
        resnet_dsl.loads(TEXT, delete_blocks=["layer1.0.1"])["net"].params
        < resnet_dsl.loads(TEXT)["net"].params
    )
