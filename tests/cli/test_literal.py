"""Values on the command line, in the language's notation."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_dsl.cli.literal import parse_assignment, parse_value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10", 10),
        ("1_000", 1000),
        ("-3", -3),
        ("4.09G", 4_090_000_000),
        ("1e-4", 1e-4),
        ("0.5", 0.5),
        ("true", True),
        ("false", False),
        ("bottleneck", "bottleneck"),
        ('"a \\"b\\""', 'a "b"'),
        ("[]", []),
        ("[3, 4, 6, 3]", [3, 4, 6, 3]),
        ("[3,4,]", [3, 4]),
        (" [ [1, -2.5], [relu, true] ] ", [[1, -2.5], ["relu", True]]),
    ],
)
def test_values(text: str, value: object) -> None:
    parsed = parse_value(text)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "1 2",
        "[1",
        "[1 2]",
        "1]",
        "[,]",
        "--1",
        "-true",
        "1.",
        ".5",
        "0x10",
        "a.b",
        "'a'",
        "1_0k0",
        "é",
    ],
)
def test_what_is_no_value(text: str) -> None:
    with pytest.raises(ValueError, match="is no value"):
        parse_value(text)


def test_too_large() -> None:
    with pytest.raises(ValueError, match="too large"):
        parse_value("1" * 100)


def test_deep_nesting_is_refused_not_followed() -> None:
    with pytest.raises(ValueError, match="is no value"):
        parse_value("[" * 10_000 + "]" * 10_000)


def test_assignments() -> None:
    assert parse_assignment("classes = 10") == ("classes", 10)
    assert parse_assignment("train.epochs=6") == ("train.epochs", 6)
    assert parse_assignment('note="a=b"') == ("note", "a=b")


@pytest.mark.parametrize("path", ["data/cifar10", "/mnt/x.y/z-1", "..", "~/data", "C:\\data", "a.b"])
def test_a_recipes_path_needs_no_quotes(path: str) -> None:
    assert parse_assignment(f"train.data.folder={path}") == ("train.data.folder", path)
    with pytest.raises(ValueError, match="is no value"):
        parse_assignment(f"classes={path}")


@pytest.mark.parametrize(("text", "value"), [("0.1", 0.1), ("1e-3", 1e-3), ("-2.5", -2.5), ('"a/b"', "a/b")])
def test_numbers_and_quoted_texts_of_recipes_are_no_paths(text: str, value: object) -> None:
    assert parse_assignment(f"train.x={text}") == ("train.x", value)


@pytest.mark.parametrize("text", ["classes", "=3", "a b=3", "a..b=3", "1a=3", "train.=3"])
def test_what_is_no_assignment(text: str) -> None:
    with pytest.raises(ValueError, match="classes=10"):
        parse_assignment(text)


@given(st.text())
def test_any_text_is_a_value_or_refused(text: str) -> None:
    with suppress(ValueError):
        parse_value(text)
