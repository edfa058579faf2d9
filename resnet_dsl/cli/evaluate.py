"""``resnet-dsl evaluate``: trained weights on held-out data."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from resnet_dsl.cli.faults import WRONG_INPUT
from resnet_dsl.cli.loading import LeftOut, load_models
from resnet_dsl.cli.options import (
    NO_FOLDERS,
    NO_TEXTS,
    DeleteBlocks,
    Include,
    Overrides,
    Rename,
    WithoutShortcuts,
)
from resnet_dsl.cli.running import Device, Form, Threads, failures_told, needing_torch
from resnet_dsl.cli.terminal import put, tell, tell_diagnostics
from resnet_dsl.cli.trained import BEST, LAST, Trained, fitting, need_spec, open_trained, weights_in
from resnet_dsl.training.errors import TrainingError


class Part(StrEnum):
    """The parts of a data set, as `training.evaluation.DataPart` has them."""

    TEST = "test"
    VALIDATION = "validation"
    TRAINING = "training"


class Which(StrEnum):
    """Which of a run's weights."""

    BEST = "best"
    LAST = "last"


def register(app: typer.Typer) -> None:
    app.command("evaluate")(evaluate)


def evaluate(
    run: Annotated[
        Path,
        typer.Argument(
            metavar="RUN|WEIGHTS", help="A run's folder, or a file of weights.", show_default=False
        ),
    ],
    spec: Annotated[
        Path | None,
        typer.Argument(
            metavar="[SPEC]", help="The spec, for weights that do not know theirs.", show_default=False
        ),
    ] = None,
    part: Annotated[Part, typer.Option("--part", help="The part of the data.")] = Part.TEST,
    which: Annotated[
        Which, typer.Option("--weights", help="Of a run's folder: the best weights, or the last.")
    ] = Which.BEST,
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", metavar="NAME", help="The model; default: the one that fits."),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option("--recipe", "-r", metavar="NAME", help="The recipe; default: the model's only one."),
    ] = None,
    rename: Rename = NO_TEXTS,
    overrides: Overrides = NO_TEXTS,
    without_shortcuts: WithoutShortcuts = False,
    delete_blocks: DeleteBlocks = NO_TEXTS,
    include: Include = NO_FOLDERS,
    device: Device = "auto",
    threads: Threads = None,
    form: Annotated[Form, typer.Option("--format", help="The result's form.")] = Form.TEXT,
) -> None:
    """Evaluate trained weights: accuracy, classes, confusion matrix.

    Weights of a run know their spec, model and recipe; others need SPEC beside them.
    """
    file = BEST if which is Which.BEST else LAST
    if spec is None:
        # Where the data lies may change after a run; what was trained may not.
        data = [each for each in overrides if each.startswith(("train.data=", "train.data."))]
        others = [each for each in overrides if each not in data]
        need_spec(model, recipe, rename, others, include, delete_blocks, without_shortcuts)
        trained = open_trained(run, "evaluate", file, data)
    else:
        left_out = LeftOut(without_shortcuts, delete_blocks)
        trained = _beside(spec, weights_in(run, file), model, recipe, overrides, include, left_out, rename)
    with failures_told():
        _evaluate(trained, part, device, threads, rename, form)


def _beside(
    spec: Path,
    weights: Path,
    model: str | None,
    recipe: str | None,
    overrides: list[str],
    include: list[Path],
    left_out: LeftOut,
    rename: list[str],
) -> Trained:
    """Weights with a spec that was named for them."""
    from resnet_dsl.cli.recipes import choose_recipe

    networks = load_models(spec, model, overrides, include, recipe=recipe, left_out=left_out)
    network, _ = fitting(networks, weights, rename)
    return Trained(network, choose_recipe([network], recipe, spec)[1], weights, {})


def _evaluate(
    trained: Trained, part: Part, device: str, threads: int | None, rename: list[str], form: Form
) -> None:
    with needing_torch():
        from resnet_dsl.training.execution import choose_execution
        from resnet_dsl.training.held_out import DataPart, evaluate_trained
        from resnet_dsl.training.threads import use_threads

    network = trained.network
    fit = network.weights(trained.weights, rename=rename)
    if not fit.loads:
        tell_diagnostics(fit.diagnostics)
        raise typer.Exit(WRONG_INPUT)
    use_threads(threads)
    if trained.recipe is None:
        raise TrainingError("RDL911", spec=network.spec, models=network.name, model=network.name)
    module = network.build()
    module.load_state_dict(fit.state_dict())
    found = evaluate_trained(
        module,
        trained.recipe,
        DataPart(part.value),
        choose_execution(device, eager=True),
        tuple(network.network.node(network.network.inputs[0]).shape.plain()),
    )
    for note in found.notes:
        tell(note)

    if form is Form.JSON:
        from resnet_dsl.training.plain_json import json_text

        facts = {"model": network.name, "recipe": trained.recipe.name, "weights": str(trained.weights)}
        put(json_text({**facts, **found.as_dict()}, indent=2))
        return
    from resnet_dsl.cli.judgement import judgement_text, left_out_text

    tell(f"{network.name} with {trained.weights}: {found.part} part of {found.data}, {found.images:,} images")
    if found.left_out:
        tell(left_out_text(found.left_out))
    put(judgement_text(found))
