"""Numbers, shapes and sizes as reports print them."""

from __future__ import annotations

from collections.abc import Iterable

_UNITS = ("", " k", " M", " G", " T", " P", " E")
_BYTE_UNITS = (" B", " kB", " MB", " GB", " TB", " PB")


def count(number: int) -> str:
    """With thousands separators; nothing is a dash, so that what costs stands out."""
    return f"{number:,}" if number else "-"


def scaled(number: int) -> str:
    """Four significant digits with a decimal unit: ``4.089 G``."""
    return _scale(number, _UNITS)


def byte_size(number: int) -> str:
    """Bytes in decimal units, four significant digits: ``102.4 MB``."""
    return _scale(number, _BYTE_UNITS)


def duration(seconds: float) -> str:
    """Three significant digits with a unit: ``9.35 ms``."""
    if seconds <= 0:
        return "-"
    for unit, scale in (("s", 1.0), ("ms", 1e3), ("us", 1e6)):
        if seconds * scale >= 0.9995:
            return f"{_three_digits(seconds * scale)} {unit}"
    return f"{_three_digits(seconds * 1e9)} ns"


def ratio(number: float) -> str:
    """Three significant digits; nothing is a dash."""
    return _three_digits(number) if number else "-"


def _three_digits(number: float) -> str:
    return f"{number:.{2 if number < 9.995 else 1 if number < 99.95 else 0}f}"


def percent(part: int, whole: int) -> str:
    """A share with one decimal; empty where there is nothing to share."""
    return f"{100 * part / whole:.1f} %" if part and whole else "-"


def shape(dims: Iterable[int]) -> str:
    """``64x56x56``, as the language writes shapes."""
    return "x".join(map(str, dims))


def shapes(of: Iterable[Iterable[int]]) -> str:
    """Several shapes, each once: ``64x56x56`` for a sum of two such, ``64x8x8, 32x8x8`` for a concat."""
    return ", ".join(dict.fromkeys(shape(dims) for dims in of))


def _scale(number: int, units: tuple[str, ...]) -> str:
    value, unit = float(number), 0
    # 999.95 and more would round to 1000.0, which the next unit writes shorter.
    while unit < len(units) - 1 and value >= (1000 if unit == 0 else 999.95):
        value /= 1000
        unit += 1
    if unit == 0:
        return f"{number}{units[0]}"
    digits = 3 if value < 9.9995 else 2 if value < 99.995 else 1
    return f"{value:.{digits}f}{units[unit]}"
