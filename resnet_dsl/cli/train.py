"""``resnet-dsl train``: a model, as one of its recipes says, into a folder of its own."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from resnet_dsl.cli.faults import WRONG_INPUT
from resnet_dsl.cli.loading import LeftOut, load_models
from resnet_dsl.cli.options import DeleteBlocks, Include, Overrides, Spec, WithoutShortcuts
from resnet_dsl.cli.recipes import choose_recipe
from resnet_dsl.cli.terminal import put, tell, tell_diagnostics, wants_color
from resnet_dsl.cli.trained import origin_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resnet_dsl.program import CompiledNetwork
    from resnet_dsl.semantics.recipe import Recipe
    from resnet_dsl.training.loop import TrainingResult

_EXTRA = {"torch", "safetensors", "rich"}  # what the extra `train` brings, as modules


class Form(StrEnum):
    """How the result is printed."""

    TEXT = "text"
    JSON = "json"


def register(app: typer.Typer) -> None:
    app.command("train")(train)


def train(
    spec: Spec,
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", metavar="NAME", help="The model; default: the one that has a recipe."),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option("--recipe", "-r", metavar="NAME", help="The recipe; default: the model's only one."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="DIR", help="The run's folder; default: runs/MODEL.", file_okay=False
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", metavar="N", min=0, max=2**32 - 1, help="In place of the recipe's seed."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run in DIR; start where there is none.")
    ] = False,
    overrides: Overrides = [],  # noqa: B006 - typer copies it
    without_shortcuts: WithoutShortcuts = False,
    delete_blocks: DeleteBlocks = [],  # noqa: B006
    include: Include = [],  # noqa: B006
    threads: Annotated[
        int | None,
        typer.Option(
            "--threads", metavar="N", min=1, help="CPU threads; default: OMP_NUM_THREADS, or half the cores."
        ),
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="The result's form.")] = Form.TEXT,
) -> None:
    """Train a model by one of its recipes.

    Settings of the recipe can be set too: `--set train.epochs=6`.
    """
    started = perf_counter()
    left_out = LeftOut(without_shortcuts, delete_blocks)
    networks = load_models(spec, model, overrides, include, recipe=recipe, left_out=left_out)
    network, chosen = choose_recipe(networks, recipe, spec)
    folder = out or Path("runs") / network.name

    from resnet_dsl.training.errors import TrainingError, TrainingInterruptedError

    try:
        origin = origin_of(spec, network, chosen, overrides, include, left_out)
        result = _run(network, chosen, folder, seed, resume, threads, origin)
    except TrainingInterruptedError as stop:
        tell_diagnostics([stop.diagnostic])
        raise typer.Exit(stop.exit_code) from None
    except TrainingError as error:
        tell_diagnostics([error.diagnostic])
        raise typer.Exit(WRONG_INPUT) from None
    _print(network, chosen, result, perf_counter() - started, form)


def _run(
    network: CompiledNetwork,
    recipe: Recipe,
    folder: Path,
    seed: int | None,
    resume: bool,
    threads: int | None,
    origin: Mapping[str, Any],
) -> TrainingResult:
    from resnet_dsl.training.errors import missing_package

    try:
        from resnet_dsl.training.loop import train as run
        from resnet_dsl.training.progress import progress_on
        from resnet_dsl.training.threads import use_threads
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _EXTRA:
            raise
        raise missing_package(package) from error

    use_threads(threads)
    return run(
        network.build,
        recipe,
        folder,
        seed=seed,
        resume=resume,
        reporter=progress_on(sys.stderr, color=wants_color(sys.stderr)),
        model_source=network.to_pytorch(),
        spec_sha256=network.spec_sha256,
        origin=origin,
    )


def _print(
    network: CompiledNetwork, recipe: Recipe, result: TrainingResult, seconds: float, form: Form
) -> None:
    """The held-out figure, the time of the whole command, and where the files lie."""
    test = result.test
    if form is Form.JSON:
        from dataclasses import asdict
        from json import dumps

        facts = {"model": network.name, "recipe": recipe.name, "seed": result.seed, "epochs": recipe.epochs}
        put(
            dumps(
                {**facts, **asdict(test), "seconds": round(seconds, 3), "out": str(result.folder)}, indent=2
            )
        )
        return
    put(
        f"held-out accuracy {test.test_accuracy:.2%} ({test.test_correct:,} of {test.test_images:,}), "
        f"weights of epoch {test.best_epoch} of {recipe.epochs}, {seconds:.1f} s"
    )
    tell(f"in {result.folder}: best.safetensors, last.safetensors, curves.svg, metrics.jsonl")
