"""Which classes there are: instances of a block compared, and what differs made a parameter.

Before: the tree of units. After: every unit belongs to a `Group`, all of whose units have the same
steps; a group knows its form, its constructor's parameters, and its holes.

- Equal numbers are written in place. Numbers that differ become parameters; where the spec's own
  expression explains them (``4 * width``), the expression is written and its variables are the
  parameters.
- A unit inside that is built differently among the instances is a hole: a module passed in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from resnet_dsl.backends.pytorch.alike import form, has_frame, signature
from resnet_dsl.backends.pytorch.identifiers import CODE_NAMES, Names, class_name
from resnet_dsl.backends.pytorch.numbers import simplify
from resnet_dsl.backends.pytorch.units import Step, Unit
from resnet_dsl.backends.pytorch.variants import suffixes
from resnet_dsl.ir.graph import ScopeKind
from resnet_dsl.ir.provenance import (
    Expression,
    Literal,
    Variable,
    expression_of,
    substitute,
    traced,
    variables,
)
from resnet_dsl.ops.record import REQUIRED, CallCode, Slot, TextCode

SlotKey = tuple[Any, ...]


@dataclass(slots=True)
class Parameter:
    """One constructor parameter: the spec's variable, or with `slot` a number of its own."""

    name: str
    type: str
    default: Any = REQUIRED
    variable: Variable | None = None
    slot: SlotKey = ()


@dataclass(slots=True, eq=False)
class Group:
    """Units that share one class, one function, or one way of being written in place."""

    units: list[Unit] = field(default_factory=list)
    form: str = "class"  # class, function or inline
    name: str = ""
    holes: dict[int, str] = field(default_factory=dict)  # step -> parameter name
    optional: set[int] = field(default_factory=set)  # holes that some instance leaves empty
    parameters: list[Parameter] = field(default_factory=list)
    constants: dict[SlotKey, Any] = field(default_factory=dict)
    expressions: dict[SlotKey, Expression] = field(default_factory=dict)
    own: dict[SlotKey, str] = field(default_factory=dict)
    planned: bool = False

    @property
    def first(self) -> Unit:
        return self.units[0]

    @property
    def is_empty(self) -> bool:
        return self.first.is_empty


class Plan:
    """The groups of a network's units, planned innermost first."""

    def __init__(self, root: Unit, names: Names) -> None:
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
            # What a `seq` holds is part of the block's own text, so it makes another class; blocks and
            # loops inside may differ and are passed in.
            held = [step.unit for step in unit.steps if step.unit and step.unit.kind is ScopeKind.SEQ]
            key = (signature(unit), tuple([self.structure[id(inner)] for inner in held]))
            group = self.groups.setdefault(key, Group())
            group.units.append(unit)
            self.group_of[id(unit)] = group
            inner = tuple([self.structure[id(step.unit)] for step in unit.steps if step.unit])
            self.structure[id(unit)] = interned.setdefault((key, inner), len(interned))
        for group in self.groups.values():
            group.units.reverse()
            group.form = form(group.first)
            if group.form != "class":
                for step in [step for unit in group.units for step in unit.steps]:
                    step.in_chain = True

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
        self._decide(group, slots)
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

    def _decide(self, group: Group, slots: dict[SlotKey, list[Any]]) -> None:
        frames = [self._frame(unit).scope.variables for unit in group.units]
        known = frames[0].keys()
        constants = {
            variable: int(frames[0][variable])
            for variable in known
            if len({int(frame[variable]) for frame in frames}) == 1
        }
        used: dict[Variable, None] = {}
        for key, values in slots.items():
            if all([_same(value, values[0]) for value in values]):
                group.constants[key] = values[0]
                continue
            expressions = [
                simplify(expression_of(value), constants) if _is_int(value) else None for value in values
            ]
            shared = expressions[0]
            if shared is None or isinstance(shared, Literal) or any([e != shared for e in expressions]):
                group.own[key] = ""
                continue
            group.expressions[key] = shared
            used.update(dict.fromkeys(variables(shared)))
        self._parameters(group, used, slots)

    def _parameters(self, group: Group, used: dict[Variable, None], slots: dict[SlotKey, list[Any]]) -> None:
        names = Names({*CODE_NAMES, "layer", *self.callees(group)})
        scope = self._frame(group.first).scope
        tensors = [variable for variable in used if variable.axis]
        order = {name: place for place, name in enumerate(scope.arguments)}
        found: list[Parameter] = []
        for variable in tensors:
            word = "channels"
            wanted = f"in_{word}" if len(tensors) == 1 else f"{variable.name}_{word}"
            found.append(Parameter(names.take(wanted), "int", variable=variable))
        plain = sorted((v for v in used if not v.axis), key=lambda v: order.get(v.name, len(order)))
        for variable in plain:
            default = scope.defaults.get(variable.name, REQUIRED)
            found.append(Parameter(names.take(variable.name), "int", default, variable))
        for key in group.own:
            values = slots[key]
            wanted = _own_name(group.first, key)
            parameter = Parameter(names.take(wanted), _type(values), slot=key)
            group.own[key] = parameter.name
            found.append(parameter)
        required = [entry for entry in found if entry.default is REQUIRED]
        optional = [entry for entry in found if entry.default is not REQUIRED]
        group.parameters = [*required, *optional]
        for index in sorted(group.holes):
            group.holes[index] = names.take(group.holes[index])


def _inner(unit: Unit, index: int) -> Unit:
    inner = unit.steps[index].unit
    assert inner is not None
    return inner


def outward(value: Any, unit: Unit) -> Any:
    """A number with its history told in terms of the unit around `unit`."""
    if not _is_int(value) or not has_frame(unit):
        return value
    return traced(int(value), substitute(expression_of(value), unit.scope.variables))


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _same(left: Any, right: Any) -> bool:
    """Equal values of one type; a number is equal whatever its history."""
    if _is_int(left) and _is_int(right):
        return bool(left == right)
    return type(left) is type(right) and bool(left == right)


def _type(values: list[Any]) -> str:
    words = {
        "bool"
        if isinstance(value, bool)
        else "int"
        if isinstance(value, int)
        else "float"
        if isinstance(value, float)
        else "tuple[int, int]"
        if isinstance(value, tuple)
        else "str"
        for value in values
    }
    return " | ".join(sorted(words))


def _own_name(unit: Unit, key: SlotKey) -> str:
    """A parameter's name where the spec has none: the module and the argument it sets."""
    parts: list[str] = []
    current: Unit | None = unit
    for part in key:
        if isinstance(part, int) and current is not None and part < len(current.steps):
            step = current.steps[part]
            parts.append(step.attribute[-1])
            current = step.unit
        elif isinstance(part, str) and part not in {"parameter", "hole", HELD}:
            parts.append(part)
    text = "_".join([part for part in parts[-2:] if part]) or "value"
    return text if not text[0].isdigit() else f"m{text}"


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
    for key, value, _ in operator_arguments(step):
        yield key, value
    if step.held is not None:
        for name, value in step.held.values:
            yield (HELD, name), value


HELD = "held"  # before the names of values that make a bare tensor
