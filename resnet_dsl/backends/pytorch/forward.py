"""The body of `forward`: calls nested where a reader follows them, one line a thought.

A line ends after an activation, before and after a unit's call, and where it would grow too long.
Tensors carry the names that the spec gave them.
"""

from __future__ import annotations

from resnet_dsl.backends.pytorch.code import WIDTH, layout
from resnet_dsl.backends.pytorch.expressions import Expressions, Text, numbered_name
from resnet_dsl.backends.pytorch.identifiers import CODE_NAMES, Names, is_identifier
from resnet_dsl.backends.pytorch.units import Ref, Step, Unit, counted
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network

MAX_NESTING = 3


class Forward:
    """Writes statements for some steps of a unit, in order."""

    def __init__(
        self,
        unit: Unit,
        network: Network,
        expressions: Expressions,
        aliases: dict[int, Ref],
        segments: dict[int, range],
        *,
        comments: bool,
        indent: int = 8,
    ) -> None:
        self.unit = unit
        self.network = network
        self.expressions = expressions
        self.aliases = aliases
        self.segments = segments
        self.comments = comments
        self.indent = indent
        self.lines: list[str] = []
        self.values: dict[Ref, Text] = {}
        self.holder: dict[str, Ref] = {}  # local name -> the value it holds now
        self.readers: dict[Ref, list[int]] = {}
        self.last: dict[Ref, int] = {}
        steps = unit.steps
        for index, step in enumerate(steps):
            if step.needed and index not in aliases:
                for ref in step.operands:
                    self.readers.setdefault(self.real(ref), []).append(index)
        for ref, readers in self.readers.items():
            self.last[ref] = max(readers)

    def real(self, ref: Ref) -> Ref:
        """The value behind a reference: steps that only pass their input on are skipped."""
        while ref.kind == "step" and ref.index in self.aliases:
            ref = self.aliases[ref.index]
        return ref

    def keep(self, refs: list[Ref]) -> None:
        """Values read after all steps; their names are not reused."""
        for ref in refs:
            self.last[self.real(ref)] = len(self.unit.steps)

    def start(self, ref: Ref, name: str) -> None:
        """An argument of the method."""
        self.values[self.real(ref)] = Text(name)
        self.holder[name] = self.real(ref)

    def run(self, indices: list[int], result: Ref) -> Text:
        """Writes the steps; returns the expression of `result`, which the last step may leave
        unassigned where nothing among these steps reads it."""
        result = self.real(result)
        inside = {index for segment in self.segments.values() for index in segment[1:]}
        chosen = [
            i for i in indices if self.unit.steps[i].needed and i not in self.aliases and i not in inside
        ]
        for position, index in enumerate(chosen):
            if index in self.segments:
                self._loop(self.segments[index])
                continue
            step = self.unit.steps[index]
            if step.unit is not None and step.unit.numbering is not None:
                self._children(index, step)
                continue
            ref = Ref("step", index)
            text = self.expression(index, step)
            last = position + 1 == len(chosen)
            free = not any(reader in indices for reader in self.readers.get(ref, []))
            returned = last and ref == result and free and self.last.get(ref, 0) < len(self.unit.steps)
            if returned or (not last and self._nests(step, ref, text, chosen[position + 1])):
                self.values[ref] = text
            else:
                self.assign(ref, step, text, index)
        return self.values[result]

    def _children(self, index: int, step: Step) -> None:
        """Runs the modules of a unit that holds nothing else."""
        pad = " " * self.indent
        source, *others = [self.values[self.real(ref)].text for ref in step.operands]
        name = self._name(step.binding, step, index)
        if source != name:
            self.lines.append(f"{pad}{name} = {source}")
        layer = Names({*CODE_NAMES, *self.holder, name}).take("layer")
        self.lines.append(f"{pad}for {layer} in self.children():")
        self.lines.append(f"{pad}    {name} = {layer}({', '.join([name, *others])})")
        self.holder[name] = Ref("step", index)
        self.values[Ref("step", index)] = Text(name)

    def _loop(self, segment: range) -> None:
        """Runs the members of an unlabelled `repeat`, which are registered by number."""
        pad = " " * self.indent
        first, last = self.unit.steps[segment.start], self.unit.steps[segment[-1]]
        source = self.values[self.real(first.operands[0])].text
        ref = Ref("step", segment[-1])
        name = self._name(last.binding, first, segment[-1])
        if source != name:
            self.lines.append(f"{pad}{name} = {source}")
        low = counted(first.attribute[0])
        assert low is not None
        high = low[1] + len(segment)
        number = Names({*CODE_NAMES, *self.holder, name}).take("number")
        numbers = f"range({low[1]}, {high})" if low[1] else f"range({high})"
        others = [self.values[self.real(operand)].text for operand in first.operands[1:]]
        call = f"self.get_submodule({numbered_name(low, number)})({', '.join([name, *others])})"
        self.lines.append(f"{pad}for {number} in {numbers}:")
        self.lines += layout(f"{name} = ", call, "", self.indent + 4)
        self.holder[name] = ref
        self.values[ref] = Text(name)

    def expression(self, index: int, step: Step) -> Text:
        return self.expressions.of(index, [self.values[self.real(ref)] for ref in step.operands])

    def _nests(self, step: Step, ref: Ref, text: Text, following: int) -> bool:
        """Whether the value is written inside the expression of the step that follows."""
        if self.readers.get(ref) != [following] or self.last.get(ref) != following:
            return False
        reader = self.unit.steps[following]
        if step.unit is not None or reader.unit is not None or following in self.segments:
            return False
        if step.binding != reader.binding or text.nesting >= MAX_NESTING:
            return False
        if step.node is not None and step.node.op.category is Category.ACTIVATION:
            return False
        held = self.values.get(ref)
        self.values[ref] = text
        whole = self.expression(following, reader).text
        if held is None:
            del self.values[ref]
        room = self.indent + len(f"{reader.binding or 'return'} = ") + len(whole)
        return room <= WIDTH

    def assign(self, ref: Ref, step: Step, text: Text, index: int) -> None:
        name = self._name(step.binding, step, index)
        self.holder[name] = ref
        self.values[ref] = Text(name)
        comment = ""
        if self.comments and step.unit is not None:
            comment = f"  # {self.network.node(step.unit.scope.output).shape.batched()}"
        if text.text == name:
            return  # an identity, whose result bears its operand's name
        self.lines += layout(f"{name} = ", text.text, comment, self.indent)

    def _name(self, wanted: str | None, first: Step, index: int) -> str:
        """The spec's name for a tensor; else the name of what `first` makes it from."""
        if wanted is None:
            held = self.values[self.real(first.operands[0])].text if first.operands else "x"
            of_model = self.unit.parent is None and held in self.unit.input_names
            wanted = "x" if of_model or not is_identifier(held) else held
        name, number = wanted, 2
        while not self._free(name, index):
            name, number = f"{wanted}{number}", number + 1
        return name

    def _free(self, name: str, index: int) -> bool:
        """Whether a local may be overwritten: what it holds is not read after this step."""
        held = self.holder.get(name)
        return name not in CODE_NAMES and (held is None or self.last.get(held, -1) <= index)
