"""Which model and which recipe of a spec a command means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from resnet_dsl.program import CompiledNetwork
    from resnet_dsl.semantics.recipe import Recipe


def choose_recipe(
    networks: Sequence[CompiledNetwork], recipe: str | None, spec: Path
) -> tuple[CompiledNetwork, Recipe]:
    """The one model and recipe that were meant; a usage error where several may be."""
    able = [network for network in networks if network.recipes]
    if not able:
        from resnet_dsl.diagnostics.catalog import diagnose
        from resnet_dsl.diagnostics.model import SpecError

        names = ", ".join(network.name for network in networks)
        raise SpecError([diagnose("RDL911", None, spec=str(spec), models=names, model=networks[0].name)])
    if recipe is not None:
        able = [network for network in able if recipe in network.recipes] or able
    if len(able) > 1:
        names = ", ".join(network.name for network in able)
        raise typer.BadParameter(f"several models have a recipe: {names}", param_hint="--model")
    network = able[0]
    return network, _recipe(network.recipes, recipe)


def _recipe(recipes: Mapping[str, Recipe], name: str | None) -> Recipe:
    if name is None and len(recipes) == 1:
        return next(iter(recipes.values()))
    if name is None:
        raise typer.BadParameter(f"there are several: {', '.join(recipes)}", param_hint="--recipe")
    if name not in recipes:
        from resnet_dsl.diagnostics.suggest import did_you_mean

        advice = did_you_mean(name, recipes)
        raise typer.BadParameter(f"there is no recipe {name!r}. {advice}".rstrip(), param_hint="--recipe")
    return recipes[name]
