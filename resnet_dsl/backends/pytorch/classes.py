"""A group as text: a class with its constructor and forward, or a function."""

from __future__ import annotations

from collections import Counter

from resnet_dsl.backends.pytorch.code import BODY, METHOD, layout, plain, signature
from resnet_dsl.backends.pytorch.construct import Constructor
from resnet_dsl.backends.pytorch.expressions import Expressions
from resnet_dsl.backends.pytorch.fold import folded
from resnet_dsl.backends.pytorch.forward import Forward
from resnet_dsl.backends.pytorch.groups import Group, sides
from resnet_dsl.backends.pytorch.identifiers import CODE_NAMES, Names, docstring, is_identifier
from resnet_dsl.backends.pytorch.numbers import literal, print_expression
from resnet_dsl.backends.pytorch.plan import Plan, operator_arguments
from resnet_dsl.backends.pytorch.registering import Registering
from resnet_dsl.backends.pytorch.units import Ref
from resnet_dsl.ir.graph import Network
from resnet_dsl.ir.provenance import Binary, Expression, Named
from resnet_dsl.ir.provenance import Call as CallExpression
from resnet_dsl.ops.parameter import REQUIRED


class ClassWriter:
    """Writes one group. `lines` is the finished definition, without blank lines around it."""

    def __init__(self, plan: Plan, network: Network, group: Group) -> None:
        self.plan = plan
        self.network = network
        self.group = group
        self.unit = group.first
        self.local_names, self.local_lines = self._locals()
        self.constructor = Constructor(plan, network, group, self.local_names)
        self.stored: dict[tuple[int, str], str] = {}
        self.stored_values: dict[str, str] = {}
        self.constants: dict[tuple[int, str], str] = {}
        self.aliases: dict[int, Ref] = {}
        self.segments: dict[int, range] = {}
        if group.form == "class":
            self._functional_values()
            self.segments = {
                segment.start: segment
                for segment in self.unit.segments()
                if not any(index in group.holes for index in segment)
            }

    # --- what the parts share --------------------------------------------------------------------

    def _locals(self) -> tuple[dict[str, str], list[str]]:
        """`let` values that are used more than once become local variables of the constructor."""
        counts: Counter[tuple[str, Expression]] = Counter()
        for expression in [side for entry in self.group.expressions.values() for side in sides(entry)]:
            counts.update(_named(expression))
        names = Names({entry.name for entry in self.group.parameters} | set(self.group.holes.values()))
        names.taken |= {*CODE_NAMES, "layer", *self.plan.callees(self.group)}
        variables = {e.variable: e.name for e in self.group.parameters if e.variable is not None}
        local: dict[str, str] = {}
        lines: list[str] = []
        for (name, value), count in counts.items():
            if count > 1 and name not in local and name not in names.taken:
                text = print_expression(value, variables, local)
                local[name] = names.take(name)
                lines.append(f"{local[name]} = {text}")
        return local, lines

    def _functional_values(self) -> None:
        """Numbers of functional calls: constants in place, others kept on the module."""
        taken = Names({step.attribute[0] for step in self.unit.steps})
        by_text: dict[str, str] = {}
        for index, step in enumerate(self.unit.steps):
            if step.unit is not None:
                if step.unit.is_empty and index not in self.group.holes:
                    output = step.unit.output
                    self.aliases[index] = step.operands[output.index]
                continue
            if step.is_module:
                continue
            for key, _, default in operator_arguments(step):
                value = self.constructor.value((index, *key))
                if value.constant is REQUIRED:
                    attribute = by_text.get(value.text)
                    if attribute is None:
                        attribute = taken.take(value.text if is_identifier(value.text) else key[0])
                        by_text[value.text] = attribute
                        self.stored_values[attribute] = value.text
                    self.stored[index, key[0]] = attribute
                elif default is REQUIRED or value.constant != default:
                    self.constants[index, key[0]] = literal(value.constant)

    def _parameters(self) -> list[str]:
        texts = []
        for parameter in self.group.parameters:
            text = f"{parameter.name}: {parameter.type}"
            if parameter.default is not REQUIRED:
                text += f" = {literal(parameter.default)}"
            texts.append(text)
        required = [name for i, name in sorted(self.group.holes.items()) if i not in self.group.optional]
        optional = [name for i, name in sorted(self.group.holes.items()) if i in self.group.optional]
        defaults = next((i for i, t in enumerate(texts) if " = " in t), len(texts))
        kinds = {
            name: "nn.Module" if not self._is_list(i) else "list[nn.Module]"
            for i, name in self.group.holes.items()
        }
        holes = [f"{name}: {kinds[name]}" for name in required]
        return [
            *texts[:defaults],
            *holes,
            *texts[defaults:],
            *[f"{n}: nn.Module | None = None" for n in optional],
        ]

    def _is_list(self, index: int) -> bool:
        """Whether a step is a list of modules that the unit itself registers."""
        inner = self.unit.steps[index].unit
        return inner is not None and inner.numbering is not None

    # --- the two forms ---------------------------------------------------------------------------

    def lines(self) -> list[str]:
        return self._function() if self.group.form == "function" else self._class()

    def _function(self) -> list[str]:
        steps = [self.constructor.step(index) for index in range(len(self.unit.steps))]
        items = folded(steps, self.constructor.loop_variable)
        return [
            *signature(self.group.name, self._parameters(), "nn.Sequential"),
            *(docstring(self.unit.scope.doc, METHOD) if self.unit.scope.doc else []),
            *[f"    {line}" for line in self.local_lines],
            *layout("return ", plain("nn.Sequential", *items), "", METHOD),
        ]

    def _class(self) -> list[str]:
        head = [f"class {self.group.name}(nn.Module):"]
        if self.unit.scope.doc:
            head += [*docstring(self.unit.scope.doc, METHOD), ""]
        init = self._init()
        return [*head, *([*init, ""] if init else []), *self.forward_method()]

    def _init(self) -> list[str]:
        body = self.module_lines()
        if not body:
            return []
        return [
            *signature("__init__", ["self", *self._parameters()], "None", METHOD),
            " " * BODY + "super().__init__()",
            *body,
        ]

    def module_lines(self) -> list[str]:
        """The statements of ``__init__`` after ``super().__init__()``."""
        taken = {entry.name for entry in self.group.parameters}
        taken |= {*self.local_names.values(), *self.group.holes.values()}
        registering = Registering(
            self.unit, self.constructor, self.aliases.keys(), self.segments, frozenset(taken)
        )
        pad = " " * BODY
        return [
            *[pad + line for line in self.local_lines],
            *registering.lines(),
            *[f"{pad}self.{name} = {text}" for name, text in self.stored_values.items()],
        ]

    def forward_method(self) -> list[str]:
        arguments = self.arguments()
        writer = self.body()
        for ref, name in zip(self.inputs(), arguments, strict=True):
            writer.start(ref, name)
        result = writer.run(list(range(len(self.unit.steps))), self.unit.output)
        return [
            *signature("forward", ["self", *[f"{name}: Tensor" for name in arguments]], "Tensor", METHOD),
            *writer.lines,
            *layout("return ", result.text, "", BODY),
        ]

    def body(self, indent: int = BODY) -> Forward:
        """A writer for this unit's steps."""
        return Forward(
            self.unit,
            self.network,
            Expressions(self.unit, self.stored, self.constants),
            self.aliases,
            self.segments,
            comments=len(self.group.units) == 1,
            indent=indent,
        )

    def inputs(self) -> list[Ref]:
        return [Ref("in", index) for index in range(len(self.unit.inputs))]

    def arguments(self) -> list[str]:
        names = Names(set(CODE_NAMES))
        return [names.take(name) for name in self.unit.input_names]


def _named(expression: Expression) -> list[tuple[str, Expression]]:
    match expression:
        case Named(name, value):
            return [*_named(value), (name, value)]
        case Binary(_, left, right):
            return [*_named(left), *_named(right)]
        case CallExpression(_, arguments):
            return [entry for argument in arguments for entry in _named(argument)]
        case _:
            return []
