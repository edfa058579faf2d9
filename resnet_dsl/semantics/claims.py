"""What is wrong with a claim: the part of a condition that is false, and the values in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from resnet_dsl.semantics.evaluate import Evaluator
from resnet_dsl.semantics.frames import Frame
from resnet_dsl.semantics.types import is_int, is_number
from resnet_dsl.semantics.values import POISON, show
from resnet_dsl.source import Span
from resnet_dsl.syntax import tree


class Falsehood(NamedTuple):
    """A false condition: `found` says what the values are, `edit` what would be true instead.

    Of a bound `missed_by` says by how much, and `subject` is what it bounds.
    """

    span: Span
    found: str
    edit: str = ""
    missed_by: str = ""
    subject: tree.Expression | None = None


def falsehoods(
    node: tree.Expression, frame: Frame, evaluator: Evaluator, within: float | None = None, unit: str = ""
) -> Iterator[Falsehood]:
    """Every part of an ``and`` that does not hold; the condition itself where it has no parts.

    `within` lets both sides of ``==`` differ: absolutely, or with the unit ``%`` relative to the
    right side.
    """
    if isinstance(node, tree.Binary) and node.operator == "and":
        for side in (node.left, node.right):
            for part in falsehoods(side, frame, evaluator):
                yield part._replace(edit="")
        return
    wrong = _falsehood(node, frame, evaluator, within, unit)
    if wrong is not None:
        yield wrong


def falsehood(node: tree.Expression, frame: Frame, evaluator: Evaluator) -> Falsehood | None:
    """The first part that does not hold: what stands behind it may rely on it."""
    return next(falsehoods(node, frame, evaluator), None)


def _falsehood(
    node: tree.Expression, frame: Frame, evaluator: Evaluator, within: float | None, unit: str
) -> Falsehood | None:
    """Why a condition does not hold; None where it holds, or cannot be computed."""
    if not isinstance(node, tree.Binary) or node.operator not in {"==", "!=", "<", "<=", ">", ">="}:
        holds = evaluator.condition(node, frame)
        return Falsehood(node.span, "it is false") if holds is False else None
    if within is not None and node.operator == "==":
        left, right = evaluator.evaluate(node.left, frame), evaluator.evaluate(node.right, frame)
        if is_number(left) and is_number(right):
            room = within * abs(right) / 100 if unit else within
            if abs(left - right) <= room:
                return None
            found = f"{_text(node.left)} is {number(left)}, not within {within:g}{unit} of {number(right)}"
            return Falsehood(node.span, found, f"{_text(node.left)} == {number(left)}")
    if evaluator.condition(node, frame) is not False:
        return None
    left, right = evaluator.evaluate(node.left, frame), evaluator.evaluate(node.right, frame)
    if left is POISON or right is POISON:
        return None
    if node.operator == "==":
        found = f"{_text(node.left)} is {number(left)}"
        return Falsehood(node.span, f"{found}, not {number(right)}", f"{_text(node.left)} == {number(left)}")
    found = f"{_text(node.left)} is {_short(left)}"
    if not isinstance(node.right, tree.Number | tree.Text | tree.Boolean):
        found += f", {_text(node.right)} is {number(right)}"
    if node.operator == "!=" or not (is_number(left) and is_number(right)):
        return Falsehood(node.span, found)
    return Falsehood(node.span, found, missed_by=_missed_by(left, right), subject=node.left)


def _missed_by(value: float, bound: float) -> str:
    """``32_212 (10.7 %) over``: how far a value lies from its bound."""
    away = abs(value - bound)
    if not away:
        return ""  # of `<` and `>`: it is the bound itself
    tells = abs(bound) > 0 and away < 1_000 * abs(bound)  # beyond, a share says nothing
    share = f" ({_percent(100 * away / abs(bound))} %)" if tells else ""
    return f"{_short(away)}{share} {'over' if value > bound else 'below'}"


def _percent(share: float) -> str:
    return f"{share:,.0f}" if share >= 100 else f"{share:.3g}"


def number(value: Any) -> str:
    """A value as the language writes it, long numbers in groups of three digits."""
    return f"{int(value):_}" if is_int(value) else show(value)


def _short(value: Any) -> str:
    """As `number`; a long fraction with six digits, as a bound's is seldom longer."""
    exact = number(value)
    return f"{value:.6g}" if isinstance(value, float) and len(exact) > 8 else exact


def _text(node: tree.Expression) -> str:
    text = " ".join(node.span.text.split())
    return text if len(text) <= 80 else text[:77] + "..."
