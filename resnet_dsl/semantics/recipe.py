"""From the settings of a ``train`` block to a `Recipe`.

Before: elaboration has evaluated every expression. After: a `Recipe` in which every value is
checked, or None and at least one error in the bag. Every mistake is reported, not only the first.
Overrides from the command line pass through the same checks. Non-goals: reading spec text, and
anything that needs torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import DiagnosticBag
from resnet_dsl.diagnostics.suggest import did_you_mean
from resnet_dsl.semantics.recipe_checks import Checker
from resnet_dsl.semantics.recipe_given import PREFIX, Given, place_of
from resnet_dsl.semantics.recipe_schema import REQUIRED, FieldKind
from resnet_dsl.semantics.recipe_table import SETTINGS, setting, shorthand
from resnet_dsl.semantics.recipe_values import Invocation, OneCycle, Recipe, Setting, Step, Word
from resnet_dsl.source import Span

__all__ = ["Invocation", "Recipe", "Setting", "Word", "build_recipe"]


def build_recipe(
    name: str,
    model: str,
    settings: Mapping[str, Setting],
    span: Span | None,
    bag: DiagnosticBag,
    overrides: Mapping[str, object],
) -> Recipe | None:
    """The recipe of ``train name for model { settings }``, or None where `bag` got an error.

    `overrides` are keyed as on the command line, ``train.epochs`` or ``train.optimizer.lr`` (the
    prefix may be left out; ``train.lr`` is short for ``train.optimizer.lr``), and replace what the block says; text among their values is a word.
    """
    checker = Checker(bag)
    direct, inner = _split(overrides, checker)
    for key, entry in settings.items():
        if setting(key) is None:
            advice = _key_advice(key)
            checker.refuse("RDL310", entry.name_span or entry.span, help=advice, name=key)
    given: dict[str, Given] = {
        key: Given(entry.value, place_of(entry.value, entry.span), f"`{key}`")
        for key, entry in settings.items()
    }
    given |= direct

    missing = [row for row in SETTINGS if row.default is REQUIRED and row.name not in given]
    if missing:
        checker.lacks(f"recipe `{name}`", span, missing)
    values: dict[str, Any] = {}
    for row in SETTINGS:
        if row.kind is FieldKind.CHOICES:
            value = checker.choices(row, given.get(row.name), inner.get(row.name, {}))
        elif row.choices:
            value = checker.choice(row, given.get(row.name), inner.get(row.name, {}))
        elif row.name in given:
            value = checker.plain(row, given[row.name])
        else:
            value = row.default
        values[row.target] = value
    if checker.failed:
        return None
    recipe = Recipe(name=name, model=model, **values)
    if _contradicts_itself(recipe, given, checker):
        return None
    _warn_of_late_milestones(recipe, given.get("schedule"), bag)
    return recipe


def _key_advice(key: str) -> str:
    if shorthand(key):
        return f"it is an argument of the optimizer: `optimizer = sgd(..., {key} = ...)`"
    names = [row.name for row in SETTINGS]
    return did_you_mean(key[:64], names) or f"the keys are {', '.join(f'`{name}`' for name in names)}"


def _split(
    overrides: Mapping[str, object], checker: Checker
) -> tuple[dict[str, Given], dict[str, dict[str, Given]]]:
    """Overrides of whole keys, and those of one argument by key and argument."""
    direct: dict[str, Given] = {}
    inner: dict[str, dict[str, Given]] = {}
    for path, value in overrides.items():
        key, _, argument = path.removeprefix(PREFIX).partition(".")
        if not argument and setting(key) is None and shorthand(key):
            key, argument = "optimizer", key
        given = Given(value, None, f"`{PREFIX}{path.removeprefix(PREFIX)[:64]}`", True)
        row = setting(key)
        if row is None:
            advice = _key_advice(key)
            checker.refuse("RDL310", None, help=advice, name=key)
        elif not argument:
            direct[key] = given
        elif not row.choices:
            advice = f"write `--set {PREFIX}{key}=...`"
            checker.refuse("RDL315", None, help=advice, callee=key, name=argument)
        elif argument in inner.get(key, {}):  # as `train.lr` and as `train.optimizer.lr`
            checker.refuse("RDL317", None, callee=key, name=argument)
        else:
            inner.setdefault(key, {})[argument] = given
    return direct, inner


def _contradicts_itself(recipe: Recipe, given: Mapping[str, Given], checker: Checker) -> bool:
    """Settings that are fine alone and make no sense together are refused (RDL318)."""
    problems = []
    if recipe.warmup is not None and isinstance(recipe.schedule, OneCycle):
        problem = "`onecycle` warms up by itself, and `warmup` is given too"
        advice = "remove one, or set how long it goes up: `onecycle(warmup = 0.1)`"
        options = "leave it out, or set how long it goes up: `--set train.schedule.warmup=0.1`"
        problems.append(("warmup", "schedule", problem, advice, options))
    if recipe.batch_size % recipe.accumulate:
        problem = f"a batch of {recipe.batch_size} has no {recipe.accumulate} equal parts"
        whole = recipe.batch_size - recipe.batch_size % recipe.accumulate or recipe.accumulate
        advice, options = f"write `batch = {whole}`", f"add `--set train.batch={whole}`"
        problems.append(("accumulate", "batch", problem, advice, options))
    if recipe.loss == "mse" and recipe.label_smoothing:
        problem = "`label_smoothing` spreads classes, and `mse` has none"
        advice, options = "remove `label_smoothing`", "add `--set train.label_smoothing=0`"
        problems.append(("label_smoothing", "loss", problem, advice, options))
    for key, other, problem, advice, options in problems:
        entries = [given[name] for name in (key, other) if name in given]
        edit = options if any(entry.from_command_line for entry in entries) else advice
        place = given[key].span if key in given else None
        checker.refuse("RDL318", place, help=edit, callee=recipe.name, problem=problem)
    return bool(problems)


def _warn_of_late_milestones(recipe: Recipe, given: Given | None, bag: DiagnosticBag) -> None:
    if isinstance(recipe.schedule, Step):
        late = [epoch for epoch in recipe.schedule.milestone_epochs if epoch >= recipe.epochs]
        if late:
            place = given.span if given else None
            bag.add(diagnose("RDL319", place, milestone=late[0], epochs=recipe.epochs))
