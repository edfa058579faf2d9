"""What tells the classes of one block apart, in a word.

A block of a spec becomes several classes where an argument changes what it does: a stride of 2 may
bring a pooling along. A number behind the name would not say which is which; the argument does, or
the module or shortcut that only one of them has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from resnet_dsl.backends.pytorch.units import Step, Unit
from resnet_dsl.ir.graph import ScopeKind

_MOST = 2  # words; beyond, a number is clearer


class _Traits(NamedTuple):
    """What all units of one class have in common."""

    arguments: Mapping[str, Any]
    parts: tuple[str, ...]  # modules by name, blocks in a `seq`, and whether there is a shortcut
    unusual: int  # arguments that are not the spec's defaults, and switches that are on


def suffixes(groups: Sequence[Sequence[Unit]]) -> list[str]:
    """A word for each group of units, joined by ``_``; empty for the plainest, and where no word
    tells it from that one."""
    traits = [_traits(units) for units in groups]
    plainest = min(range(len(traits)), key=lambda i: (len(traits[i].parts), traits[i].unusual, i))
    return [_difference(entry, traits[plainest]) if i != plainest else "" for i, entry in enumerate(traits)]


def _traits(units: Sequence[Unit]) -> _Traits:
    scopes = [unit.scope for unit in units]
    first = scopes[0]
    shared = {
        name: value
        for name, value in first.arguments.items()
        if isinstance(value, int) and all(scope.arguments.get(name) == value for scope in scopes)
    }
    unusual = sum(value != first.defaults.get(name, value) or value is True for name, value in shared.items())
    steps = [step for step in units[0].steps if step.unit is None or not step.unit.is_empty]
    parts = [_name(step) for step in steps if step.is_module]
    parts += [name for step in steps if step.unit for name in _members(step.unit)]
    if any(operand.shortcut for step in steps if step.node for operand in step.node.operands):
        parts.append("shortcut")
    return _Traits(shared, tuple(dict.fromkeys(parts)), unusual)


def _name(step: Step) -> str:
    """A module's name, without the number that an automatic one has."""
    automatic = step.node is not None and not step.node.labelled and not step.node.numbered
    return step.attribute[0].rstrip("0123456789") if automatic else step.attribute[0]


def _members(unit: Unit) -> list[str]:
    """The blocks that a `seq` holds: they are numbered, so the spec's words tell more."""
    if unit.kind is not ScopeKind.SEQ:
        return []
    return [step.unit.scope.definition for step in unit.steps if step.unit and step.unit.scope.definition]


def _difference(one: _Traits, plainest: _Traits) -> str:
    words = [name for name in one.parts if name not in plainest.parts] or [
        _word(name, value)
        for name, value in one.arguments.items()
        if name in plainest.arguments and plainest.arguments[name] != value
    ]
    return "_".join(words) if 0 < len(words) <= _MOST and all(word.isidentifier() for word in words) else ""


def _word(name: str, value: int) -> str:
    if isinstance(value, bool):
        return name if value else f"no_{name}"
    return f"{name}{value}" if value >= 0 else ""
