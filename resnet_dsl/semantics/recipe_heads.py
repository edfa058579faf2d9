"""A recipe's `aux_weights` beside the auxiliary outputs that the model has."""

from __future__ import annotations

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import DiagnosticBag
from resnet_dsl.semantics.recipe_given import as_option
from resnet_dsl.semantics.recipes import FoundRecipe


def check_heads(found: FoundRecipe, heads: int, as_declared: bool, bag: DiagnosticBag) -> None:
    """RDL345 where more weights are written than the model has auxiliary outputs: nobody would read them.

    Fewer will do, as the last one stands for those that follow. What the spec says is held against the
    model `as_declared` alone: `--set` may take its heads away, and the same block trains it still.
    """
    weights, written = found.recipe.aux_weights, found.aux_weights
    if written is None or len(weights) <= heads or not (as_declared or written.span is None):
        return
    kept = f"aux_weights = [{', '.join(f'{weight:g}' for weight in weights[:heads])}]"
    if not heads:
        advice = "leave it out" if written.span is None else "remove it, or end a head of the model in `aux`"
    else:
        advice = f"write `{as_option('', kept) if written.span is None else kept}`"
    outputs = "no auxiliary output" if not heads else f"{heads} auxiliary output{'s' * (heads > 1)}"
    bag.add(
        diagnose(
            "RDL345",
            written.span,
            help=advice,
            given=f"{len(weights)} number{'s' * (len(weights) > 1)}",
            model=found.recipe.model,
            outputs=outputs,
        )
    )
