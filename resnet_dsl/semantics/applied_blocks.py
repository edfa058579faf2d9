"""A block or stage applied: where scopes come from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from resnet_dsl.diagnostics.model import InternalError
from resnet_dsl.ir.graph import Scope, ScopeKind
from resnet_dsl.ir.provenance import Variable, expression_of, substitute, traced
from resnet_dsl.ir.shape import Shape
from resnet_dsl.semantics.applied_operators import AppliedOperators, operand
from resnet_dsl.semantics.arguments import Given
from resnet_dsl.semantics.block_arguments import BlockBinder
from resnet_dsl.semantics.edits import absent
from resnet_dsl.semantics.frames import MAX_CALLS, Frame, title
from resnet_dsl.semantics.naming import ModuleName, Naming, Place
from resnet_dsl.semantics.types import is_int
from resnet_dsl.semantics.values import ABSENT, POISON_TENSOR, BlockDefinition, OpValue, Tensor
from resnet_dsl.source import Span
from resnet_dsl.syntax import tree


class AppliedBlocks(AppliedOperators, ABC):
    """How blocks and stages are applied, and how a level of the hierarchy is opened."""

    @abstractmethod
    def run_body(self, body: tree.Body, frame: Frame, place: Place) -> Tensor | None:
        """Runs a block's statements; the tensor of the `return` that was reached, or None."""

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

    def apply_block(
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
        binder = BlockBinder(self.evaluator, frame, span, declaration.doc)
        bound = binder.bind(definition.name, declaration.parameters, given, value.presets, inner)
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
        elif is_int(value):
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
