"""From a network's scopes to the tree of units: who holds what, in which order it runs and registers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resnet_dsl.backends.pytorch.units import Ref, Step, Unit
from resnet_dsl.diagnostics.model import InternalError
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network, Node, Operand, Scope, ScopeKind
from resnet_dsl.ops.record import Operator


def build_units(network: Network) -> Unit:
    """The tree of units of a network."""
    return _Builder(network).build(network.root, None)


class _Builder:
    def __init__(self, network: Network) -> None:
        self.network = network
        self.first: dict[int, int] = {}
        self._first_nodes()
        # Members of one dotted level may stand far apart, and `register` moves members.
        self.out_of_order = any(s.kind is ScopeKind.GROUP or s.reserved for s in network.scopes)

    def _first_nodes(self) -> None:
        """For every scope the first node inside it; scopes without nodes are absent."""
        for scope in reversed(self.network.scopes):
            for item in scope.items:
                start = item.id if isinstance(item, Node) else self.first.get(item.id)
                if start is not None:
                    self.first[scope.id] = min(start, self.first.get(scope.id, start))

    def _members(
        self, scope: Scope, prefix: tuple[str, ...]
    ) -> Iterator[tuple[tuple[str, ...], Node | Scope]]:
        for item in scope.items:
            if isinstance(item, Node):
                yield (*prefix, item.name), item
            elif item.kind is ScopeKind.GROUP:
                yield from self._members(item, (*prefix, item.name or ""))
            elif item.name is None:
                yield from self._members(item, prefix)
            else:
                yield (*prefix, item.name), item

    def build(self, scope: Scope, parent: Unit | None) -> Unit:
        unit = Unit(scope, parent)
        members = list(self._members(scope, ()))
        order = [attribute for attribute, _ in members]
        if self.out_of_order:
            members.sort(key=lambda member: self._start(member[1]))
        if parent is None:
            unit.inputs = list(self.network.inputs)
            unit.input_names = [self.network.node(node).name for node in unit.inputs]
        else:
            unit.inputs = [operand.node for operand in scope.operands]
            unit.input_names = list(scope.operand_names)
        producers: dict[int, int] = {}
        scopes: dict[int, int] = {}
        for attribute, item in members:
            if isinstance(item, Node) and item.op.category is Category.INPUT:
                continue
            step = Step(attribute, name=item.path)
            if isinstance(item, Node):
                step.node = item
                operator = item.op
                assert isinstance(operator, Operator)
                step.emission = operator.emission(item.attributes, item.operand_shapes, item.shape)
                operands: Sequence[Operand] = item.operands
            else:
                step.unit = self.build(item, unit)
                operands = self._operands(item, step.unit)
            step.operands = tuple([self._ref(unit, operand, producers, scopes) for operand in operands])
            index = len(unit.steps)
            unit.steps.append(step)
            if isinstance(item, Node):
                producers[item.id] = index
            else:
                scopes[item.id] = index
                if item.output not in unit.inputs and self.first.get(item.id) is not None:
                    producers.setdefault(item.output, index)
        result = Operand(scope.output, via=scope.output_via)
        unit.output = self._ref(unit, result, producers, scopes)
        if parent is None:
            unit.auxiliary = [
                (entry.name, self._ref(unit, Operand(entry.node, via=entry.via), producers, scopes))
                for entry in self.network.auxiliary
            ]
        place = {step.attribute: index for index, step in enumerate(unit.steps)}
        unit.registration = [place[attribute] for attribute in order if attribute in place]
        unit.lists = _lists(unit)
        self._mark(unit)
        _drop_unused_inputs(unit)
        return unit

    def _start(self, item: Node | Scope) -> tuple[int, int]:
        """Where a member is executed; a scope without nodes follows what it passes on."""
        if isinstance(item, Node):
            return item.id, 0
        if item.id in self.first:
            return self.first[item.id], 0
        return max([operand.node for operand in item.operands], default=0), 1

    def _operands(self, scope: Scope, unit: Unit) -> list[Operand]:
        """What a unit is called with: the operands it was applied to, then what it captures."""
        known = {operand.node: operand for operand in scope.operands}
        return [known.get(node, Operand(node)) for node in unit.inputs]

    def _ref(self, unit: Unit, operand: Operand, producers: dict[int, int], scopes: dict[int, int]) -> Ref:
        if operand.via in scopes:
            return Ref("step", scopes[operand.via])
        if operand.node in producers:
            return Ref("step", producers[operand.node])
        if operand.node in unit.inputs:
            # One tensor may stand for two parameters; then the spec's name tells which is meant.
            places = [place for place, node in enumerate(unit.inputs) if node == operand.node]
            named = [place for place in places if unit.input_names[place] == operand.name]
            return Ref("in", (named or places)[0])
        if unit.parent is None:
            raise InternalError(f"node {operand.node} is read before it is made")
        unit.inputs.append(operand.node)  # a `seq` or `repeat` may read tensors around it
        unit.input_names.append(operand.name or "skip")
        return Ref("in", len(unit.inputs) - 1)

    def _mark(self, unit: Unit) -> None:
        """Which steps the outputs depend on, and which of them only auxiliary outputs."""

        def closure(refs: list[Ref]) -> set[int]:
            found: set[int] = set()
            pending = [ref.index for ref in refs if ref.kind == "step"]
            while pending:
                index = pending.pop()
                if index not in found:
                    found.add(index)
                    pending.extend(r.index for r in unit.steps[index].operands if r.kind == "step")
            return found

        main = closure([unit.output])
        extra = closure([ref for _, ref in unit.auxiliary])
        for index, step in enumerate(unit.steps):
            step.needed = index in main or index in extra
            step.auxiliary = index in extra and index not in main


def _lists(unit: Unit) -> frozenset[tuple[str, ...]]:
    """The dotted levels right below a unit whose members are modules numbered from 0."""
    members: dict[tuple[str, ...], list[Step]] = {}
    for index in unit.registration:
        step = unit.steps[index]
        if len(step.attribute) > 1:
            members.setdefault(step.attribute[:1], []).append(step)
    return frozenset(
        path
        for path, steps in members.items()
        if [step.attribute[1:] for step in steps] == [(str(place),) for place in range(len(steps))]
        and all(step.is_module for step in steps)
    )


def _drop_unused_inputs(unit: Unit) -> None:
    """A parameter that nothing reads is no argument of forward; the model's inputs always are."""
    if unit.parent is None:
        return
    used = {ref.index for step in unit.steps for ref in step.operands if ref.kind == "in"}
    if unit.output.kind == "in":
        used.add(unit.output.index)
    if len(used) == len(unit.inputs):
        return
    kept = sorted(used)
    place = {old: new for new, old in enumerate(kept)}
    unit.inputs = [unit.inputs[old] for old in kept]
    unit.input_names = [unit.input_names[old] for old in kept]

    def moved(ref: Ref) -> Ref:
        return Ref("in", place[ref.index]) if ref.kind == "in" else ref

    for step in unit.steps:
        step.operands = tuple([moved(ref) for ref in step.operands])
    unit.output = moved(unit.output)
