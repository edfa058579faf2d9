"""Checking what a spec claims: `expect` statements against the facts."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from resnet_dsl.semantics.bodies import Expectation
from resnet_dsl.semantics.claims import falsehoods
from resnet_dsl.semantics.evaluate import Evaluator
from resnet_dsl.semantics.frames import Budget, Frame, LimitReached


def check_expectations(expectations: Sequence[Expectation], facts: Mapping[str, Any], budget: Budget) -> None:
    """Reports RDL601 for every part of an expectation that does not hold.

    `facts` are the model's own (params, macs, depth, buffers); its parameters and tensors are seen
    too. `within` allows a difference on both sides: absolute, or in percent of the right side.
    """
    evaluator = Evaluator(budget)
    frames: dict[int, Frame] = {}
    for expectation in expectations:
        node = expectation.node
        seen = expectation.frame
        frame = frames.setdefault(id(seen), replace(seen, names=ChainMap(dict(facts), seen.names)))
        try:
            unit = "%" if node.percent else ""
            found = list(falsehoods(node.condition, frame, evaluator, node.within, unit))
        except LimitReached:
            return
        text = " ".join(node.span.text.removeprefix("expect").split())
        for wrong in found:
            advice = f"if the network is right, write `expect {wrong.edit}`" if wrong.edit else ""
            evaluator.report("RDL601", wrong.span, frame, text=text, found=wrong.found, help=advice)
