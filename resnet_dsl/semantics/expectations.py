"""Checking what a spec claims: `expect` statements against the facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import DiagnosticBag
from resnet_dsl.semantics.elaborate import Expectation
from resnet_dsl.semantics.evaluate import Evaluator, is_number
from resnet_dsl.semantics.frames import Budget, Frame, LimitReached
from resnet_dsl.semantics.values import POISON, show
from resnet_dsl.syntax import tree


def check_expectations(
    expectations: Sequence[Expectation], facts: Mapping[str, Any], bag: DiagnosticBag
) -> None:
    """Reports RDL601 for every expectation that does not hold.

    `facts` are the model's own (params, macs, depth, buffers); its parameters and tensors are seen
    too. `within` allows a difference on both sides: absolute, or in percent of the right side.
    """
    evaluator = Evaluator(Budget(bag))
    for expectation in expectations:
        frame = replace(expectation.frame, names={**expectation.frame.names, **facts})
        try:
            _check(expectation.node, frame, evaluator)
        except LimitReached:
            return


def _check(node: tree.Expect, frame: Frame, evaluator: Evaluator) -> None:
    condition = node.condition
    text = " ".join(node.span.text.removeprefix("expect").split())
    if not isinstance(condition, tree.Binary) or condition.operator in {"and", "or"}:
        if evaluator.condition(condition, frame) is False:
            evaluator.report("RDL601", condition.span, frame, text=text, left="it", actual="false", wanted="true")
        return
    left, right = evaluator.evaluate(condition.left, frame), evaluator.evaluate(condition.right, frame)
    if left is POISON or right is POISON:
        return
    if node.within is not None and is_number(left) and is_number(right) and condition.operator == "==":
        room = node.within * abs(right) / 100 if node.percent else node.within
        holds: Any = abs(left - right) <= room
    else:
        holds = evaluator.condition(condition, frame)
    if holds is False:
        sign = "" if condition.operator == "==" else f"{condition.operator} "
        actual = _number(left)
        edit = f"write `expect {condition.left.span.text} == {actual}`"
        if condition.operator != "==":
            edit = f"{condition.left.span.text} is {actual}"
        evaluator.report(
            "RDL601",
            condition.span,
            frame,
            text=text,
            left=" ".join(condition.left.span.text.split()),
            actual=actual,
            wanted=f"{sign}{_number(right)}",
            help=f"if the network is right, {edit}",
        )


def _number(value: Any) -> str:
    return f"{int(value):_}" if isinstance(value, int) and not isinstance(value, bool) else show(value)
