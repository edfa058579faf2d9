"""The map: from a spec's path to compiled networks, phase by phase.

    parse      text and imports to syntax trees         syntax/, semantics/modules.py
    resolve    names checked                            semantics/resolve.py
    elaborate  a model's body run, shapes known         semantics/elaborate.py
    verify     the graph's invariants                   ir/verify.py
    expect     what the spec claims about itself        analysis/, semantics/expectations.py

Each phase reports every mistake it can see; the next one starts when there are none that it would
trip over. Outputs (code, diagrams, reports) are made on demand by `program.CompiledNetwork`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from sys import getrecursionlimit, setrecursionlimit
from typing import TYPE_CHECKING, Any

from resnet_dsl.collector import paused
from resnet_dsl.compiled import CompiledNetwork
from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import (
    MAX_MISTAKES,
    DiagnosticBag,
    InternalError,
    SpecError,
    TooManyMistakes,
)
from resnet_dsl.ir.verify import verify
from resnet_dsl.program import Program
from resnet_dsl.semantics.edits import Edits
from resnet_dsl.semantics.elaborate import Elaboration, Elaborator
from resnet_dsl.semantics.evaluate import check_constants
from resnet_dsl.semantics.expectations import check_expectations
from resnet_dsl.semantics.frames import Budget
from resnet_dsl.semantics.lints import report_lints
from resnet_dsl.semantics.models import chosen_models, takes_parameters
from resnet_dsl.semantics.modules import Loader, Module
from resnet_dsl.semantics.resolve import resolve
from resnet_dsl.semantics.values import ModelDefinition
from resnet_dsl.syntax import tree

if TYPE_CHECKING:
    from resnet_dsl.ir.graph import Network
    from resnet_dsl.semantics.recipe_values import Recipe
    from resnet_dsl.semantics.recipes import FoundRecipe

PHASES = ("parse", "resolve", "elaborate", "verify", "expect")

# Elaboration recurses as deep as the spec nests; the limits of `semantics.frames` and
# `syntax.brackets` bound that well below this. Python-to-Python calls take no C stack since 3.11.
_RECURSION = 60_000


def load(
    path: str | PathLike[str],
    *,
    model: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    input_shape: Sequence[int] | None = None,
    include: Iterable[str | PathLike[str]] = (),
    recipe: str | None = None,
    without_shortcuts: bool = False,
    delete_blocks: Iterable[str] = (),
    stop_after: str = "expect",
) -> Program:
    """Compiles a spec: the model named, or every complete model that the file itself declares.

    `overrides` set model parameters, or with the prefix ``train.`` settings of recipes: of the one
    named `recipe`, else of all. A `recipe` that the spec has not may be one of the program's.
    `input_shape` replaces the shape of the first input. `without_shortcuts` leaves out what `shortcut`
    statements bind, which gives the plain twin; `delete_blocks` names blocks by their paths
    (``layer3.2``) that the identity replaces. Raises `SpecError` with every diagnostic
    when the spec has mistakes; warnings are on the program.
    """
    loader = Loader(DiagnosticBag(), include)
    edits = Edits.of(without_shortcuts, delete_blocks)
    with _bounded(loader.bag), paused():
        module = loader.load(Path(path))
        return _compile(loader, module, model, overrides or {}, input_shape, recipe, edits, stop_after)


def loads(
    text: str,
    *,
    name: str = "<text>",
    model: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    input_shape: Sequence[int] | None = None,
    include: Iterable[str | PathLike[str]] = (),
    without_shortcuts: bool = False,
    delete_blocks: Iterable[str] = (),
) -> Program:
    """Compiles a spec given as text; see `load`. Its imports reach the library and `include`."""
    loader = Loader(DiagnosticBag(), include)
    edits = Edits.of(without_shortcuts, delete_blocks)
    with _bounded(loader.bag), paused():
        module = loader.load_text(text, name)
        return _compile(loader, module, model, overrides or {}, input_shape, None, edits, "expect")


def _compile(
    loader: Loader,
    module: Module | None,
    model: str | None,
    overrides: Mapping[str, Any],
    input_shape: Sequence[int] | None,
    recipe: str | None,
    edits: Edits,
    stop_after: str,
) -> Program:
    bag = loader.bag
    if module is None:
        raise SpecError(bag)
    last = PHASES.index(stop_after)
    broken: set[int] = set()
    networks: dict[str, CompiledNetwork] = {}
    sources = loader.texts(module)
    if last >= PHASES.index("resolve"):
        for entry in dict.fromkeys([*loader.modules.values(), module]):  # a text has no file to be listed by
            if not entry.is_library:
                broken |= resolve(entry, bag)
    if last >= PHASES.index("elaborate"):
        settings = {key: value for key, value in overrides.items() if key.startswith("train.")}
        parameters = {key: value for key, value in overrides.items() if key not in settings}
        chosen = chosen_models(module, model, bag, parameters)
        budget = Budget(bag)
        has_note = False
        with _deep_recursion():
            check_constants(module, broken, budget)
            found = _recipes(module, chosen, budget, settings, recipe)
            for definition in chosen:
                if budget.is_spent or not takes_parameters(definition, parameters, bag):
                    continue
                elaboration = _elaborate(definition, parameters, budget, broken, input_shape, edits)
                if elaboration is None:
                    if not has_note and not budget.is_spent:
                        has_note = _note_sizes(definition, parameters, broken, input_shape, edits, bag)
                    continue
                network = elaboration.network
                as_declared = input_shape is None and not parameters and not edits
                mine = [entry for entry in found if entry.recipe.model == definition.name]
                own = _recipes_of(network, mine, as_declared, bag)
                claims = tuple(elaboration.expectations) if as_declared else ()
                compiled = CompiledNetwork(
                    definition.name, network, Path(module.source.name).name, sources, own, expectations=claims
                )
                networks[definition.name] = compiled
                if last >= PHASES.index("verify"):
                    verify(network)
                    report_lints(network, bag)
                if last >= PHASES.index("expect"):
                    _check(compiled, budget)
    bag.raise_if_errors()
    if last >= PHASES.index("elaborate") and len(networks) < len(chosen):
        raise InternalError("a model was not elaborated, and nobody said why")
    return Program(networks, tuple(bag), sources)


def _elaborate(
    definition: ModelDefinition,
    parameters: Mapping[str, Any],
    budget: Budget,
    broken: set[int],
    input_shape: Sequence[int] | None,
    edits: Edits,
) -> Elaboration | None:
    if edits:
        from resnet_dsl.semantics.twins import elaborate_edited

        return elaborate_edited(definition, parameters, budget, broken, input_shape, edits)
    return Elaborator(budget, broken, input_shape).model(definition, parameters)


def _note_sizes(
    definition: ModelDefinition,
    parameters: Mapping[str, Any],
    broken: set[int],
    input_shape: Sequence[int] | None,
    edits: Edits,
    bag: DiagnosticBag,
) -> bool:
    """Says which sizes of input would fit, where that is what is wrong with a model."""
    from resnet_dsl.semantics.legal_sizes import size_note  # mistakes alone pay for it

    note = size_note(definition, parameters, input_shape, broken, edits)
    if note is not None:
        bag.add(note)
    return note is not None


def _check(compiled: CompiledNetwork, budget: Budget) -> None:
    """Expectations hold for the model as declared; an override asks for another one."""
    if compiled.expectations:
        facts, where = compiled.stated(), compiled.whereabouts
        check_expectations(compiled.expectations, facts, budget, where)


def _recipes(
    module: Module,
    models: Sequence[ModelDefinition],
    budget: Budget,
    settings: Mapping[str, Any],
    only: str | None,
) -> list[FoundRecipe]:
    if (
        only is None
        and not settings
        and not any(isinstance(entry, tree.Train) for entry in module.tree.declarations)
    ):
        return []  # the schema of recipes takes a while to import
    from resnet_dsl.semantics.recipes import recipes

    return recipes(module, [entry.name for entry in models], budget, settings, only)


def _recipes_of(
    network: Network, found: Sequence[FoundRecipe], as_declared: bool, bag: DiagnosticBag
) -> dict[str, Recipe]:
    """Recipes by name, held against their model, with what they leave to it filled in."""
    if not found:
        return {}
    from resnet_dsl.semantics.recipe_heads import check_heads
    from resnet_dsl.semantics.recipe_sizes import sized

    for entry in found:
        check_heads(entry, len(network.auxiliary), as_declared, bag)
    image = network.node(network.inputs[0]).shape.plain()
    return {entry.recipe.name: sized(entry.recipe, image) for entry in found}


@contextmanager
def _bounded(bag: DiagnosticBag) -> Iterator[None]:
    """Ends a compilation that has more mistakes than anybody reads."""
    try:
        yield
    except TooManyMistakes:
        raise SpecError([*bag, diagnose("RDL812", None, limit=MAX_MISTAKES)]) from None


@contextmanager
def _deep_recursion() -> Iterator[None]:
    before = getrecursionlimit()
    setrecursionlimit(max(before, _RECURSION))
    try:
        yield
    finally:
        setrecursionlimit(before)
