"""Expressions are brought into a shorter form that is worth the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_dsl.backends.pytorch.numbers import print_expression, simplify
from resnet_dsl.backends.pytorch.ramp import Ramp, Steps, progression, reach
from resnet_dsl.ir.provenance import Binary, Call, Expression, Literal, Variable, evaluate

WIDTH, STRIDE = Variable("width"), Variable("stride")
NAMES = {WIDTH: "width", STRIDE: "stride"}


def times(factor: int, value: Expression) -> Expression:
    return Binary("*", Literal(factor), value)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (Binary("+", WIDTH, WIDTH), "2 * width"),
        (Binary("+", WIDTH, Binary("-", times(3, WIDTH), WIDTH)), "3 * width"),
        (Binary("-", WIDTH, WIDTH), "0"),
        (Binary("-", STRIDE, Binary("+", WIDTH, STRIDE)), "(-1) * width"),
        (Binary("+", WIDTH, STRIDE), "width + stride"),
        (Binary("-", Binary("+", WIDTH, times(2, STRIDE)), WIDTH), "2 * stride"),
        (Binary("//", Binary("+", WIDTH, WIDTH), Literal(2)), "width"),
        (Call("max", (Literal(8), Call("max", (Literal(16), WIDTH)))), "max(16, width)"),
        (Call("min", (Literal(8), Call("max", (Literal(16), WIDTH)))), "min(8, max(16, width))"),
        (Call("max", (WIDTH, WIDTH)), "width"),
    ],
)
def test_expression_as_one_would_write_it(expression: Expression, text: str) -> None:
    assert print_expression(simplify(expression, {}), NAMES, {}) == text


EXPRESSIONS = st.recursive(
    st.sampled_from([WIDTH, STRIDE, *map(Literal, range(-3, 9))]),
    lambda inner: (
        st.builds(Binary, st.sampled_from(["+", "-", "*"]), inner, inner)
        | st.builds(
            lambda name, one, two: Call(name, (one, two)), st.sampled_from(["min", "max"]), inner, inner
        )
    ),
    max_leaves=12,
)


@given(EXPRESSIONS, st.integers(1, 64), st.integers(1, 4))
def test_the_value_stays(expression: Expression, width: int, stride: int) -> None:
    values = {WIDTH: width, STRIDE: stride}
    shorter = simplify(expression, {})
    assert evaluate(shorter, values) == evaluate(expression, values)
    text = print_expression(shorter, NAMES, {})
    assert eval(text, {"width": width, "stride": stride, "max": max, "min": min}) == evaluate(
        expression, values
    )


@given(st.integers(1, 50), st.integers(0, 40), st.integers(2, 30), st.integers(1, 100))
def test_a_ramp_of_rates_is_found_to_the_last_bit(percent: int, begin: int, count: int, more: int) -> None:
    total = begin + count + more
    values = [percent / 100 * (begin + place) / total for place in range(count)]
    found = progression(values)
    assert found is not None
    assert reach(found, values) == count
    assert eval(found.text("i").replace("i", str(count - 1))) == values[-1]


@pytest.mark.parametrize("values", [[0.1, 0.1], [0.5, 0.1], [0.1, 0.37], [1, 0.5], [0.1, 2]])
def test_what_is_no_ramp_is_left_alone(values: list[float]) -> None:
    found = progression(values)
    assert found is None or reach(found, [*values, 7.7]) == 2


def test_whole_numbers_grow_by_equal_steps() -> None:
    assert progression([3, 5, 7]) == Steps(3, 2)
    assert Steps(3, 2).text("i") == "3 + 2 * i"
    assert Steps(9, -1).text("i") == "9 - i"
    assert Ramp(0.2, 0, 16).text("i") == "0.2 * i / 16"
