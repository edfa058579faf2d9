"""Bodies: the statements of a block or model, run in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resnet_dsl.ir.graph import AuxiliaryOutput, Node
from resnet_dsl.ir.provenance import named
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.input import INPUT
from resnet_dsl.ops.record import MAX_DIMENSION
from resnet_dsl.semantics.claims import falsehood
from resnet_dsl.semantics.edits import NO_EDITS, Edits, absent
from resnet_dsl.semantics.frames import Budget, Frame
from resnet_dsl.semantics.naming import Place
from resnet_dsl.semantics.pipelines import Pipelines
from resnet_dsl.semantics.types import is_int
from resnet_dsl.semantics.values import POISON, POISON_TENSOR, Tensor, show
from resnet_dsl.syntax import tree


@dataclass(slots=True)
class Expectation:
    """An `expect` to be checked once the facts are known, with the names it sees."""

    node: tree.Expect
    frame: Frame


class Bodies(Pipelines):
    """Runs statements. `input_shape` replaces the shape of the model's first input."""

    def __init__(
        self,
        budget: Budget,
        broken: set[int],
        input_shape: Sequence[int] | None = None,
        edits: Edits = NO_EDITS,
    ) -> None:
        super().__init__(budget, broken, edits)
        self.input_shape = input_shape
        self.expectations: list[Expectation] = []
        self.statements = 0
        self.shortcuts_left_out = 0

    def run_body(self, body: tree.Body, frame: Frame, place: Place) -> Tensor | None:
        """Runs statements in order; the tensor of the `return` that was reached, or None."""
        for position, statement in enumerate(body.statements):
            self.budget.step(statement.span)
            match statement:
                case tree.Bind():
                    self._bind(statement, frame, place)
                case tree.Let():
                    value = self.evaluator.value(statement.value, frame)
                    name = statement.name.text
                    frame.names[name] = named(name, value) if is_int(value) else value
                case tree.Return():
                    claims = body.statements[position + 1 :]  # facts are often stated last
                    self.expectations += [
                        Expectation(claim, frame) for claim in claims if isinstance(claim, tree.Expect)
                    ]
                    self.statements += 1
                    inner = place._replace(binding=None, statement=self.statements)
                    return self.pipeline(statement.pipeline, frame, inner)
                case tree.If():
                    chosen = self.evaluator.condition(statement.condition, frame)
                    if chosen is POISON:
                        return POISON_TENSOR
                    arm = statement.then if chosen else statement.otherwise
                    result = self.run_body(arm, frame, place) if arm is not None else None
                    if result is not None:
                        return result
                case tree.Assert():
                    if not self._holds(statement, frame):
                        return POISON_TENSOR
                case tree.Expect():
                    self.expectations.append(Expectation(statement, frame))
                case tree.Input():
                    self._input(statement, frame, place)
                case tree.Register():
                    self.namer.reserve(statement.labels, place, frame)
        return None

    def _holds(self, statement: tree.Assert, frame: Frame) -> bool:
        wrong = falsehood(statement.condition, frame, self.evaluator)
        if wrong is None:
            return True
        message = statement.message.value
        self.evaluator.report("RDL602", wrong.span, frame, message=message, found=wrong.found)
        return False

    def _bind(self, statement: tree.Bind, frame: Frame, place: Place) -> None:
        name = statement.name.text
        if statement.role == "shortcut" and self.edits.without_shortcuts:
            self.shortcuts_left_out += 1
            frame.names[name] = absent(name, statement.span)
            return
        self.statements += 1
        inner = place._replace(
            binding=name,
            shortcut=place.shortcut or statement.role == "shortcut",
            statement=self.statements,
        )
        value = self.pipeline(statement.pipeline, frame, inner)
        if value.is_absent:
            frame.names[name] = absent(name, statement.span)
            return
        self.complete = self.complete and not value.is_poison
        if statement.role == "aux" and not value.is_poison:
            self.network.auxiliary.append(AuxiliaryOutput(name, value.node, value.via))
        role = "shortcut" if statement.role == "shortcut" else ""
        frame.names[name] = Tensor(value.node, value.shape, name, role, statement.span, value.via)

    def _input(self, statement: tree.Input, frame: Frame, place: Place) -> None:
        name = statement.name.text
        first = not self.network.inputs
        dims = [self.evaluator.evaluate(dim, frame) for dim in statement.dims]
        if first and self.input_shape is not None:
            dims = list(self.input_shape)
        if any(dim is POISON for dim in dims):
            self.complete = False
            frame.names[name] = Tensor(-1, None, name, "", statement.span)
            return
        whole = all(is_int(dim) and dim >= 1 for dim in dims)
        if not whole or len(dims) not in (1, 3):
            shown = ", ".join([show(dim) for dim in dims])
            self.evaluator.report("RDL409", statement.span, frame, name=name, shape=shown)
            frame.names[name] = Tensor(-1, None, name, "", statement.span)
            return
        large = next((dim for dim in dims if dim > MAX_DIMENSION), None)
        if large is not None:
            self.evaluator.report("RDL805", statement.span, frame, size=int(large), limit=MAX_DIMENSION)
            frame.names[name] = Tensor(-1, None, name, "", statement.span)
            return
        shape = Shape(tuple(int(dim) for dim in dims))
        place.naming.used[name] = statement.span  # a row of reports, so no module may be called so
        self.budget.node(statement.span)
        node = self.network.add_node(
            Node(
                id=len(self.network),
                op=INPUT,
                name=name,
                path=name,
                scope=place.scope.id,
                attributes={"shape": shape.dims},
                operands=(),
                operand_shapes=(),
                shape=shape,
                span=statement.span,
                binding=name,
            )
        )
        self.network.inputs.append(node.id)
        frame.names[name] = Tensor(node.id, shape, name, "", statement.span)
