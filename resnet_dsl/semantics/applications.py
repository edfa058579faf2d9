"""Applying operators, blocks and stages: where nodes and scopes come from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from resnet_dsl.diagnostics.model import InternalError
from resnet_dsl.diagnostics.suggest import did_you_mean
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network, Node, Operand, Scope, ScopeKind
from resnet_dsl.ir.provenance import Variable, expression_of, substitute, traced
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.parameter import AUTO
from resnet_dsl.ops.record import Operator, OperatorError
from resnet_dsl.ops.registry import operators
from resnet_dsl.semantics.arguments import Binder, Given, evaluate_arguments
from resnet_dsl.semantics.edits import NO_EDITS, Edits, absent, without_absent
from resnet_dsl.semantics.evaluate import Evaluator
from resnet_dsl.semantics.frames import MAX_CALLS, Budget, Frame, title
from resnet_dsl.semantics.modules import Module
from resnet_dsl.semantics.naming import ModuleName, Namer, Naming, Place
from resnet_dsl.semantics.shape_errors import shape_error
from resnet_dsl.semantics.values import (
    ABSENT,
    POISON,
    POISON_TENSOR,
    BlockDefinition,
    BrokenDefinition,
    ModelDefinition,
    OpValue,
    Tensor,
    kind_of,
)
from resnet_dsl.source import Span
from resnet_dsl.syntax import tree

# What can be applied by its name; made once, for `A | B` in a call makes the union anew each time.
_DEFINITIONS = Operator | BlockDefinition | BrokenDefinition


class Following(NamedTuple):
    """What comes after a step, for `bias = auto`: the rest of its pipeline, then what follows."""

    steps: tuple[tree.Step, ...]
    position: int
    frame: Frame
    outer: Following | None = None
    again: bool = False  # the pipeline is a loop's body and runs once more


class Applications(ABC):
    """What the elaboration of one model shares, and how operators and blocks are applied.

    `broken` holds the declarations that have mistakes which would only be found again.
    """

    def __init__(self, budget: Budget, broken: set[int], edits: Edits = NO_EDITS) -> None:
        self.bag = budget.bag
        self.edits = edits
        self.broken = broken
        self.budget = budget
        self.evaluator = Evaluator(self.budget)
        self.network = Network("")
        self.namer = Namer(self.network, self.evaluator)
        self.refused: list[tuple[str, list[Shape]]] = []  # what operators could not do, and on what
        self.complete = True  # false once a mistake, perhaps one of long ago, leaves a tensor out

    @abstractmethod
    def run_body(self, body: tree.Body, frame: Frame, place: Place) -> Tensor | None:
        """Runs a block's statements; the tensor of the `return` that was reached, or None."""

    def target(self, path: tuple[tree.Name, ...], frame: Frame) -> Any:
        value = frame.lookup(path[0].text)
        for name in path[1:]:
            if not isinstance(value, Module):
                return None
            value = value.names.get(name.text)
        return value

    def apply(
        self,
        apply: tree.Apply,
        label: tree.Label | None,
        piped: Tensor | None,
        frame: Frame,
        place: Place,
        following: Following,
    ) -> Tensor:
        path = apply.path
        span = path[0].span if len(path) == 1 else path[0].span.to(path[-1].span)
        value = self.target(path, frame)
        if isinstance(value, _DEFINITIONS):
            value = OpValue(value)
        if value is POISON:
            return POISON_TENSOR
        if not isinstance(value, OpValue):
            return self._no_block(".".join([part.text for part in path]), value, span, frame)
        target = value.target
        if isinstance(target, Operator):
            given = evaluate_arguments(value, apply.arguments, frame, self.evaluator)
            return self._operator(target, value, given, label, piped, frame, place, following, span)
        if isinstance(target, BrokenDefinition) or id(target.declaration) in self.broken:
            return POISON_TENSOR
        given = evaluate_arguments(value, apply.arguments, frame, self.evaluator)
        return self._block(value, target, given, label, piped, frame, place, span)

    def _no_block(self, name: str, value: Any, span: Span, frame: Frame) -> Tensor:
        if value is None:
            blocks = [
                key
                for names in (frame.names, frame.module.names)
                for key, entry in names.items()
                if isinstance(entry, OpValue | BlockDefinition)
            ]
            advice = did_you_mean(name, [*blocks, *operators()])
            self.evaluator.report("RDL202", span, frame, name=name, help=advice)
        elif isinstance(value, Tensor):
            self.evaluator.report("RDL336", span, frame, name=name)
        else:
            what = "a model" if isinstance(value, ModelDefinition) else kind_of(value)
            self.evaluator.report("RDL335", span, frame, name=name, what=what)
        return POISON_TENSOR

    def open_scope(
        self,
        kind: ScopeKind,
        name: ModuleName | None,
        span: Span,
        place: Place,
        operands: Sequence[Tensor],
        names: tuple[str, ...],
    ) -> Scope:
        self.budget.node(span, 2)  # it takes as long as two operators
        parent = name.scope if name is not None else place.scope
        return self.network.add_scope(
            Scope(
                id=len(self.network.scopes),
                parent=parent.id,
                kind=kind,
                name=name.name if name is not None else None,
                path=name.path if name is not None else parent.path,
                span=span,
                operands=tuple([operand(tensor) for tensor in operands]),
                operand_names=names,
                binding=place.binding,
                shortcut=place.shortcut,
                statement=place.statement,
                loop=place.loop,
            )
        )

    def _operator(
        self,
        op: Operator,
        value: OpValue,
        given: Sequence[Given],
        label: tree.Label | None,
        piped: Tensor | None,
        frame: Frame,
        place: Place,
        following: Following,
        span: Span,
    ) -> Tensor:
        bound = Binder(self.evaluator, frame, span).operator(op, piped, given, value.presets)
        if bound is None:
            return POISON_TENSOR
        operands, attributes = bound
        shapes = tuple([tensor.shape for tensor, _ in operands if tensor.shape is not None])
        if len(shapes) < len(operands):
            if any([tensor.is_poison for tensor, _ in operands]):
                return POISON_TENSOR
            left = without_absent(op, operands, span)
            if isinstance(left, Tensor):
                return left
            operands = left
        op.complete(attributes, shapes)
        if op.has_auto_bias and attributes["bias"] is AUTO:
            attributes["bias"] = not self._norm_follows(following)
        for key, entry in attributes.items():
            if isinstance(entry, list):
                attributes[key] = tuple(entry)
        try:
            shape = op.infer(attributes, shapes)
        except OperatorError as error:
            self.refused.append((error.code, [shapes[position] for position in error.operands]))
            self.bag.add(shape_error(error, operands, span, frame))
            return POISON_TENSOR
        name = self.namer.operator(op, label, place, frame, span)
        if name is None:
            return POISON_TENSOR
        self.budget.node(span)
        node = self.network.add_node(
            Node(
                id=len(self.network),
                op=op,
                name=name.name,
                path=name.path,
                scope=name.scope.id,
                attributes=attributes,
                operands=tuple([operand(tensor) for tensor, _ in operands]),
                operand_shapes=shapes,
                shape=shape,
                span=span,
                labelled=name.labelled,
                numbered=name.numbered,
                binding=place.binding,
                shortcut=place.shortcut,
                statement=place.statement,
                loop=place.loop,
            )
        )
        return Tensor(node.id, shape, None, "shortcut" if place.shortcut else "", span)

    def _norm_follows(self, following: Following | None) -> bool:
        """Whether the next operator of the pipeline is a norm."""
        while following is not None:
            position = following.position + 1
            if position >= len(following.steps) and following.again:
                position = 0
            if position < len(following.steps):
                return self._starts_with_norm(following.steps[position], following.frame)
            following = following.outer
        return False

    def _starts_with_norm(self, step: tree.Step, frame: Frame) -> bool:
        while not isinstance(step.action, tree.Apply):
            step = step.action.body.steps[0]
        value = self.target(step.action.path, frame)
        target = value.target if isinstance(value, OpValue) else value
        # A norm without weights has no shift that could stand for the bias.
        return isinstance(target, Operator) and target.category is Category.NORM and target.has_weights

    def _block(
        self,
        value: OpValue,
        definition: BlockDefinition,
        given: Sequence[Given],
        label: tree.Label | None,
        piped: Tensor | None,
        frame: Frame,
        place: Place,
        span: Span,
    ) -> Tensor:
        declaration = definition.declaration
        if frame.depth >= MAX_CALLS:
            self.budget.stop("RDL802", span, what=f"`{definition.name}`", limit=MAX_CALLS)
        inner = Frame(definition.module, depth=frame.depth + 1, parent=frame)
        if piped is not None:
            given = [Given(None, piped, span), *given]
        binder = Binder(self.evaluator, frame, span, declaration.doc)
        bound = binder.block(definition.name, declaration.parameters, given, value.presets, inner)
        if bound is None:
            return POISON_TENSOR
        tensors = {key: entry for key, entry in bound.items() if isinstance(entry, Tensor)}
        if any([tensor.is_poison for tensor in tensors.values()]):
            return POISON_TENSOR
        present = {key: tensor for key, tensor in tensors.items() if not tensor.is_absent}
        if tensors and not present:
            return absent(None, span)
        name = self.namer.scope(label, place, frame, span)
        if name is None:
            return POISON_TENSOR
        kind = ScopeKind.STAGE if declaration.is_stage else ScopeKind.BLOCK
        given_name = name if isinstance(name, ModuleName) else None
        scope = self.open_scope(
            kind, given_name, span, place, operands=list(present.values()), names=tuple(present)
        )
        scope.definition = definition.name
        scope.definition_span = declaration.name.span
        scope.doc = declaration.doc
        scope.arguments = {key: entry for key, entry in bound.items() if key not in tensors}
        scope.defaults = {
            parameter.name.text: parameter.default.value
            for parameter in declaration.parameters
            if isinstance(parameter.default, tree.Number | tree.Boolean)
        }
        if given_name is not None and scope.path in self.edits.deleted:
            return self._deleted(scope, next(iter(present.values())), place)
        inner.title = title(definition.name, bound)
        inner.path = scope.path or frame.path
        naming = place.naming
        inner.names.update(bound)
        if given_name is not None:
            naming = Naming(scope)
            _re_root(bound, scope, inner)
        for key, tensor in tensors.items():
            inner.names[key] = Tensor(
                tensor.node,
                inner.names[key].shape,
                key,
                ABSENT if tensor.is_absent else "",
                tensor.origin,
                -1 if given_name else tensor.via,
            )
        inside = Place(naming, scope, False, None, place.shortcut, place.statement)
        result = self._result(definition, inner, inside)
        if result.is_poison:
            return POISON_TENSOR
        scope.output, scope.output_via = result.node, result.via
        if result.shape is None:
            raise InternalError("a result without a shape")
        shape = result.shape
        if given_name is not None:
            channels = substitute(expression_of(shape.channels), scope.variables)
            shape = shape.with_channels(traced(int(shape.channels), channels))
        via = scope.id if given_name is not None else result.via
        return Tensor(result.node, shape, None, "shortcut" if place.shortcut else "", span, via)

    def _result(self, definition: BlockDefinition, frame: Frame, place: Place) -> Tensor:
        """What a block's body returns; poison where that is nothing."""
        declaration = definition.declaration
        result = self.run_body(declaration.body, frame, place)
        if result is None:
            self.evaluator.report("RDL330", declaration.name.span, frame, name=definition.name, when="")
            return POISON_TENSOR
        if result.is_absent:
            self.evaluator.report(
                "RDL352", result.origin or declaration.name.span, frame, name=definition.name
            )
            return POISON_TENSOR
        return result

    def _deleted(self, scope: Scope, tensor: Tensor, place: Place) -> Tensor:
        """A block that hands on its first operand, and is a module all the same: the others keep
        their names, and weights of the whole network fit."""
        scope.operands, scope.operand_names = scope.operands[:1], scope.operand_names[:1]
        scope.output, scope.output_via = tensor.node, -1
        return tensor._replace(
            name=None, role="shortcut" if place.shortcut else "", origin=scope.span, via=scope.id
        )


def operand(tensor: Tensor) -> Operand:
    return Operand(tensor.node, tensor.name, tensor.role == "shortcut", tensor.via)


def _re_root(bound: Mapping[str, Any], scope: Scope, frame: Frame) -> None:
    """Gives a named block's numbers the names they have inside it, and notes what each is worth
    to the caller."""
    for key, value in bound.items():
        if isinstance(value, Tensor) and value.shape is not None:
            variable = Variable(key, "c")
            scope.variables[variable] = value.shape.channels
            channels = traced(int(value.shape.channels), variable)
            frame.names[key] = value._replace(
                shape=Shape(tuple(value.shape.plain()), value.shape.channels_last).with_channels(channels),
            )
        elif isinstance(value, int) and not isinstance(value, bool):
            scope.variables[Variable(key)] = value
            frame.names[key] = traced(int(value), Variable(key))
        else:
            frame.names[key] = _without_history(value)


def _without_history(value: Any) -> Any:
    """Numbers inside lists and filled-in blocks lose their history: it speaks of another block."""
    match value:
        case list():
            return [_without_history(item) for item in value]
        case OpValue():
            presets = {key: _without_history(item) for key, item in value.presets.items()}
            return OpValue(value.target, presets)
        case bool():
            return value
        case int():
            return int(value)
        case _:
            return value
