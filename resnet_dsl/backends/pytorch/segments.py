"""Blocks that differ in how many modules they hold: one class for all, which is given the modules.

An unlabelled `repeat` registers its members on the block around it (``denselayer1, denselayer2, ...``).
Where the instances of a block differ in their number, they would have different steps, and each would
need a class. Here the members become a unit inside, as those of a labelled `repeat` are one.
"""

from __future__ import annotations

from collections.abc import Iterator

from resnet_dsl.backends.pytorch.alike import form
from resnet_dsl.backends.pytorch.units import Ref, Step, Unit, counted
from resnet_dsl.ir.graph import Node, Scope, ScopeKind


def join_segments(root: Unit) -> None:
    """Joins the members where instances of one block have different numbers of them."""
    for units in _instances(root):
        found: list[range] = []
        for unit in units:
            segment = _segment(unit)
            if segment is None:
                break
            found.append(segment)
        if len(found) < len(units) or len({len(segment) for segment in found}) == 1:
            continue
        names = {
            counted(unit.steps[part.start].attribute[0]) for unit, part in zip(units, found, strict=True)
        }
        if len(names) == 1:
            for unit, segment in zip(units, found, strict=True):
                _join(unit, segment)
    for unit in list(root.walk()):
        if unit.kind is ScopeKind.REPEAT and unit.numbering is None and form(unit) == "class":
            members = _segment(unit)  # which read another tensor too, so it is no nn.Sequential
            if members is not None and len(members) > 1:
                _join(unit, members)


def _instances(root: Unit) -> Iterator[list[Unit]]:
    """The units of each block that are written as classes; others are an nn.Sequential anyway."""
    blocks: dict[tuple[str, int], list[Unit]] = {}
    for unit in root.walk():
        site = unit.scope.definition_span
        if unit.kind is not ScopeKind.MODEL and site is not None and form(unit) == "class":
            blocks.setdefault((site.source.name, site.start), []).append(unit)
    yield from blocks.values()


def _segment(unit: Unit) -> range | None:
    """The members of a `repeat`, where they are all that the unit holds."""
    modules = [index for index, step in enumerate(unit.steps) if step.is_module or step.held is not None]
    if not modules or modules != list(range(modules[0], modules[-1] + 1)):
        return None
    readers = unit.readers()
    if all([unit.continues(modules[0], index, readers) for index in modules]):
        return range(modules[0], modules[-1] + 1)
    return None


def _join(unit: Unit, segment: range) -> None:
    """Moves a unit's members into a unit of their own, which stands in their place."""
    steps = [unit.steps[index] for index in segment]
    first = steps[0]
    operands = first.operands
    scope = Scope(-1, None, ScopeKind.REPEAT, None, unit.scope.path, first.source.span)
    scope.output = _node(unit, Ref("step", segment[-1]))
    scope.binding = steps[-1].binding
    inner = Unit(scope, unit, steps, list(range(len(steps))), numbering=counted(first.attribute[0]))
    inner.inputs = [_node(unit, ref) for ref in operands]
    inner.input_names = ["x", *[f"skip{place}" for place in range(1, len(operands))]]
    inner.output = Ref("step", len(steps) - 1)
    for place, step in enumerate(steps):
        before = Ref("step", place - 1) if place else Ref("in", 0)
        step.operands = (before, *[Ref("in", number) for number in range(1, len(operands))])
        if step.unit is not None:
            step.unit.parent = inner
    joined = Step(("layers",), operands, unit=inner, name=unit.scope.path)

    def moved(ref: Ref) -> Ref:
        if ref.kind == "in" or ref.index < segment.start:
            return ref
        return Ref("step", max(segment.start, ref.index - len(segment) + 1))

    unit.steps[segment.start : segment.stop] = [joined]
    for step in unit.steps:
        step.operands = tuple([moved(ref) for ref in step.operands])
    unit.output = moved(unit.output)
    unit.registration = list(dict.fromkeys([moved(Ref("step", i)).index for i in unit.registration]))


def _node(unit: Unit, ref: Ref) -> int:
    """The node whose value a reference means."""
    if ref.kind == "in":
        return unit.inputs[ref.index]
    source = unit.steps[ref.index].source
    return source.id if isinstance(source, Node) else source.output
