"""The `train` blocks of a file, evaluated and checked into recipes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import Label
from resnet_dsl.diagnostics.suggest import did_you_mean
from resnet_dsl.semantics.evaluate import Evaluator
from resnet_dsl.semantics.frames import Budget, Frame, LimitReached
from resnet_dsl.semantics.modules import Module
from resnet_dsl.semantics.names import FUNCTIONS
from resnet_dsl.semantics.recipe import build_recipe
from resnet_dsl.semantics.recipe_given import PREFIX
from resnet_dsl.semantics.recipe_names import named_recipe
from resnet_dsl.semantics.recipe_table import WORDS
from resnet_dsl.semantics.recipe_values import Invocation, Recipe, Setting, Word
from resnet_dsl.semantics.values import POISON, BrokenDefinition, ModelDefinition
from resnet_dsl.syntax import tree


class FoundRecipe(NamedTuple):
    """A recipe, and its `aux_weights` where the spec or the command line names them itself."""

    recipe: Recipe
    aux_weights: Setting | None


def recipes(
    module: Module,
    models: Iterable[str],
    budget: Budget,
    overrides: Mapping[str, object],
    only: str | None = None,
) -> list[FoundRecipe]:
    """Every recipe that the file declares. `models` are the models that it declares.

    `overrides` hold for the recipe named `only`, or for all. Where the file has none of that name and
    the program has, each model gets that one.
    """
    bag, known = budget.bag, list(models)
    found: list[FoundRecipe] = []
    seen: dict[str, tree.Train] = {}
    for node in module.tree.declarations:
        if not isinstance(node, tree.Train):
            continue
        if node.name.text in seen:
            first = (Label(seen[node.name.text].name.span, "first bound here"),)
            bag.add(diagnose("RDL203", node.name.span, name=node.name.text, related=first))
            continue
        seen[node.name.text] = node
        if not isinstance(module.names.get(node.model.text), ModelDefinition | BrokenDefinition):
            advice = did_you_mean(node.model.text, known)
            bag.add(diagnose("RDL220", node.model.span, name=node.model.text, help=advice))
            continue
        if budget.is_spent:
            break
        settings = _settings(node, module, budget)
        if settings is None:
            continue
        given = overrides if only is None or only == node.name.text else {}
        recipe = build_recipe(node.name.text, node.model.text, settings, node.name.span, bag, given)
        if recipe is not None:
            found.append(FoundRecipe(recipe, _from_command_line(given) or settings.get("aux_weights")))
    named = None if only is None or only in seen else named_recipe(only)
    if named is not None:
        node, home = named
        settings = _settings(node, home, budget)
        if settings is not None:
            made = (build_recipe(node.name.text, model, settings, None, bag, overrides) for model in known)
            # What the program's recipe says itself is for any network, with auxiliary outputs or without.
            written = _from_command_line(overrides)
            found.extend(FoundRecipe(recipe, written) for recipe in made if recipe is not None)
    return found


def _from_command_line(overrides: Mapping[str, object]) -> Setting | None:
    value = overrides.get(f"{PREFIX}aux_weights")
    return None if value is None else Setting(value, None)


def _settings(node: tree.Train, module: Module, budget: Budget) -> dict[str, Setting] | None:
    evaluator = Evaluator(budget)
    frame = Frame(module, title=f"train {node.name.text}")
    settings: dict[str, Setting] = {}
    failed = False
    for setting in node.settings:
        name = setting.name.text
        if name in settings:
            first = (Label(settings[name].name_span or setting.name.span, "first given here"),)
            budget.bag.add(diagnose("RDL203", setting.name.span, name=name, related=first))
            failed = True
            continue
        try:
            value = _value(setting.value, frame, evaluator)
        except LimitReached:
            return None
        failed = failed or value is POISON
        settings[name] = Setting(value, setting.value.span, setting.name.span)
    return None if failed else settings


def _value(node: tree.Expression, frame: Frame, evaluator: Evaluator) -> Any:
    """A setting's value: calls and bare words are the recipe schema's, the rest is evaluated."""
    if isinstance(node, tree.Reference) and _is_word(node.name, frame):
        return Word(node.name, node.span)
    if isinstance(node, tree.ListOf):
        values = [_value(item, frame, evaluator) for item in node.items]
        return POISON if any(value is POISON for value in values) else values
    if isinstance(node, tree.Call) and isinstance(node.callee, tree.Reference):
        name = node.callee.name
        if _is_word(name, frame):
            positional: list[Any] = []
            keyword: dict[str, Any] = {}
            for argument in node.arguments:
                value = _value(argument.value, frame, evaluator)
                if value is POISON:
                    return POISON
                if argument.name is None:
                    positional.append(Setting(value, argument.span))
                elif argument.name.text in keyword:
                    return evaluator.report(
                        "RDL307",
                        argument.name.span,
                        frame,
                        name=argument.name.text,
                        callee=node.callee.name,
                    )
                else:
                    keyword[argument.name.text] = Setting(value, argument.value.span)
            return Invocation(node.callee.name, tuple(positional), keyword, node.span)
    return evaluator.evaluate(node, frame)


def _is_word(name: str, frame: Frame) -> bool:
    """Whether a name is a recipe's word: the schema's own, even where an operator is called alike."""
    if name in WORDS:
        return name not in frame.module.names
    return frame.lookup(name) is None and name not in FUNCTIONS
