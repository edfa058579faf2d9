"""Checking what a spec claims: `expect` statements against the facts."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from resnet_dsl.diagnostics.model import DiagnosticBag
from resnet_dsl.ir.claim import Claim
from resnet_dsl.semantics.bodies import Expectation
from resnet_dsl.semantics.claims import Falsehood, falsehoods
from resnet_dsl.semantics.evaluate import Evaluator
from resnet_dsl.semantics.frames import Budget, Frame, LimitReached
from resnet_dsl.syntax import tree

# Where a fact is what it is, as words for the end of a sentence; nothing where no place can be told.
Whereabouts = Callable[[str], str]


def check_expectations(
    expectations: Sequence[Expectation], facts: Mapping[str, Any], budget: Budget, where: Whereabouts
) -> None:
    """Reports RDL601 for every part of an expectation that does not hold.

    `facts` are the model's own (params, macs, depth, buffers); its parameters and tensors are seen
    too. `within` allows a difference on both sides: absolute, or in percent of the right side.
    """
    evaluator = Evaluator(budget)
    try:
        for expectation, frame, found in _judged(expectations, facts, evaluator):
            for wrong in found:
                advice = f"if the network is right, write `expect {wrong.edit}`" if wrong.edit else ""
                told = _told(wrong, where)
                evaluator.report(
                    "RDL601", wrong.span, frame, text=_text(expectation), found=told, help=advice
                )
    except LimitReached:
        return


def claims_of(
    expectations: Sequence[Expectation], facts: Mapping[str, Any], where: Whereabouts
) -> tuple[Claim, ...]:
    """Every expectation with what is wrong with it, in their order; they are to have been checked."""
    judged = _judged(expectations, facts, Evaluator(Budget(DiagnosticBag())))
    return tuple(
        Claim(
            _text(expectation),
            expectation.node.span.source.name.replace("\\", "/").rsplit("/", 1)[-1],
            expectation.node.span.start_position.line,
            tuple(_told(wrong, where) for wrong in found),
        )
        for expectation, _, found in judged
    )


def _judged(
    expectations: Sequence[Expectation], facts: Mapping[str, Any], evaluator: Evaluator
) -> Iterator[tuple[Expectation, Frame, list[Falsehood]]]:
    frames: dict[int, Frame] = {}
    for expectation in expectations:
        node, seen = expectation.node, expectation.frame
        frame = frames.setdefault(id(seen), replace(seen, names=ChainMap(dict(facts), seen.names)))
        unit = "%" if node.percent else ""
        yield expectation, frame, list(falsehoods(node.condition, frame, evaluator, node.within, unit))


def _told(wrong: Falsehood, where: Whereabouts) -> str:
    """What the values are, by how much a bound is missed, and where a fact is what it is."""
    parts = [wrong.found, *([wrong.missed_by] if wrong.missed_by else [])]
    place = where(wrong.subject.name) if isinstance(wrong.subject, tree.Reference) else ""
    return ", ".join(parts) + (f", {place}" if place else "")


def _text(expectation: Expectation) -> str:
    return " ".join(expectation.node.span.text.removeprefix("expect").split())
