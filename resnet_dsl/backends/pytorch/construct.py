"""The code that builds a unit: constructor calls, sequences, folded runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from resnet_dsl.backends.pytorch.code import Call, Code, ListCode, plain
from resnet_dsl.backends.pytorch.fold import folded
from resnet_dsl.backends.pytorch.groups import Group, SlotKey, sides
from resnet_dsl.backends.pytorch.identifiers import Names
from resnet_dsl.backends.pytorch.numbers import literal, print_expression
from resnet_dsl.backends.pytorch.plan import CALLEE, HELD, Plan, operator_arguments
from resnet_dsl.backends.pytorch.units import Step, Unit
from resnet_dsl.ir.graph import Network
from resnet_dsl.ir.provenance import Variable
from resnet_dsl.ops.emission import CallCode
from resnet_dsl.ops.parameter import REQUIRED


@dataclass(frozen=True, slots=True)
class Value:
    """A printed value; `constant` is what it is where it is one."""

    text: str
    constant: Any = REQUIRED


Lookup = Callable[[SlotKey], Value]


class Constructor:
    """Writes constructions inside one group's class or function."""

    def __init__(self, plan: Plan, network: Network, group: Group, locals: dict[str, str]) -> None:
        self.plan = plan
        self.network = network
        self.group = group
        self.locals = locals
        self.names: dict[Variable, str] = {
            entry.variable: entry.name for entry in group.parameters if entry.variable is not None
        }
        self.comments = len(group.units) == 1
        taken = {entry.name for entry in group.parameters} | set(locals.values())
        self.loop_variable = "i" if "i" not in taken else Names(taken).take("index")

    def value(self, key: SlotKey) -> Value:
        """A number of the group's first unit, as the class writes it."""
        if key in self.group.constants:
            constant = self.group.constants[key]
            return Value(literal(constant), constant)
        if key in self.group.own:
            return Value(self.group.own[key])
        found = self.group.expressions[key]
        texts = [print_expression(side, self.names, self.locals) for side in sides(found)]
        return Value(texts[0] if len(texts) == 1 else f"({', '.join(texts)})")

    def step(self, index: int) -> Code:
        """What a step's module is built by, as the class's own body writes it."""
        step = self.group.first.steps[index]
        if index in self.group.holes:
            name = self.group.holes[index]
            return f"{name} or nn.Identity()" if index in self.group.optional else name
        return self._step(step, index, self.value)

    def held(self, index: int) -> Code:
        """What makes the bare tensor that a step keeps."""
        held = self.group.first.steps[index].held
        assert held is not None
        text = held.template
        for name, _ in held.values:
            text = text.replace(f"{{{name}}}", self.value((index, HELD, name)).text)
        return text

    def _step(self, step: Step, index: int, lookup: Lookup) -> Code:
        def inner(key: SlotKey) -> Value:
            return lookup((index, *key))

        return self.unit(step.unit, inner) if step.unit is not None else self._module(step, inner)

    def _module(self, step: Step, lookup: Lookup) -> Code:
        assert step.emission is not None
        code = step.emission.module
        assert isinstance(code, CallCode)
        arguments: list[tuple[str, Code]] = []
        by_key = {argument.key: argument.name for argument in code.arguments}
        for key, _, default in operator_arguments(step):
            value = lookup(key)
            if default is not REQUIRED and value.constant is not REQUIRED:
                if type(value.constant) is type(default) and value.constant == default:
                    continue
                if not isinstance(default, bool) and value.constant == default:
                    continue
            arguments.append((by_key[key[0]], value.text))
        callee = lookup((CALLEE,)).text if step.interchangeable else code.callee
        return Call(callee, tuple(arguments))

    def unit(self, unit: Unit, lookup: Lookup) -> Code:
        """The expression that builds a unit where it stands."""
        group = self.plan.group_of[id(unit)]
        if group.is_empty:
            return "nn.Identity()"
        if group.form == "inline":
            return self._sequence(unit, lookup)
        arguments: list[tuple[str, Code]] = []
        for parameter in group.parameters:
            value = lookup(("parameter", parameter.name))
            if parameter.default is not REQUIRED:
                if value.constant is REQUIRED or value.constant != parameter.default:
                    arguments.append((parameter.name, value.text))
            else:
                arguments.append(("", value.text))
        for index, name in sorted(group.holes.items()):
            inner = unit.steps[index].unit
            assert inner is not None
            if inner.is_empty and index in group.optional:
                continue
            arguments.append((name, self.unit(inner, _hole(lookup, index))))
        return Call(group.name, tuple(arguments))

    def _sequence(self, unit: Unit, lookup: Lookup) -> Code:
        items = [self._step(step, index, lookup) for index, step in enumerate(unit.steps)]
        if unit.numbering is not None:
            return ListCode(folded(items, self.loop_variable))
        names = [step.attribute[0] for step in unit.steps]
        comment = ""
        if self.comments:
            before = self.network.node(unit.inputs[0]).shape.batched()
            after = self.network.node(unit.scope.output).shape.batched()
            comment = f"{before} -> {after}"
        if names == [str(place) for place in range(len(names))]:
            members = folded(items, self.loop_variable)
            return Call("nn.Sequential", tuple([("", member) for member in members]), comment)
        pairs = [plain("", f'"{name}"', item) for name, item in zip(names, items, strict=True)]
        named = plain("OrderedDict", ListCode(folded(pairs, self.loop_variable)))
        return Call("nn.Sequential", (("", named),), comment)


def _hole(lookup: Lookup, index: int) -> Lookup:
    def inner(key: SlotKey) -> Value:
        return lookup(("hole", index, *key))

    return inner
