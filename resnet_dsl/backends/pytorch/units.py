"""The network as a tree of modules-to-be: one `Unit` for each named scope.

Before: a verified network. After: every unit lists its steps in execution order, and each step
says where its operands come from in the unit's own terms, so that two instances of one block can
be compared step by step. Unlabelled blocks are folded into the unit around them; levels made by
dotted labels become part of a step's attribute path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from resnet_dsl.ir.graph import Node, Scope, ScopeKind
from resnet_dsl.ops.emission import CallCode, Emission, Support, TextCode
from resnet_dsl.ops.record import Operator

LEAST_SEGMENT = 4  # numbered members of a class that are worth a loop


@dataclass(frozen=True, slots=True)
class Ref:
    """A value inside a unit: input number `index`, or the result of step number `index`."""

    kind: str  # "in" or "step"
    index: int


@dataclass(slots=True, eq=False)
class Step:
    """One call in a unit's forward: an operator, or a unit inside it.

    `attribute` is the path from the unit to the module, usually one name.
    """

    attribute: tuple[str, ...]
    operands: tuple[Ref, ...] = ()
    node: Node | None = None
    unit: Unit | None = None
    emission: Emission | None = None
    needed: bool = True  # the main or an auxiliary output depends on it
    auxiliary: bool = False  # only auxiliary outputs depend on it
    name: str = ""  # the module's whole path, for initialisation
    in_chain: bool = False  # stands in an nn.Sequential, where everything is a module

    @property
    def source(self) -> Node | Scope:
        """What the step was made from."""
        if self.node is not None:
            return self.node
        assert self.unit is not None
        return self.unit.scope

    @property
    def binding(self) -> str | None:
        return self.source.binding

    @property
    def loop(self) -> int:
        """The `repeat` that the step is a member of; 0 outside."""
        return self.source.loop

    @property
    def held(self) -> TextCode | None:
        """What makes the bare tensor that the step keeps in place of a module."""
        return self.emission.held if self.emission is not None else None

    @property
    def interchangeable(self) -> bool:
        """Whether another module could stand here: one without weights and arguments, as
        activations are. Then the torch class is a value like any number."""
        if self.node is None or self.emission is None:
            return False
        operator, module = self.node.op, self.emission.module
        assert isinstance(operator, Operator)
        plain = isinstance(module, CallCode) and not module.arguments and self.emission.support is None
        return plain and not operator.has_weights and self.is_module

    @property
    def is_module(self) -> bool:
        """Whether the step holds a module of its own: it has weights, a label or a number."""
        if self.held is not None:
            return False
        if self.node is None or self.in_chain:
            return True
        if self.emission is None or self.emission.module is None:
            return False
        operator = self.node.op
        assert isinstance(operator, Operator)
        if self.emission.function is None:
            return True
        return operator.has_weights or self.node.labelled or self.node.numbered


@dataclass(slots=True, eq=False)
class Unit:
    """One named scope as a module: its steps, its inputs as node ids, and its result.

    With `numbering` it is no module but a list of them, which the unit around registers under names
    of this form, from this number: see `segments`.
    """

    scope: Scope
    parent: Unit | None
    steps: list[Step] = field(default_factory=list)
    registration: list[int] = field(default_factory=list)  # steps in the order of the state_dict
    lists: frozenset[tuple[str, ...]] = frozenset()  # levels that hold numbered modules alone
    inputs: list[int] = field(default_factory=list)
    input_names: list[str] = field(default_factory=list)
    output: Ref = Ref("in", 0)
    auxiliary: list[tuple[str, Ref]] = field(default_factory=list)
    numbering: tuple[str, int, str] | None = None

    @property
    def kind(self) -> ScopeKind:
        return self.scope.kind

    @property
    def is_empty(self) -> bool:
        """Whether the unit yields its input untouched and holds nothing."""
        return not self.steps and self.output.kind == "in"

    @property
    def is_chain(self) -> bool:
        """Whether each step reads just the one before it, from the one input to the result."""
        if len(self.inputs) != 1 or not self.steps or self.auxiliary:
            return False
        if self.registration != sorted(self.registration):
            return False
        expected = Ref("in", 0)
        for index, step in enumerate(self.steps):
            if step.operands != (expected,):
                return False
            expected = Ref("step", index)
        return self.output == expected

    def segments(self) -> list[range]:
        """The members of each `repeat` that has no label and so stands in this unit: modules named
        by consecutive numbers, each of which reads the one before it."""
        readers = self.readers()
        found: list[range] = []
        start = 0
        while start < len(self.steps):
            stop = start
            while stop < len(self.steps) and self.continues(start, stop, readers):
                stop += 1
            if stop - start >= LEAST_SEGMENT:
                found.append(range(start, stop))
            start = max(stop, start + 1)
        return found

    def readers(self) -> dict[Ref, int]:
        """How many steps read each value."""
        found: dict[Ref, int] = {}
        for step in self.steps:
            for ref in step.operands:
                found[ref] = found.get(ref, 0) + 1
        return found

    def continues(self, start: int, index: int, readers: dict[Ref, int]) -> bool:
        """Whether a step is a member of the `repeat` that the step at `start` begins."""
        step, first = self.steps[index], self.steps[start]
        name = counted(step.attribute[0])
        if len(step.attribute) != 1 or name is None or not step.loop or not step.operands:
            return False
        if not step.is_module or step.auxiliary or not step.needed or (step.unit and step.unit.is_empty):
            return False
        if index == start:
            return True
        before = self.steps[index - 1]
        ref = Ref("step", index - 1)
        previous = counted(before.attribute[0])
        return (
            step.operands == (ref, *first.operands[1:])
            and step.loop == first.loop
            and readers[ref] == 1
            and self.output != ref
            and ref not in [entry for _, entry in self.auxiliary]
            and previous is not None
            and name == (previous[0], previous[1] + 1, previous[2])
        )

    def walk(self) -> Iterator[Unit]:
        """This unit and every unit below it, parents first."""
        pending = [self]
        while pending:
            current = pending.pop()
            yield current
            pending.extend(step.unit for step in reversed(current.steps) if step.unit is not None)


def supports(root: Unit) -> list[Support]:
    """What operators bring along because torch does not have it, in the order of first use."""
    steps = [step for unit in root.walk() for step in unit.steps]
    found = [step.emission.support for step in steps if step.emission is not None]
    return list(dict.fromkeys([support for support in found if support is not None]))


def counted(name: str) -> tuple[str, int, str] | None:
    """A name as text, a number and text: ``block12`` is ``("block", 12, "")``. None without a
    number, or with one that would not be written so again (``b07``)."""
    match = _COUNTED.fullmatch(name)
    if match is None or str(int(match[2])) != match[2]:
        return None
    return match[1], int(match[2]), match[3]


_COUNTED = re.compile(r"(.*?)([0-9]{1,9})([^0-9]*)")
