"""What changes break: each class by an example, and what breaks nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

import resnet_dsl
from resnet_dsl.analysis.breaking import Break, Level, Model, Parameter, breaking, worst
from resnet_dsl.semantics.declared import declared_models

TEXT = """\
block unit(x, width: int, stride: int = 1) {
  y = x -> conv(width, 1, 1) -> bn -> relu -> conv(width, 3, stride) -> bn
  shortcut s = x -> downsample: conv(width, 1, stride, bias = false)
  return add(y, s) -> relu
}
model net(classes: int = 10, width: int = 8) {
  input image [3, 16, 16]
  x = image -> stem: conv(8, 3) -> bn -> relu -> a: unit(width) -> b: unit(16, 2)
  aux side = x -> aux: seq { gap -> flatten -> linear(5) }
  return x -> gap -> flatten -> dropout(0.5) -> fc: linear(classes)
}
"""


STRIDES = "conv(width, 1, 1) -> bn -> relu -> conv(width, 3, stride)"
MOVED = "conv(width, 1, stride) -> bn -> relu -> conv(width, 3)"


def models(folder: Path, text: str) -> dict[str, Model]:
    path = folder / "net.rdl"
    path.write_text(text)
    program = resnet_dsl.load(path)
    return {
        name: Model(
            {key: Parameter(*entry) for key, entry in parameters.items()},
            program[name].network if name in program.models else None,
        )
        for name, parameters in declared_models(path).items()
    }


@pytest.fixture
def found(tmp_path: Path) -> object:
    """``found(old, new)``: what the replacement of one text by another breaks."""

    def compare(old: str, new: str, *, base: str = TEXT) -> list[Break]:
        assert old in base
        return breaking(models(tmp_path, base), models(tmp_path, base.replace(old, new)))

    return compare


@pytest.mark.parametrize(
    ("old", "new", "level", "message"),
    [
        ("model net(", "model other(", "API", "the model is gone; `other` computes the same"),
        (
            "width: int = 8) {",
            "channels: int = 8) { let width = channels",
            "API",
            "is `channels` its new name?",
        ),
        ("image", "photo", "API", "the inputs were image, and are photo"),
        ("aux side", "aux head", "API", "the auxiliary outputs were side, and are head"),
        ("stem: conv", "first: conv", "KEYS", "operators under other names: stem -> first"),
        ("-> bn\n", "\n", "KEYS", "keys gone: a.bn2.weight"),
        (
            "fc: linear(classes)",
            "fc: linear(classes + 1)",
            "SHAPES",
            "keys of other shapes: fc.weight [10, 16] -> [11, 16], fc.bias [10] -> [11]",
        ),
        ("input image [3,", "input image [1,", "SHAPES", "stem.weight was [8, 3, 3, 3], and is [8, 1, 3, 3]"),
        ("[3, 16, 16]", "[3, 32, 32]", "SHAPES", "input `image` was 3x16x16, and is 3x32x32"),
        (STRIDES, MOVED, "GRAPH", "b.conv1: stride 1 -> 2"),
        ("add(y, s)", "add(y, y)", "GRAPH", "operands"),
        ("dropout(0.5)", "dropout(0.2)", "GRAPH", "0.5 -> 0.2"),
        ("gap -> flatten -> dropout", "gap -> relu -> flatten -> dropout", "GRAPH", "(relu) is new"),
        ("unit(16, 2)\n", "unit(16, 2) -> silu\n", "GRAPH", "(silu) is new"),
        ("conv(8, 3)", "conv(8, 3, init = xavier)", "NONE", "init he -> xavier; weights that are loaded"),
    ],
)
def test_a_change_and_its_class(found: object, old: str, new: str, level: str, message: str) -> None:
    assert callable(found)
    breaks = found(old, new)
    assert worst(breaks) is Level[level], breaks
    assert any(message in entry.message for entry in breaks if entry.level is Level[level]), breaks


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  return x -> gap", "  # the head\n  return x -> gap"),
        ("relu -> a:", "first: relu -> a:"),  # no weights, no key
        ("width: int = 8)", "width: int = 8, more: int = 1)"),
        ("y = x -> conv(width, 1, 1) -> bn", "t = x -> conv(width, 1, 1) -> bn\n  y = t"),
    ],
)
def test_what_breaks_nothing(found: object, old: str, new: str) -> None:
    assert callable(found)
    assert worst(found(old, new)) is Level.NONE


def test_order_of_keys(found: object) -> None:
    assert callable(found)
    lines = (
        "  y = x -> conv(width, 1, 1) -> bn -> relu -> conv(width, 3, stride) -> bn\n",
        ("  shortcut s = x -> downsample: conv(width, 1, stride, bias = false)\n"),
    )
    breaks = found("".join(lines), "".join(reversed(lines)))
    assert worst(breaks) is Level.KEYS
    (only,) = breaks
    assert only.message == (
        "the keys stand in another order, from a.conv1.weight on, where a.downsample.weight is now"
    )


def test_reshaped_keys_are_one_break_a_line(found: object) -> None:
    assert callable(found)
    breaks = [entry for entry in found("width: int = 8", "width: int = 12") if entry.level is Level.SHAPES]
    assert [entry.line for entry in breaks] == [2, 3]  # of the block, in which `a` and `b` have their weights
    assert [entry.path for entry in breaks] == ["a.conv1.weight", "a.downsample.weight"]
    assert breaks[0].message.startswith(
        "keys of other shapes: a.conv1.weight [8, 8, 1, 1] -> [12, 8, 1, 1], "
    )
    assert breaks[0].message.endswith(" and 7 more")
    assert breaks[1].message == (
        "keys of other shapes: a.downsample.weight [8, 8, 1, 1] -> [12, 8, 1, 1], "
        "b.downsample.weight [16, 8, 1, 1] -> [16, 12, 1, 1]"
    )


def test_families_and_applications(found: object) -> None:
    assert callable(found)
    base = TEXT.replace("classes: int = 10, width: int = 8", "width: int, classes: int = 10")
    base += "model wide = net(width = 16)\n"
    breaks = found(", classes: int = 10", "", base=base.replace("linear(classes)", "linear(10)"))
    assert {entry.model for entry in breaks} == {"net", "wide"}
    assert {entry.message for entry in breaks} == {"parameter `classes` is gone"}
    breaks = found("= net(width = 16)", "= net(width = 32)", base=base)
    assert worst(breaks) is Level.SHAPES
    breaks = found("classes: int = 10", "classes: int = 20", base=base)
    assert ("net", "parameter `classes` had the default 10, and has 20") in [
        (entry.model, entry.message) for entry in breaks
    ]


def test_a_stride_that_moves_beside_other_keys_is_told(found: object) -> None:
    assert callable(found)
    both = TEXT.replace(STRIDES, MOVED).replace("stem: conv", "first: conv")
    breaks = found(TEXT, both)
    assert worst(breaks) is Level.KEYS
    assert [entry.path for entry in breaks if entry.level is Level.GRAPH] == ["b.conv1", "b.conv2"]


def test_worst_first_and_where(found: object) -> None:
    assert callable(found)
    breaks = found(
        TEXT,
        TEXT.replace("stem: conv(8, 3)", "s: conv(8, 3)")
        .replace("classes: int", "n: int")
        .replace("linear(classes)", "linear(n)"),
    )
    levels = [entry.level for entry in breaks]
    assert levels == sorted(levels, reverse=True)
    assert levels[0] is Level.API
    graph = found(STRIDES, MOVED)
    assert [(entry.path, entry.line) for entry in graph] == [("b.conv1", 2), ("b.conv2", 2)]


def test_parameters_of_a_family_by_themselves() -> None:
    def changed(before: dict[str, Parameter], after: dict[str, Parameter]) -> list[str]:
        found = breaking({"net": Model(before, None)}, {"net": Model(after, None)})
        assert {entry.level for entry in found} <= {Level.API}
        return [entry.message for entry in found]

    one = Parameter("int", "1")
    assert changed({"a": one}, {"a": one, "b": one}) == []
    assert changed({"a": one}, {"a": Parameter("", "1")}) == []
    assert changed({"a": one}, {"a": Parameter("float", "1")}) == [
        "parameter `a` was of type int, and is of float"
    ]
    assert changed({"a": one}, {"a": Parameter("int", None)}) == ["parameter `a` has lost its default"]
    assert changed({}, {"a": Parameter("int", None)}) == ["parameter `a` is new and has no default"]
    assert changed({"a": one, "b": one}, {"c": one}) == ["parameter `a` is gone", "parameter `b` is gone"]
