"""Plain twins and ablations: a model elaborated with shortcuts left out or blocks deleted.

Purpose: check that an edit asks for something the model has, and elaborate what is left. Holds
after: a network as if the spec had been written so, or None with the mistakes in the bag. The names
of blocks do not change, so weights of the whole network fit what is left of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.suggest import did_you_mean
from resnet_dsl.ir.graph import Network, Scope, ScopeKind
from resnet_dsl.semantics.edits import Edits
from resnet_dsl.semantics.elaborate import Elaboration, Elaborator
from resnet_dsl.semantics.frames import Budget, title
from resnet_dsl.semantics.values import ModelDefinition, shape_words


def elaborate_edited(
    definition: ModelDefinition,
    overrides: Mapping[str, Any],
    budget: Budget,
    broken: set[int],
    input_shape: Sequence[int] | None,
    edits: Edits,
) -> Elaboration | None:
    """The elaboration of a model with `edits`; None after mistakes.

    Blocks are deleted from the network that is whole but for them: it tells which there are, and
    which of them keep their shape.
    """
    elaborator = Elaborator(budget, broken, input_shape, replace(edits, deleted=()))
    elaboration = elaborator.model(definition, overrides)
    if elaboration is None:
        return None
    before = budget.bag.error_count
    if edits.without_shortcuts and not elaborator.shortcuts_left_out:
        budget.bag.add(diagnose("RDL353", definition.declaration.name.span, name=definition.name))
    _check_deletions(elaboration.network, edits.deleted, definition, budget)
    if budget.bag.error_count != before:
        return None
    if not edits.deleted:
        return elaboration
    return Elaborator(budget, broken, input_shape, edits).model(definition, overrides)


def _check_deletions(
    network: Network, paths: Sequence[str], definition: ModelDefinition, budget: Budget
) -> None:
    """Reports paths that name no block, and blocks that change the shape."""
    blocks = {scope.path: scope for scope in network.scopes if _is_block(scope)}
    unknown = [path for path in paths if path not in blocks]
    if unknown:
        listed = ", ".join([f"`{path}`" for path in unknown])
        advice = _others(network, unknown[0]) or did_you_mean(unknown[0], blocks)
        help_line = advice or "`resnet-dsl show` prints the paths"
        span = definition.declaration.name.span
        budget.bag.add(diagnose("RDL354", span, model=network.name, paths=listed, help=help_line))
    for path in paths:
        if path in blocks:
            _check_shape(network, path, blocks[path], budget)


def _check_shape(network: Network, path: str, scope: Scope, budget: Budget) -> None:
    given, made = network.node(scope.operands[0].node).shape, network.node(scope.output).shape
    if given.dims != made.dims:
        budget.bag.add(
            diagnose(
                "RDL355",
                scope.span,
                where=f"{path} = {title(scope.definition, scope.arguments)}",
                path=path,
                output=shape_words(made),
                input=shape_words(given),
            )
        )


def _is_block(scope: Scope) -> bool:
    return (
        scope.kind in {ScopeKind.BLOCK, ScopeKind.STAGE} and scope.name is not None and bool(scope.operands)
    )


def _others(network: Network, path: str) -> str:
    """What else has that path."""
    for node in network.nodes():
        if node.path == path:
            return f"`{path}` is an operator (`{node.op.name}`)"
    for scope in network.scopes[1:]:
        if scope.path == path and scope.name is not None:
            return f"`{path}` is a `{scope.kind.value}`"
    return ""
