"""Which classes there are: instances of a block compared, and what differs made a parameter.

Before: the tree of units. After: every unit belongs to a `Group`, all of whose units have the same
steps; a group knows its form, its constructor's parameters, and its holes. A hole is a unit inside
that is built differently among the instances: a module passed in.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from resnet_dsl.backends.pytorch.alike import form, has_frame, signature
from resnet_dsl.backends.pytorch.groups import Group, SlotKey
from resnet_dsl.backends.pytorch.identifiers import Names, class_name
from resnet_dsl.backends.pytorch.numbers import Callee
from resnet_dsl.backends.pytorch.parameters import decide, is_int
from resnet_dsl.backends.pytorch.segments import join_segments
from resnet_dsl.backends.pytorch.units import Step, Unit
from resnet_dsl.backends.pytorch.variants import suffixes
from resnet_dsl.ir.graph import ScopeKind
from resnet_dsl.ir.provenance import Variable, expression_of, substitute, traced
from resnet_dsl.ops.emission import CallCode, Slot, TextCode
from resnet_dsl.ops.parameter import REQUIRED


class Plan:
    """The groups of a network's units, planned innermost first."""

    def __init__(self, root: Unit, names: Names) -> None:
        join_segments(root)
        self.root = root
        self.names = names
        self.group_of: dict[int, Group] = {}
        self.structure: dict[int, int] = {}
        self.order: list[Group] = []
        self.variants: dict[int, str] = {}
        self._group()
        for group in list(self.groups.values()):
            self._find_holes(group)
        self.plan(self.group_of[id(root)])

    # --- grouping --------------------------------------------------------------------------------

    def _group(self) -> None:
        self.groups: dict[SlotKey, Group] = {}
        interned: dict[tuple[Any, ...], int] = {}
        for unit in reversed(list(self.root.walk())):
            written = form(unit)
            if written != "class":
                for step in unit.steps:
                    step.in_chain = True
            # What a `seq` holds is part of the block's own text, so it makes another class; blocks and
            # loops inside may differ and are passed in.
            held = [step.unit for step in unit.steps if step.unit and step.unit.kind is ScopeKind.SEQ]
            key = (signature(unit), tuple([self.structure[id(inner)] for inner in held]))
            if key not in self.groups:
                self.groups[key] = Group(form=written)
            group = self.groups[key]
            group.units.append(unit)
            self.group_of[id(unit)] = group
            inner = tuple([self.structure[id(step.unit)] for step in unit.steps if step.unit])
            self.structure[id(unit)] = interned.setdefault((key, inner), len(interned))
        for group in self.groups.values():
            group.units.reverse()

    def _find_holes(self, group: Group) -> None:
        if group.form == "inline":
            return  # written out at each place, so nothing has to be passed in
        for index, step in enumerate(group.first.steps):
            if step.unit is None:
                continue
            inner = [_inner(unit, index) for unit in group.units]
            if len({self.structure[id(unit)] for unit in inner}) > 1:
                group.holes[index] = step.attribute[-1]
                if any(unit.is_empty for unit in inner):
                    group.optional.add(index)

    # --- planning --------------------------------------------------------------------------------

    def plan(self, group: Group) -> None:
        """Decides a group's parameters, after those of the groups it builds on."""
        if group.planned:
            return
        group.planned = True
        for unit in group.units:
            for step in unit.steps:
                if step.unit is not None:
                    self.plan(self.group_of[id(step.unit)])
        if group.form == "inline":
            return
        slots: dict[SlotKey, list[Any]] = {}
        for unit in group.units:
            for key, value in self.slots(unit):
                slots.setdefault(key, []).append(value)
        decide(group, slots, [self._frame(unit).scope for unit in group.units], self.callees(group))
        group.name = self._name(group)
        self.order.append(group)

    def _name(self, group: Group) -> str:
        scope = group.first.scope
        if group.first.kind is ScopeKind.MODEL:
            return ""  # the caller has named the model's class before all others
        wanted = scope.definition or scope.name or scope.kind.value
        if wanted[0].isdigit():
            wanted = f"{scope.kind.value}_{wanted}"
        variant = self._variant(group)
        if group.form == "function":
            return self.names.take(f"{wanted}_{variant}" if variant else wanted)
        name = class_name(wanted, scope.doc)
        return self.names.take(name + class_name(variant, "") if variant else name)

    def _variant(self, group: Group) -> str:
        """What tells a class from the others of its block; empty for the plainest, and for one alone."""
        if not self.variants:
            blocks: dict[Any, list[Group]] = {}
            for entry in self.groups.values():
                if entry.form != "inline" and entry.first.scope.definition_span is not None:
                    blocks.setdefault(entry.first.scope.definition_span, []).append(entry)
            for alike in blocks.values():
                found = suffixes([entry.units for entry in alike])
                self.variants.update(zip(map(id, alike), found, strict=True))
        return self.variants.get(id(group), "")

    def slots(self, unit: Unit) -> Iterator[tuple[SlotKey, Any]]:
        """Every number that building `unit` needs, with its history in the unit's own terms."""
        group = self.group_of[id(unit)]
        for index, step in enumerate(unit.steps):
            if index in group.holes:
                continue
            if step.unit is None:
                yield from ((((index, *key)), value) for key, value in _operator_slots(step))
            else:
                yield from (((index, *key), value) for key, value in self.arguments(step.unit))

    def arguments(self, unit: Unit) -> Iterator[tuple[SlotKey, Any]]:
        """The numbers that a unit's construction takes, in terms of the unit around it."""
        group = self.group_of[id(unit)]
        if group.form == "inline":
            for key, value in self.slots(unit):
                yield key, outward(value, unit)
        else:
            own = dict(self.slots(unit)) if group.own else {}
            for parameter in group.parameters:
                if parameter.variable is not None:
                    yield ("parameter", parameter.name), self.variable(unit, parameter.variable)
                elif parameter.slot:
                    yield ("parameter", parameter.name), outward(own[parameter.slot], unit)
        for index in group.holes:
            inner = _inner(unit, index)
            for key, value in self.arguments(inner):
                yield ("hole", index, *key), outward(value, unit)

    def callees(self, group: Group) -> set[str]:
        """The classes and functions that the group's constructor calls."""
        steps = [step for index, step in enumerate(group.first.steps) if index not in group.holes]
        found: set[str] = set()
        while steps:
            step = steps.pop()
            if step.unit is None:
                if step.emission is not None and step.emission.support is not None:
                    found.add(step.emission.support.name)
                continue
            inner = self.group_of[id(step.unit)]
            if inner.form == "inline":
                steps += step.unit.steps
            else:
                found.add(inner.name)
                steps += [step.unit.steps[index] for index in inner.holes]
        return found

    def variable(self, unit: Unit, variable: Variable) -> Any:
        """What a variable of a unit's frame is worth to the unit around it."""
        if has_frame(unit):
            return unit.scope.variables[variable]
        return traced(int(self._frame(unit).scope.variables[variable]), variable)

    def _frame(self, unit: Unit) -> Unit:
        while not has_frame(unit) and unit.parent is not None:
            unit = unit.parent
        return unit


def _inner(unit: Unit, index: int) -> Unit:
    inner = unit.steps[index].unit
    assert inner is not None
    return inner


def outward(value: Any, unit: Unit) -> Any:
    """A number with its history told in terms of the unit around `unit`."""
    if isinstance(value, tuple):
        return tuple([outward(side, unit) for side in value])
    if not is_int(value) or not has_frame(unit):
        return value
    return traced(int(value), substitute(expression_of(value), unit.scope.variables))


def operator_arguments(step: Step) -> list[tuple[SlotKey, Any, Any]]:
    """The values that an operator's call takes: slot key, value, torch's default."""
    assert step.emission is not None
    code = step.emission.module if step.is_module else step.emission.function
    if code is None:
        code = step.emission.module
    if isinstance(code, CallCode):
        return [
            ((argument.key,), argument.value, argument.default)
            for argument in code.arguments
            if not isinstance(argument.value, Slot | TextCode)
        ]
    if isinstance(code, TextCode):
        return [((name,), value, REQUIRED) for name, value in code.values]
    return []


def _operator_slots(step: Step) -> Iterator[tuple[SlotKey, Any]]:
    if step.interchangeable and step.node is not None and step.emission is not None:
        module = step.emission.module
        assert isinstance(module, CallCode)
        yield (CALLEE,), Callee(module.callee, step.node.op.name)
    for key, value, _ in operator_arguments(step):
        yield key, value
    if step.held is not None:
        for name, value in step.held.values:
            yield (HELD, name), value


CALLEE = "module"  # the slot of the torch class of a step where any may stand
HELD = "held"  # before the names of values that make a bare tensor
