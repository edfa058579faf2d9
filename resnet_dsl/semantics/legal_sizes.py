"""Which sizes of the input a network takes, where the one asked for does not fit.

Purpose: after a model failed for its shapes alone, find the nearest sizes that fit, and the rule
behind them, by elaborating the model with others. Nothing is known of any operator: a size fits
where elaboration makes no mistake. Holds after: a note, or None where no size would mend it or too
much work would be needed to know. Deterministic: the work is counted in steps and operators.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import Diagnostic, DiagnosticBag
from resnet_dsl.ir.shape import Shape
from resnet_dsl.semantics.edits import Edits
from resnet_dsl.semantics.elaborate import Elaborator
from resnet_dsl.semantics.frames import MAX_NODES, MAX_STEPS, Budget, LimitReached
from resnet_dsl.semantics.models import family_chain
from resnet_dsl.semantics.size_pattern import advice, nearest, pattern_of
from resnet_dsl.semantics.statements import references
from resnet_dsl.semantics.types import is_int
from resnet_dsl.semantics.values import ModelDefinition
from resnet_dsl.syntax import tree

_PROBES = 700
_STEPS = 2_000_000  # of all probes; each counts as a model
_NODES = 20_000  # of all probes until one fits; most end early
_NODES_FOR_PATTERN = 60_000
_NO_SIZE_MENDS = {"RDL402", "RDL403", "RDL405", "RDL406", "RDL408", "RDL409", "RDL410"}


def size_note(
    definition: ModelDefinition,
    overrides: Mapping[str, Any],
    input_shape: Sequence[int] | None,
    broken: set[int],
    edits: Edits,
) -> Diagnostic | None:
    """What to say of the input's size after a model failed; None where size is not the matter."""
    attempt = _Attempt(definition, overrides, input_shape, broken, replace(edits, deleted=()))
    bag = DiagnosticBag()
    elaborator = Elaborator(Budget(bag), broken, input_shape, attempt.edits)
    if elaborator.model(definition, overrides) is not None or not elaborator.network.scopes:
        return None
    codes = {entry.code for entry in bag if entry.is_error}
    by_size = all((code.startswith("RDL4") or code == "RDL602") for code in codes)
    if not by_size or codes & _NO_SIZE_MENDS or any(_is_hopeless(*entry) for entry in elaborator.refused):
        return None
    for subject in _subjects(attempt, elaborator.network.root.arguments):
        found = nearest(subject.fits, subject.current)
        if found != (None, None):
            attempt.most_nodes = attempt.nodes + _NODES_FOR_PATTERN
            pattern = pattern_of(subject.fits, *found)
            if attempt.is_spent:
                pattern = None  # what was not probed looks as if it did not fit
            return diagnose(
                "RDL356",
                subject.statement.span,
                where=f"model {definition.name}",
                what=subject.what,
                help=advice(subject.show, *found, pattern),
            )
    return None


def _is_hopeless(code: str, shapes: Sequence[Shape]) -> bool:
    """Whether maps were refused that no size could join. Their channels do not depend on it, and
    rounding makes a pixel of difference; a map twice as large was not downsampled."""
    maps = [shape for shape in shapes if shape.is_map]
    if len(maps) < 2:
        return False
    if code == "RDL401" and len({int(shape.channels) for shape in maps}) > 1:
        return True
    for axis in range(2):
        sizes = [int(shape.spatial[axis]) for shape in maps]
        if max(sizes) >= 2 * min(sizes) and max(sizes) > min(sizes) + 1:
            return True
    return False


# --- probes --------------------------------------------------------------------------------------


class _FirstMistake(DiagnosticBag):
    """Ends an elaboration at its first mistake."""

    def add(self, diagnostic: Diagnostic) -> None:
        if diagnostic.is_error:
            raise LimitReached


@dataclass(slots=True)
class _Attempt:
    """A model to be elaborated with other sizes, and the work left for that."""

    definition: ModelDefinition
    overrides: Mapping[str, Any]
    input_shape: Sequence[int] | None
    broken: set[int]
    edits: Edits
    probes: int = 0
    steps: int = 0
    nodes: int = 0
    most_nodes: int = _NODES

    def elaborates(self, overrides: Mapping[str, Any], input_shape: Sequence[int] | None) -> bool:
        """Whether the model has no mistake with these; false, too, once the work is used up."""
        if self.is_spent:
            return False
        self.probes += 1
        start = MAX_STEPS - (_STEPS - self.steps), MAX_NODES - (self.most_nodes - self.nodes)
        budget = Budget(_FirstMistake(), *start)
        made = Elaborator(budget, self.broken, input_shape, self.edits).model(self.definition, overrides)
        self.steps += budget.steps - start[0]
        self.nodes += budget.nodes - start[1]
        return made is not None

    @property
    def is_spent(self) -> bool:
        return self.probes >= _PROBES or self.steps >= _STEPS or self.nodes >= self.most_nodes


@dataclass(slots=True)
class _Subject:
    """A size that is varied: a parameter, or several of one value at once."""

    statement: tree.Input
    what: str
    current: int
    probe: Callable[[int], bool]
    show: Callable[[int], str] = str
    known: dict[int, bool] = field(default_factory=dict)

    def fits(self, size: int) -> bool:
        if size < 1:
            return False
        if size not in self.known:
            self.known[size] = self.probe(size)
        return self.known[size]


def _subjects(attempt: _Attempt, arguments: Mapping[str, Any]) -> Iterator[_Subject]:
    """What can be varied: the dimensions of a shape from outside, else the model's parameters that
    the inputs' heights and widths depend on; all at once where they have one value."""
    written = family_chain(attempt.definition)[-1].declaration
    if not isinstance(written, tree.Model):
        return
    inputs = list(_inputs(written.body))
    if attempt.input_shape is not None:
        yield from _outer_dimensions(attempt, inputs[0], attempt.input_shape)
        return
    names = [name for name in _sizes_named(inputs, written.body) if is_int(arguments.get(name))]
    values = {name: int(arguments[name]) for name in names}
    groups = [names] if len(set(values.values())) == 1 else [[name] for name in names]
    for group in groups:

        def probe(size: int, group: list[str] = group) -> bool:
            return attempt.elaborates({**attempt.overrides, **dict.fromkeys(group, size)}, None)

        current = values[group[0]]
        yield _Subject(inputs[0], f"`{' = '.join(group)} = {current}`", current, probe)


def _outer_dimensions(attempt: _Attempt, statement: tree.Input, shape: Sequence[int]) -> Iterator[_Subject]:
    positions = range(1, len(shape))
    alike = len({shape[position] for position in positions}) == 1
    for group in [list(positions)] if alike else [[position] for position in positions]:

        def resized(size: int, group: list[int] = group) -> list[int]:
            return [size if position in group else dim for position, dim in enumerate(shape)]

        def probe(size: int, resized: Callable[[int], list[int]] = resized) -> bool:
            return attempt.elaborates(attempt.overrides, resized(size))

        def shown(size: int, resized: Callable[[int], list[int]] = resized) -> str:
            return _written(resized(size))

        yield _Subject(statement, f"an input of {_written(shape)}", shape[group[0]], probe, shown)


def _written(shape: Sequence[int]) -> str:
    return "x".join([str(dim) for dim in shape])


def _inputs(body: tree.Body) -> Iterator[tree.Input]:
    for statement in body.statements:
        if isinstance(statement, tree.Input):
            yield statement
        elif isinstance(statement, tree.If):
            yield from _inputs(statement.then)
            if statement.otherwise is not None:
                yield from _inputs(statement.otherwise)


def _sizes_named(inputs: Sequence[tree.Input], body: tree.Body) -> list[str]:
    """The names that lengths, heights and widths are computed from; what a `let` names counts."""
    lets = {entry.name.text: entry.value for entry in body.statements if isinstance(entry, tree.Let)}
    found: dict[str, None] = {}
    pending = [name for entry in inputs for dim in entry.dims[1:] for name in _names(dim)]
    while pending:
        name = pending.pop(0)
        if name not in found:
            found[name] = None
            pending += _names(lets[name]) if name in lets else []
    return list(found)


def _names(node: tree.Expression) -> list[str]:
    return [reference.name for reference in references(node)]
