"""``resnet-dsl train``: a model, as one of its recipes says, into a folder of its own."""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from resnet_dsl.cli.ejecting import write_script
from resnet_dsl.cli.faults import WRONG_INPUT
from resnet_dsl.cli.loading import LeftOut, load_models
from resnet_dsl.cli.options import (
    NO_FOLDERS,
    NO_TEXTS,
    DeleteBlocks,
    Include,
    Overrides,
    Spec,
    WithoutShortcuts,
)
from resnet_dsl.cli.output import check_destination
from resnet_dsl.cli.recipes import choose_recipe, with_parameter
from resnet_dsl.cli.running import (
    Device,
    Eager,
    Form,
    PrecisionOption,
    Settings,
    Threads,
    conduct_of,
    ending_at_once,
    needing_torch,
    not_nan,
    picture_of,
)
from resnet_dsl.cli.terminal import put, tell, tell_diagnostics, wants_color
from resnet_dsl.cli.together import (
    ParallelOption,
    SyncNorms,
    Together,
    WaitSeconds,
    check_alone,
    joined,
    own_device,
    rank,
    silence_others,
    tell_failure,
    was_restarted,
)
from resnet_dsl.cli.trained import origin_of
from resnet_dsl.training.choices import OnBadSample, OnNan, Parallel, Precision, Tracker
from resnet_dsl.training.errors import TrainingError, TrainingInterruptedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resnet_dsl.compiled import CompiledNetwork
    from resnet_dsl.semantics.recipe import Recipe
    from resnet_dsl.training.loop import TrainingResult


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
        typer.Option(
            "--recipe",
            "-r",
            metavar="NAME",
            help="A recipe of the spec or of the program; default: the model's only one.",
        ),
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
    overrides: Overrides = NO_TEXTS,
    without_shortcuts: WithoutShortcuts = False,
    delete_blocks: DeleteBlocks = NO_TEXTS,
    include: Include = NO_FOLDERS,
    threads: Threads = None,
    device: Device = "auto",
    eager: Eager = False,
    precision: PrecisionOption = Precision.AUTO,
    on_nan: Annotated[
        OnNan,
        typer.Option("--on-nan", help="Where the loss is not finite: stop, leave steps out, or go back."),
    ] = OnNan.STOP,
    on_bad_sample: Annotated[
        OnBadSample, typer.Option("--on-bad-sample", help="Where an image cannot be read.")
    ] = OnBadSample.SKIP,
    keep: Annotated[
        int, typer.Option("--keep", metavar="N", min=1, help="Checkpoints to keep, the newest included.")
    ] = 2,
    save_every: Annotated[
        float,
        typer.Option(
            "--save-every",
            metavar="SECONDS",
            min=0,
            callback=not_nan,
            help="The longest time between checkpoints in an epoch.",
        ),
    ] = 600.0,
    log: Annotated[
        list[Tracker],
        typer.Option("--log", help="Also write for these; may be given again.", show_default=False),
    ] = [],  # noqa: B006 - typer hands out a copy; see `NO_TEXTS`
    parallel: ParallelOption = Parallel.DDP,
    sync_bn: SyncNorms = False,
    wait_seconds: WaitSeconds = 600.0,
    eject: Annotated[
        Path | None,
        typer.Option(
            "--eject",
            metavar="FILE",
            help="Train nothing: write a script that needs PyTorch alone and does the same.",
            dir_okay=False,
            show_default=False,
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="With --eject: replace a file that is something else.")
    ] = False,
    form: Annotated[Form, typer.Option("--format", help="The result's form.")] = Form.TEXT,
) -> None:
    """Train a model by one of its recipes.

    Settings of the recipe can be set too: `--set train.epochs=6`.
    """
    started = perf_counter()
    silence_others()
    check_alone(parallel, sync_bn)
    if eject is not None:
        check_destination(eject, [spec], "--eject")
    left_out = LeftOut(without_shortcuts, delete_blocks)
    networks = load_models(spec, model, overrides, include, recipe=recipe, left_out=left_out)
    network, chosen = choose_recipe(networks, recipe, spec)
    folder = out or Path("runs") / network.name

    try:
        if eject is not None:
            write_script(network, chosen, seed, eject, force)
            return
        origin = origin_of(spec, network, chosen, overrides, include, left_out)
        settings = Settings(
            own_device(device), eager, precision, on_nan, on_bad_sample, keep, save_every, tuple(log)
        )
        together = Together(parallel, sync_bn, wait_seconds)
        resume = resume or was_restarted()
        with ending_at_once():  # until the run itself listens; its files are whole at any time
            result = _run(network, chosen, folder, seed, resume, threads, origin, settings, together)
    except TrainingInterruptedError as stop:
        tell_diagnostics([stop.diagnostic])
        raise typer.Exit(stop.exit_code) from None
    except TrainingError as error:
        tell_failure([with_parameter(error, network)])
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
    settings: Settings,
    together: Together,
) -> TrainingResult:
    from dataclasses import replace

    from resnet_dsl.semantics.recipe_record import recipe_text

    with needing_torch():
        from resnet_dsl.training.loop import train as run
        from resnet_dsl.training.progress import progress_on
        from resnet_dsl.training.reporting import Reporters
        from resnet_dsl.training.threads import use_threads
        from resnet_dsl.training.trackers import tracker

    use_threads(threads)
    shown = recipe if seed is None else replace(recipe, seed=seed)
    tell(recipe_text(shown, has_heads=bool(network.network.auxiliary)).rstrip())
    progress = progress_on(sys.stderr, color=wants_color(sys.stderr))
    trackers = [] if rank() else [tracker(kind, folder, recipe) for kind in dict.fromkeys(settings.log)]
    conduct = joined(conduct_of(settings, network, recipe), together)
    result = run(
        network.build,
        recipe,
        folder,
        seed=seed,
        resume=resume,
        reporter=Reporters(*([] if rank() else [progress]), *trackers),
        model_source=network.to_pytorch(),
        spec_sha256=network.spec_sha256,
        origin=origin,
        conduct=conduct,
        picture="" if rank() else picture_of(network),
        input_shape=tuple(network.network.node(network.network.inputs[0]).shape.plain()),
    )
    conduct.world.close()
    return result


def _print(
    network: CompiledNetwork, recipe: Recipe, result: TrainingResult, seconds: float, form: Form
) -> None:
    """The held-out figure, the time of the whole command, and where the files lie."""
    test = result.test
    if form is Form.JSON:
        from dataclasses import asdict

        from resnet_dsl.training.plain_json import json_text

        facts = {"model": network.name, "recipe": recipe.name, "seed": result.seed, "epochs": recipe.epochs}
        put(
            json_text(
                {**facts, **asdict(test), "seconds": round(seconds, 3), "out": str(result.folder)}, indent=2
            )
        )
        return
    put(
        f"held-out accuracy {test.test_accuracy:.2%} ({test.test_correct:,} of {test.test_images:,}), "
        f"weights of epoch {test.best_epoch} of {recipe.epochs}, {seconds:.1f} s"
    )
    tell(f"in {result.folder}: best.safetensors, last.safetensors, page.html, curves.svg, metrics.jsonl")
