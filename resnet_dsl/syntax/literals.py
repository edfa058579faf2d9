"""Numbers, strings and interpolated labels: what stands inside one token."""

from __future__ import annotations

import re
from collections.abc import Callable

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import Diagnostic
from resnet_dsl.source import Span
from resnet_dsl.syntax import tree

LARGEST_INT = 2**63 - 1
MAX_STRING = 1_000  # characters; strings are labels and messages
MAX_DOC = 10_000
MAX_PARAMETERS = 256  # of a block or model
_SUFFIXES = {"k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_PIECE = re.compile(r"\{([^{}]*)\}|([^{}]+)|(.)")


def number(text: str) -> int | float | None:
    """The value of a number token, exact; None where it is beyond what numbers hold.

    ``1_000`` is an int, ``0.1`` a float; ``4.09G`` is an int where the product is whole.
    """
    plain = text.replace("_", "")
    factor = _SUFFIXES.get(plain[-1], 1)
    digits = plain[:-1] if factor > 1 else plain
    if len(digits) > 60:
        return None
    mantissa, _, exponent = digits.lower().partition("e")
    if exponent and abs(int(exponent)) > 400:
        return None
    if factor == 1:
        if not exponent and "." not in mantissa:
            whole = int(mantissa)
            return whole if whole <= LARGEST_INT else None
        value = float(digits)
        return value if value != float("inf") else None
    from fractions import Fraction  # brings decimal along, and few specs have a `4.09G`

    exact = Fraction(digits) * factor
    if exact > LARGEST_INT:
        return None
    return int(exact) if exact.denominator == 1 else float(exact)


def unescape(text: str) -> str:
    """The text of a string with its backslash escapes resolved."""
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), text)


ParseExpression = Callable[[str, int], tuple["tree.Expression | None", list[Diagnostic]]]


def interpolation(
    text: str, span: Span, parse_expression: ParseExpression
) -> tuple[tuple[tuple[str | tree.Expression, ...], ...], list[Diagnostic]]:
    """A quoted label as dotted parts of literal text and expressions: ``"conv{i + 1}.bn"``."""
    parts: list[list[str | tree.Expression]] = [[]]
    problems: list[Diagnostic] = []
    for match in _PIECE.finditer(text):
        inner, literal, stray = match.groups()
        if stray is not None:
            problems.append(diagnose("RDL502", span, name=text, reason="a brace has no partner"))
        elif inner is not None:
            # The offset is exact for strings without escapes, which is every sensible label.
            value, trouble = parse_expression(inner, span.start + 1 + match.start(1))
            problems.extend(trouble)
            if value is not None:
                parts[-1].append(value)
        else:
            for position, piece in enumerate(literal.split(".")):
                if position:
                    parts.append([])
                if piece:
                    parts[-1].append(piece)
    return tuple(tuple(part) for part in parts), problems
