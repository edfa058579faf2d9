"""What a caller may set from outside a spec: models, parameters and shapes that do not fit."""

from __future__ import annotations

from typing import Any

import pytest

import resnet_dsl
from resnet_dsl.diagnostics.model import Diagnostic, SpecError

TEXT = """\
model family(width: int, classes: int = 10, depths: list[int] = [1], size: int = 8) {
  input image [3, size, size]
  return image -> conv(width, 3) -> repeat depths[0] { relu } -> gap -> flatten -> fc: linear(classes)
}

model small = family(8) {
  expect params == 314
}
"""


def mistakes(**options: Any) -> tuple[Diagnostic, ...]:
    with pytest.raises(SpecError) as error:
        resnet_dsl.loads(TEXT, **options)
    assert all(entry.span is not None and entry.message for entry in error.value.diagnostics)
    return error.value.diagnostics


def test_an_unknown_parameter() -> None:
    (found,) = mistakes(overrides={"clases": 3})
    assert (found.code, found.help) == ("RDL339", "did you mean `classes`?")


def test_a_model_without_parameters() -> None:
    text = "model net {\n  input image [3, 8, 8]\n  return image -> relu\n}\n"
    with pytest.raises(SpecError) as error:
        resnet_dsl.loads(text, overrides={"classes": 3})
    (found,) = error.value.diagnostics
    assert found.code == "RDL339"
    assert found.help.startswith("it has no parameters at all")


def test_an_unknown_model() -> None:
    (found,) = mistakes(model="smal")
    assert (found.code, found.help) == ("RDL222", "did you mean `small`?")


def test_a_family_needs_its_arguments() -> None:
    (found,) = mistakes(model="family")
    assert found.code == "RDL302"
    assert resnet_dsl.loads(TEXT, model="family", overrides={"width": 8})["family"].params == 314


def test_an_override_asks_for_another_network() -> None:
    assert resnet_dsl.loads(TEXT, overrides={"classes": 3})["small"].params == 251


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("ten", "RDL303"),
        (2.5, "RDL303"),
        (True, "RDL303"),
        (None, "RDL303"),
        ([3], "RDL303"),
        ({}, "RDL303"),
        (object(), "RDL303"),
        (float("nan"), "RDL303"),
        (0, "RDL304"),
        (-1, "RDL304"),
        (2**31, "RDL805"),
        (10**400, "RDL805"),
    ],
)
def test_values_that_do_not_fit(value: Any, code: str) -> None:
    (found,) = mistakes(overrides={"classes": value})
    assert found.code == code
    assert len(found.message) < 200


@pytest.mark.parametrize(
    ("value", "code"),
    [([], "RDL323"), ([10**9], "RDL801"), ([10**400], "RDL801"), ([[1]], "RDL303"), ([-1], "RDL338")],
)
def test_lists_that_do_not_fit(value: Any, code: str) -> None:
    (found,) = mistakes(overrides={"depths": value})
    assert found.code == code


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        ((), "RDL409"),
        ((3,), "RDL402"),
        ((3, 8), "RDL409"),
        ((1, 3, 8, 8), "RDL409"),
        ((3, 0, 8), "RDL409"),
        ((3, "8", 8), "RDL409"),
        ((3, 2**31, 8), "RDL805"),
        ((3, 10**40, 8), "RDL805"),
        ((3, True, 8), "RDL409"),
    ],
)
def test_shapes_that_do_not_fit(shape: Any, code: str) -> None:
    (found,) = mistakes(input_shape=shape)
    assert found.code == code


def test_an_input_shape_from_outside() -> None:
    network = resnet_dsl.loads(TEXT, input_shape=(3, 16, 12))["small"].network
    assert network.node(0).shape.dims == (3, 16, 12)
