"""An operator applied: where nodes come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network, Node, Operand
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.parameter import AUTO
from resnet_dsl.ops.record import Operator, OperatorError
from resnet_dsl.semantics.arguments import Given
from resnet_dsl.semantics.edits import NO_EDITS, Edits, without_absent
from resnet_dsl.semantics.evaluate import Evaluator
from resnet_dsl.semantics.frames import Budget, Frame
from resnet_dsl.semantics.modules import Module
from resnet_dsl.semantics.naming import Namer, Place
from resnet_dsl.semantics.operator_arguments import OperatorBinder
from resnet_dsl.semantics.shape_errors import shape_error
from resnet_dsl.semantics.values import POISON_TENSOR, OpValue, Tensor
from resnet_dsl.source import Span
from resnet_dsl.syntax import tree


class Following(NamedTuple):
    """What comes after a step, for `bias = auto`: the rest of its pipeline, then what follows."""

    steps: tuple[tree.Step, ...]
    position: int
    frame: Frame
    outer: Following | None = None
    again: bool = False  # the pipeline is a loop's body and runs once more


class AppliedOperators:
    """What the elaboration of one model shares, and how operators are applied.

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

    def target(self, path: tuple[tree.Name, ...], frame: Frame) -> Any:
        """What a dotted name stands for; None where nothing has it."""
        value = frame.lookup(path[0].text)
        for name in path[1:]:
            if not isinstance(value, Module):
                return None
            value = value.names.get(name.text)
        return value

    def apply_operator(
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
        bound = OperatorBinder(self.evaluator, frame, span).bind(op, piped, given, value.presets)
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


def operand(tensor: Tensor) -> Operand:
    return Operand(tensor.node, tensor.name, tensor.role == "shortcut", tensor.via)
