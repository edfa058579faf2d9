"""What makes two units alike, and the form that they are written in."""

from __future__ import annotations

from typing import Any

from resnet_dsl.backends.pytorch.units import Unit
from resnet_dsl.ir.graph import ScopeKind
from resnet_dsl.ops.emission import CallCode


def has_frame(unit: Unit) -> bool:
    """Whether numbers inside a unit are told in terms of its own parameters."""
    return unit.kind in (ScopeKind.MODEL, ScopeKind.STAGE, ScopeKind.BLOCK)


def signature(unit: Unit) -> tuple[Any, ...]:
    """What the units of one group have in common: where they are written and what they do."""
    scope = unit.scope
    site = scope.definition_span if has_frame(unit) else scope.span
    place = (site.source.name, site.start) if site is not None else ("", 0)
    steps: list[Any] = []
    for step in unit.steps:
        if step.unit is not None:
            steps.append((step.attribute, "unit", len(step.operands), step.operands))
        else:
            assert step.emission is not None
            code = step.emission.module if step.is_module else step.emission.function
            word = code.callee if isinstance(code, CallCode) else code.template if code else ""
            if step.interchangeable:
                word = ""
            if step.held is not None:
                word = f"{word} of {step.held.template}"
            steps.append((step.attribute, step.is_module, word, step.operands))
    return (
        unit.numbering,
        place,
        unit.kind,
        tuple(unit.input_names),
        tuple(steps),
        tuple(unit.registration),
        unit.output,
    )


def form(unit: Unit) -> str:
    """How a unit is written: in place, as a function that returns a Sequential, or as a class."""
    if unit.kind is ScopeKind.MODEL:
        return "class"
    if unit.numbering is not None:
        return "inline"
    if unit.is_empty:
        return "inline"
    if has_frame(unit) and any(step.attribute[0] != str(place) for place, step in enumerate(unit.steps)):
        return "class"  # members with names of their own deserve a class's attributes
    able = unit.is_chain and all(
        len(step.attribute) == 1 and (step.unit is not None or (step.emission and step.emission.module))
        for step in unit.steps
    )
    if not able:
        return "class"
    return "function" if unit.kind is ScopeKind.BLOCK else "inline"
