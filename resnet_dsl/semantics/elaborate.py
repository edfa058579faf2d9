"""Elaboration: a model's declaration and its arguments become a network, every shape known.

Purpose: run a model's body at compile time. Holds before: names are resolved (`resolve`). Holds
after: a `Network` whose node ids are an execution order, or None with the mistakes in the bag.
Non-goals: it checks no expectation and counts no cost.

Mistakes yield poison tensors, which silence whatever is computed from them, so that one run reports
every independent mistake.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import DiagnosticBag, InternalError
from resnet_dsl.diagnostics.suggest import did_you_mean
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import AuxiliaryOutput, Network, Node, Operand, Scope, ScopeKind
from resnet_dsl.ir.provenance import Variable, expression_of, named, substitute, traced
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.input import INPUT
from resnet_dsl.ops.record import AUTO, MAX_DIMENSION, Operator, OperatorError
from resnet_dsl.ops.registry import operators
from resnet_dsl.semantics.arguments import Binder, Given, evaluate_arguments
from resnet_dsl.semantics.evaluate import Evaluator
from resnet_dsl.semantics.frames import MAX_CALLS, MAX_REPEAT, Budget, Frame, LimitReached, title
from resnet_dsl.semantics.modules import Module
from resnet_dsl.semantics.naming import ModuleName, Namer, Naming, Place
from resnet_dsl.semantics.shape_errors import shape_error
from resnet_dsl.semantics.values import (
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


@dataclass(slots=True)
class Expectation:
    """An `expect` to be checked once the facts are known, with the names it sees."""

    node: tree.Expect
    frame: Frame


@dataclass(slots=True)
class Elaboration:
    """A model's network and what its spec claims about it."""

    network: Network
    expectations: list[Expectation] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Following:
    """What comes after a step, for `bias = auto`: the rest of its pipeline, then what follows."""

    steps: tuple[tree.Step, ...]
    position: int
    frame: Frame
    outer: Following | None = None
    again: bool = False  # the pipeline is a loop's body and runs once more


class Elaborator:
    """Elaborates one model. `broken` holds declarations that have mistakes already reported."""

    def __init__(
        self,
        bag: DiagnosticBag,
        broken: set[int],
        input_shape: Sequence[int] | None = None,
    ) -> None:
        self.bag = bag
        self.broken = broken
        self.input_shape = input_shape
        self.budget = Budget(bag)
        self.evaluator = Evaluator(self.budget)
        self.network = Network("")
        self.namer = Namer(self.network, self.evaluator)
        self.expectations: list[Expectation] = []
        self.statements = 0

    # --- models ----------------------------------------------------------------------------------

    def model(self, definition: ModelDefinition, overrides: Mapping[str, Any]) -> Elaboration | None:
        """The elaboration of a model with some parameters overridden; None after mistakes."""
        before = self.bag.error_count
        try:
            result = self._model(definition, overrides)
        except LimitReached:
            return None
        if self.bag.error_count != before or result is None or result.is_poison:
            return None
        self.network.output = result.node
        self.network.root.output = result.node
        self.network.root.output_via = result.via
        return Elaboration(self.network, self.expectations)

    def _model(self, definition: ModelDefinition, overrides: Mapping[str, Any]) -> Tensor | None:
        chain = self._chain(definition)
        if chain is None:
            return None
        written = chain[-1].declaration
        if not isinstance(written, tree.Model) or id(written) in self.broken:
            return None
        frame = Frame(definition.module, title=f"model {definition.name}")
        span = definition.declaration.name.span
        given = self._given(chain, written, overrides)
        binder = Binder(self.evaluator, frame, span)
        body = Frame(chain[-1].module, title=f"model {definition.name}", depth=1)
        bound = binder.block(written.name.text, written.parameters, given, {}, body)
        if bound is None:
            return None
        self.network.name = definition.name
        self.network.doc = definition.declaration.doc or written.doc
        root = self.network.add_scope(
            Scope(
                id=0,
                parent=None,
                kind=ScopeKind.MODEL,
                name="",
                path="",
                span=definition.declaration.span,
                definition=written.name.text,
                definition_span=written.name.span,
                doc=self.network.doc,
                arguments=bound,
            )
        )
        place = Place(Naming(root), root)
        result = self._body(written.body, body, place)
        for entry in reversed(chain[:-1]):
            if entry.declaration.body is not None:
                self._body(entry.declaration.body, replace(body, module=entry.module), place)
        return result

    def _chain(self, definition: ModelDefinition) -> list[ModelDefinition] | None:
        """The model, the family it applies, and so on to the one that is written out."""
        chain = [definition]
        while isinstance(declaration := chain[-1].declaration, tree.Application):
            if len(chain) > MAX_CALLS:
                span = declaration.name.span
                self.budget.stop("RDL802", span, what=f"`{definition.name}`", limit=MAX_CALLS)
            family = self._family(declaration, Frame(chain[-1].module))
            if family is None or id(declaration) in self.broken:
                return None
            chain.append(family)
        return chain

    def _given(
        self, chain: list[ModelDefinition], written: tree.Model, overrides: Mapping[str, Any]
    ) -> list[Given]:
        """The written model's arguments: each application fills in what the ones below left open
        and may replace by name what they gave; overrides come last."""
        names = [parameter.name.text for parameter in written.parameters]
        values: dict[str, Given] = {}
        extra: list[Given] = []
        family = OpValue(BrokenDefinition(written.name.text))
        for entry in reversed(chain[:-1]):
            declaration = entry.declaration
            if not isinstance(declaration, tree.Application):
                raise InternalError("only the last model of a chain is written out")
            open_names = [name for name in names if name not in values]
            frame = Frame(entry.module, title=f"model {entry.name}")
            for argument in evaluate_arguments(family, declaration.arguments, frame, self.evaluator):
                name = argument.name or (open_names.pop(0) if open_names else None)
                if name is None:
                    extra.append(argument)
                else:
                    values[name] = Given(name, argument.value, argument.span)
        span = chain[0].declaration.name.span
        for name, value in overrides.items():
            values[name] = Given(name, value, span)
        return [*extra, *values.values()]

    def _family(self, declaration: tree.Application, frame: Frame) -> ModelDefinition | None:
        target = self._path(declaration.family, frame)
        if isinstance(target, ModelDefinition):
            return target
        if target is None:
            name = declaration.family[-1]
            known = [key for key, value in frame.module.names.items() if isinstance(value, ModelDefinition)]
            self.evaluator.report("RDL220", name.span, frame, name=name.text, help=did_you_mean(name.text, known))
        elif not isinstance(target, BrokenDefinition):
            name = declaration.family[-1]
            self.evaluator.report("RDL220", name.span, frame, name=name.text, help="")
        return None

    # --- statements ------------------------------------------------------------------------------

    def _body(self, body: tree.Body, frame: Frame, place: Place) -> Tensor | None:
        """Runs statements in order; the tensor of the `return` that was reached, or None."""
        for position, statement in enumerate(body.statements):
            self.budget.step(statement.span)
            match statement:
                case tree.Bind():
                    self._bind(statement, frame, place)
                case tree.Let():
                    value = self.evaluator.evaluate(statement.value, frame)
                    name = statement.name.text
                    is_int = isinstance(value, int) and not isinstance(value, bool)
                    frame.names[name] = named(name, value) if is_int else value
                case tree.Return():
                    self.statements += 1
                    inner = replace(place, binding=None, shortcut=place.shortcut, statement=self.statements)
                    returned = self._pipeline(statement.pipeline, frame, inner)
                    for claim in body.statements[position + 1 :]:
                        if isinstance(claim, tree.Expect):  # facts are often stated last
                            self.expectations.append(Expectation(claim, frame))
                    return returned
                case tree.If():
                    chosen = self.evaluator.condition(statement.condition, frame)
                    if chosen is POISON:
                        return POISON_TENSOR
                    arm = statement.then if chosen else statement.otherwise
                    if arm is not None:
                        result = self._body(arm, frame, place)
                        if result is not None:
                            return result
                case tree.Assert():
                    if self.evaluator.condition(statement.condition, frame) is False:
                        self.evaluator.report(
                            "RDL602",
                            statement.condition.span,
                            frame,
                            message=statement.message.value,
                            text=" ".join(statement.condition.span.text.split()),
                        )
                        return POISON_TENSOR
                case tree.Expect():
                    self.expectations.append(Expectation(statement, frame))
                case tree.Input():
                    self._input(statement, frame, place)
        return None

    def _bind(self, statement: tree.Bind, frame: Frame, place: Place) -> None:
        name = statement.name.text
        self.statements += 1
        inner = replace(
            place,
            binding=name,
            shortcut=place.shortcut or statement.role == "shortcut",
            statement=self.statements,
        )
        value = self._pipeline(statement.pipeline, frame, inner)
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
            frame.names[name] = Tensor(-1, None, name, "", statement.span)
            return
        whole = all(isinstance(dim, int) and not isinstance(dim, bool) and dim >= 1 for dim in dims)
        if not whole or len(dims) not in (1, 3):
            shown = ", ".join(str(dim) for dim in dims)
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

    # --- pipelines -------------------------------------------------------------------------------

    def _pipeline(self, pipeline: tree.Pipeline, frame: Frame, place: Place) -> Tensor:
        first = pipeline.steps[0]
        current = self._head(first, frame)
        start = 1
        if current is None:
            following = Following(pipeline.steps, 0, frame)
            current = self._step(first, None, frame, place, following)
        return self._steps(pipeline.steps, start, current, frame, place, None)

    def _steps(
        self,
        steps: tuple[tree.Step, ...],
        start: int,
        current: Tensor,
        frame: Frame,
        place: Place,
        outer: Following | None,
        *,
        again: bool = False,
    ) -> Tensor:
        for position in range(start, len(steps)):
            following = Following(steps, position, frame, outer, again)
            current = self._step(steps[position], current, frame, place, following)
        return current

    def _head(self, step: tree.Step, frame: Frame) -> Tensor | None:
        """The tensor that a pipeline starts from, or None where it starts with an application."""
        action = step.action
        if isinstance(action, tree.Apply) and action.arguments is None and len(action.path) == 1:
            value = frame.lookup(action.path[0].text)
            if isinstance(value, Tensor):
                if step.label is not None:
                    self.evaluator.report(
                        "RDL334", step.label.span, frame, label=step.label.span.text, what="it is a tensor"
                    )
                return value
        return None

    def _step(
        self, step: tree.Step, piped: Tensor | None, frame: Frame, place: Place, following: Following
    ) -> Tensor:
        self.budget.step(step.span)
        match step.action:
            case tree.Apply() as apply:
                return self._apply(apply, step.label, piped, frame, place, following)
            case tree.Repeat() | tree.Seq() as loop:
                if piped is None:
                    word = "repeat" if isinstance(loop, tree.Repeat) else "seq"
                    self.evaluator.report("RDL305", loop.span, frame, callee=word, wanted="1 operand", given=0)
                    return POISON_TENSOR
                return self._loop(loop, step.label, piped, frame, place, following)

    def _path(self, path: tuple[tree.Name, ...], frame: Frame) -> Any:
        value = frame.lookup(path[0].text)
        for name in path[1:]:
            if not isinstance(value, Module):
                return None
            value = value.names.get(name.text)
        return value

    def _apply(
        self,
        apply: tree.Apply,
        label: tree.Label | None,
        piped: Tensor | None,
        frame: Frame,
        place: Place,
        following: Following,
    ) -> Tensor:
        name = ".".join([part.text for part in apply.path])
        span = apply.path[0].span.to(apply.path[-1].span)
        value = self._path(apply.path, frame)
        if isinstance(value, Operator | BlockDefinition | BrokenDefinition):
            value = OpValue(value)
        if value is POISON:
            return POISON_TENSOR
        if not isinstance(value, OpValue):
            return self._no_block(name, value, span, frame)
        if isinstance(value.target, BrokenDefinition) or id(_declaration(value)) in self.broken:
            return POISON_TENSOR
        given = evaluate_arguments(value, apply.arguments or (), frame, self.evaluator)
        if isinstance(value.target, Operator):
            return self._operator(value.target, value, given, label, piped, frame, place, following, span)
        return self._block(value, value.target, given, label, piped, frame, place, span)

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

    def _loop(
        self,
        loop: tree.Repeat | tree.Seq,
        label: tree.Label | None,
        piped: Tensor,
        frame: Frame,
        place: Place,
        following: Following,
    ) -> Tensor:
        count = 1
        if isinstance(loop, tree.Repeat):
            value = self.evaluator.evaluate(loop.count, frame)
            if value is POISON:
                return POISON_TENSOR
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                given = str(int(value)) if isinstance(value, int) else kind_of(value)
                self.evaluator.report("RDL338", loop.count.span, frame, given=given)
                return POISON_TENSOR
            if value > MAX_REPEAT:
                self.budget.stop("RDL801", loop.count.span, count=int(value), limit=MAX_REPEAT)
            count = int(value)
        name = self.namer.scope(label, replace(place, numbered=False), frame, loop.span)
        if name is None or piped.is_poison:
            return POISON_TENSOR
        inner = replace(place, numbered=True)
        scope: Scope | None = None
        if isinstance(name, ModuleName):
            kind = ScopeKind.REPEAT if isinstance(loop, tree.Repeat) else ScopeKind.SEQ
            scope = self._open_scope(kind, name, loop.span, place, operands=(piped,), names=("x",))
            inner = replace(inner, naming=Naming(scope), scope=scope)
        body = frame.child()
        current = piped if scope is None else replace(piped, via=-1)
        for index in range(count):
            if isinstance(loop, tree.Repeat) and loop.variable is not None:
                body.names[loop.variable.text] = index
            again = index + 1 < count
            current = self._steps(loop.body.steps, 0, current, body, inner, following, again=again)
            if current.is_poison:
                return POISON_TENSOR
        if scope is None:
            return current
        scope.output, scope.output_via = current.node, current.via
        return replace(current, name=None, via=scope.id)

    def _open_scope(
        self,
        kind: ScopeKind,
        name: ModuleName | None,
        span: Span,
        place: Place,
        operands: Sequence[Tensor],
        names: tuple[str, ...],
    ) -> Scope:
        parent = name.scope if name is not None else place.scope
        return self.network.add_scope(
            Scope(
                id=len(self.network.scopes),
                parent=parent.id,
                kind=kind,
                name=name.name if name is not None else None,
                path=name.path if name is not None else parent.path,
                span=span,
                operands=tuple([_operand(tensor) for tensor in operands]),
                operand_names=names,
                binding=place.binding,
                shortcut=place.shortcut,
                statement=place.statement,
            )
        )

    # --- applications ----------------------------------------------------------------------------

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
        if any([tensor.is_poison for tensor, _ in operands]):
            return POISON_TENSOR
        shapes = tuple([tensor.shape for tensor, _ in operands if tensor.shape is not None])
        op.complete(attributes, shapes)
        if op.has_auto_bias and attributes["bias"] is AUTO:
            attributes["bias"] = not self._norm_follows(following)
        for key, entry in attributes.items():
            if isinstance(entry, list):
                attributes[key] = tuple(entry)
        try:
            shape = op.infer(attributes, shapes)
        except OperatorError as error:
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
                operands=tuple([_operand(tensor) for tensor, _ in operands]),
                operand_shapes=shapes,
                shape=shape,
                span=span,
                labelled=name.labelled,
                numbered=name.numbered,
                binding=place.binding,
                shortcut=place.shortcut,
                statement=place.statement,
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
        value = self._path(step.action.path, frame)
        target = value.target if isinstance(value, OpValue) else value
        return isinstance(target, Operator) and target.category is Category.NORM

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
        binder = Binder(self.evaluator, frame, span)
        bound = binder.block(definition.name, declaration.parameters, given, value.presets, inner)
        if bound is None:
            return POISON_TENSOR
        tensors = {key: entry for key, entry in bound.items() if isinstance(entry, Tensor)}
        if any([tensor.is_poison for tensor in tensors.values()]):
            return POISON_TENSOR
        name = self.namer.scope(label, place, frame, span)
        if name is None:
            return POISON_TENSOR
        kind = ScopeKind.STAGE if declaration.is_stage else ScopeKind.BLOCK
        given_name = name if isinstance(name, ModuleName) else None
        scope = self._open_scope(
            kind, given_name, span, place, operands=list(tensors.values()), names=tuple(tensors)
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
        inner.title = title(definition.name, bound)
        inner.path = scope.path or frame.path
        inside = replace(place, scope=scope, numbered=False, binding=None)
        if given_name is not None:
            inside = replace(inside, naming=Naming(scope))
            _re_root(bound, scope, inner)
        else:
            inner.names.update(bound)
        for key, tensor in tensors.items():
            held = inner.names[key]
            inner.names[key] = replace(
                held, name=key, role="", via=-1 if given_name else held.via, origin=held.origin or tensor.origin
            )
        result = self._body(declaration.body, inner, inside)
        if result is None or result.is_poison:
            if result is None:
                self.evaluator.report("RDL330", declaration.name.span, inner, name=definition.name)
            return POISON_TENSOR
        scope.output, scope.output_via = result.node, result.via
        if result.shape is None:
            raise InternalError("a result without a shape")
        shape = result.shape
        if given_name is not None:
            channels = substitute(expression_of(shape.channels), scope.variables)
            shape = Shape((traced(int(shape.channels), channels), *shape.dims[1:]))
        via = scope.id if given_name is not None else result.via
        return Tensor(result.node, shape, None, "shortcut" if place.shortcut else "", span, via)


def _declaration(value: OpValue) -> object:
    return value.target.declaration if isinstance(value.target, BlockDefinition) else value.target


def _operand(tensor: Tensor) -> Operand:
    return Operand(tensor.node, tensor.name, tensor.role == "shortcut", tensor.via)


def _re_root(bound: Mapping[str, Any], scope: Scope, frame: Frame) -> None:
    """Gives a named block's numbers the names they have inside it, and notes what each is worth
    to the caller."""
    for key, value in bound.items():
        if isinstance(value, Tensor) and value.shape is not None:
            variable = Variable(key, "c")
            scope.variables[variable] = value.shape.channels
            channels = traced(int(value.shape.channels), variable)
            frame.names[key] = replace(
                value, shape=Shape((channels, *[int(dim) for dim in value.shape.spatial]))
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
