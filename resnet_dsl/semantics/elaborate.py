"""Elaboration: a model's declaration and its arguments become a network, every shape known.

Purpose: run a model's body at compile time. Holds before: names are resolved (`resolve`). Holds
after: a `Network` whose node ids are an execution order, or None with the mistakes in the bag.
Non-goals: it checks no expectation and counts no cost.

Mistakes yield poison tensors, which silence whatever is computed from them, so that one run reports
every independent mistake.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import InternalError
from resnet_dsl.diagnostics.suggest import did_you_mean
from resnet_dsl.ir.graph import Network, Scope, ScopeKind, arrange
from resnet_dsl.semantics.arguments import Given, evaluate_arguments
from resnet_dsl.semantics.block_arguments import BlockBinder
from resnet_dsl.semantics.bodies import Bodies, Expectation
from resnet_dsl.semantics.frames import MAX_CALLS, Frame, LimitReached
from resnet_dsl.semantics.models import is_complete
from resnet_dsl.semantics.naming import Naming, Place
from resnet_dsl.semantics.signatures import argument_count
from resnet_dsl.semantics.values import BrokenDefinition, ModelDefinition, OpValue, Tensor
from resnet_dsl.syntax import tree


class Elaboration(NamedTuple):
    """A model's network and what its spec claims about it."""

    network: Network
    expectations: list[Expectation]


class Elaborator(Bodies):
    """Elaborates one model: `applications` makes nodes and scopes, `pipelines` and `bodies` drive it."""

    def model(self, definition: ModelDefinition, overrides: Mapping[str, Any]) -> Elaboration | None:
        """The elaboration of a model with some parameters overridden; None after mistakes."""
        before = self.bag.error_count
        try:
            self.budget.model(definition.declaration.name.span)
            result = self._model(definition, overrides)
        except LimitReached:
            return None
        if self.bag.error_count != before or result is None or result.is_poison or not self.complete:
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
        binder = BlockBinder(self.evaluator, frame, span)
        body = Frame(chain[-1].module, title=f"model {definition.name}", depth=1)
        bound = binder.bind(written.name.text, written.parameters, given, {}, body)
        if bound is None:
            return None
        self.network.name = definition.name
        self.network.doc = definition.declaration.doc or written.doc
        self.network.variant = str(self.edits)
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
        result = self.run_body(written.body, body, place)
        if result is not None and result.is_absent:
            self.evaluator.report("RDL352", result.origin or span, body, name=definition.name)
            return None
        for scope in self.network.scopes:
            if scope.reserved:
                arrange(scope)
        for entry in reversed(chain[:-1]):
            if entry is chain[-2] and is_complete(chain[-1]):
                self.expectations.clear()  # what a complete model claims, it claims of itself
            if entry.declaration.body is not None and (entry is definition or not is_complete(entry)):
                self.run_body(entry.declaration.body, replace(body, module=entry.module), place)
        return result

    def _chain(self, definition: ModelDefinition) -> list[ModelDefinition] | None:
        """The model, the family it applies, and so on to the one that is written out."""
        chain = [definition]
        while isinstance(declaration := chain[-1].declaration, tree.Application):
            family = self._family(declaration, Frame(chain[-1].module))
            if family is None or id(declaration) in self.broken:
                return None
            chain.append(family)
            if family in chain[:-1]:
                circle = " -> ".join([entry.name for entry in chain[:8]])
                span = definition.declaration.name.span
                self.bag.add(diagnose("RDL223", span, name=definition.name, circle=circle))
                return None
            if len(chain) > MAX_CALLS:
                self.budget.stop(
                    "RDL802", declaration.name.span, what=f"`{definition.name}`", limit=MAX_CALLS
                )
        return chain

    def _given(
        self, chain: list[ModelDefinition], written: tree.Model, overrides: Mapping[str, Any]
    ) -> list[Given]:
        """The written model's arguments: each application fills in what the ones below left open
        and may replace by name what they gave; overrides come last."""
        names = [parameter.name.text for parameter in written.parameters]
        values: dict[str, Given] = {}
        family = OpValue(BrokenDefinition(written.name.text))
        for entry in reversed(chain[:-1]):
            declaration = entry.declaration
            if not isinstance(declaration, tree.Application):
                raise InternalError("only the last model of a chain is written out")
            open_names = [name for name in names if name not in values]
            frame = Frame(entry.module, title=f"model {entry.name}")
            here: set[str] = set()
            for argument in evaluate_arguments(family, declaration.arguments, frame, self.evaluator):
                name = argument.name or (open_names.pop(0) if open_names else None)
                if name is None:
                    wanted, count = argument_count(len(names)), len(declaration.arguments)
                    self.evaluator.report(
                        "RDL306", argument.span, frame, callee=family.name, wanted=wanted, given=count
                    )
                    break
                if name in here:
                    self.evaluator.report("RDL307", argument.place, frame, callee=family.name, name=name)
                else:
                    here.add(name)
                    values[name] = Given(name, argument.value, argument.span, argument.name_span)
        span = chain[0].declaration.name.span
        for name, value in overrides.items():
            values[name] = Given(name, value, span)
        return list(values.values())

    def _family(self, declaration: tree.Application, frame: Frame) -> ModelDefinition | None:
        target = self.target(declaration.family, frame)
        if isinstance(target, ModelDefinition):
            return target
        if target is None:
            name = declaration.family[-1]
            known = [key for key, value in frame.module.names.items() if isinstance(value, ModelDefinition)]
            self.evaluator.report(
                "RDL220", name.span, frame, name=name.text, help=did_you_mean(name.text, known)
            )
        elif not isinstance(target, BrokenDefinition):
            name = declaration.family[-1]
            advice = "apply a family of models: `model small = family(8)`"
            self.evaluator.report("RDL220", name.span, frame, name=name.text, help=advice)
        return None
