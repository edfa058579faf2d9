"""Numbers as reports print them."""

from __future__ import annotations

import pytest

from resnet_dsl.backends.report.quantities import byte_size, count, percent, scaled, shape, shapes


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1.000 k"),
        (53_173, "53.17 k"),
        (999_949, "999.9 k"),
        (999_950, "1.000 M"),
        (25_557_032, "25.56 M"),
        (9_999_500, "10.00 M"),
        (4_089_184_256, "4.089 G"),
        (10**15, "1.000 P"),
        (10**25, "10000000.0 E"),
    ],
)
def test_scaled(number: int, text: str) -> None:
    assert scaled(number) == text


def test_bytes_are_decimal() -> None:
    assert byte_size(102_441_032) == "102.4 MB"
    assert byte_size(12) == "12 B"


def test_count_shows_nothing_as_a_dash() -> None:
    assert (count(0), count(1234567)) == ("-", "1,234,567")


def test_percent() -> None:
    assert (percent(1, 3), percent(0, 3), percent(1, 0)) == ("33.3 %", "-", "-")


def test_shapes_are_named_once_each() -> None:
    assert shape((64, 56, 56)) == "64x56x56"
    assert shapes(((8, 4, 4), (8, 4, 4))) == "8x4x4"
    assert shapes(((8, 4, 4), (3, 4, 4))) == "8x4x4, 3x4x4"
