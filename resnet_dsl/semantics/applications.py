"""Applications: from the name in a step to the operator, block or stage that it applies."""

from __future__ import annotations

from typing import Any

from resnet_dsl.diagnostics.suggest import did_you_mean
from resnet_dsl.ops.record import Operator
from resnet_dsl.ops.registry import operators
from resnet_dsl.semantics.applied_blocks import AppliedBlocks
from resnet_dsl.semantics.applied_operators import Following
from resnet_dsl.semantics.arguments import evaluate_arguments
from resnet_dsl.semantics.frames import Frame
from resnet_dsl.semantics.naming import Place
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

# What can be applied by its name; made once, for `A | B` in a call makes the union anew each time.
_DEFINITIONS = Operator | BlockDefinition | BrokenDefinition


class Applications(AppliedBlocks):
    """Applies what a step names."""

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
            return self.apply_operator(target, value, given, label, piped, frame, place, following, span)
        if isinstance(target, BrokenDefinition) or id(target.declaration) in self.broken:
            return POISON_TENSOR
        given = evaluate_arguments(value, apply.arguments, frame, self.evaluator)
        return self.apply_block(value, target, given, label, piped, frame, place, span)

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
