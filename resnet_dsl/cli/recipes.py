"""Which model and which recipe of a spec a command means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from resnet_dsl.compiled import CompiledNetwork
    from resnet_dsl.diagnostics.model import Diagnostic
    from resnet_dsl.semantics.recipe import Recipe
    from resnet_dsl.training.errors import TrainingError


def choose_recipe(
    networks: Sequence[CompiledNetwork], recipe: str | None, spec: Path
) -> tuple[CompiledNetwork, Recipe]:
    """The one model and recipe that were meant; a usage error where several may be."""
    able = [network for network in networks if network.recipes]
    if recipe is not None and not any(recipe in network.recipes for network in able):
        raise _unknown(recipe, [name for network in able for name in network.recipes])
    if not able:
        from resnet_dsl.diagnostics.catalog import diagnose
        from resnet_dsl.diagnostics.model import SpecError

        names = ", ".join(network.name for network in networks)
        raise SpecError([diagnose("RDL911", None, spec=str(spec), models=names, model=networks[0].name)])
    if recipe is not None:
        able = [network for network in able if recipe in network.recipes]
    if len(able) > 1:
        names = ", ".join(network.name for network in able)
        raise typer.BadParameter(f"several models have a recipe: {names}", param_hint="--model")
    network = able[0]
    return network, _recipe(network.name, network.recipes, recipe)


def _recipe(model: str, recipes: Mapping[str, Recipe], name: str | None) -> Recipe:
    if name is None and len(recipes) == 1:
        return next(iter(recipes.values()))
    if name is None:
        raise typer.BadParameter(
            f"{model} has several recipes, choose one: {', '.join(recipes)}", param_hint="--recipe"
        )
    return recipes[name]


def _unknown(name: str, own: Sequence[str]) -> typer.BadParameter:
    """Neither the spec nor the program has a recipe of that name."""
    from resnet_dsl.diagnostics.suggest import all_known
    from resnet_dsl.semantics.recipe_names import recipe_names

    known = [*own, *recipe_names()]
    return typer.BadParameter(f"there is no recipe {name!r}; {all_known(name, known)}", param_hint="--recipe")


def with_parameter(error: TrainingError, network: CompiledNetwork) -> Diagnostic:
    """What went wrong; a network with too few or too many classes, or joints, may have a parameter for them."""
    parameters = network.network.scopes[0].arguments
    name = next((each for each in (error.fields.get("what"), "classes") if each in parameters), None)
    if error.code != "RDL904" or name is None or error.fields["fits"]:
        return error.diagnostic
    given, needed = (str(error.fields[each]).count(",") for each in ("given", "needed"))
    if given != needed:
        return error.diagnostic  # a vector in place of maps has the wrong form, whatever the classes
    advice = f"{error.diagnostic.help}, or try `--set {name}={error.fields['classes']}`"
    return error.diagnostic._replace(help=advice)
