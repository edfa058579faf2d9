"""``resnet-dsl bench``: how fast a network trains here, what makes it faster, and what bounds it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from resnet_dsl.cli.bench_table import bench_table
from resnet_dsl.cli.conditions import parse_shape
from resnet_dsl.cli.loading import load_models
from resnet_dsl.cli.options import NO_FOLDERS, NO_TEXTS, Include, Overrides, Spec
from resnet_dsl.cli.running import Device, Form, Threads, bound_of, failures_told, needing_torch, work_of
from resnet_dsl.cli.terminal import put, tell

if TYPE_CHECKING:
    from resnet_dsl.compiled import CompiledNetwork
    from resnet_dsl.semantics.recipe_values import Recipe
    from resnet_dsl.training.comparison import Bound
    from resnet_dsl.training.execution import Execution
    from resnet_dsl.training.rates import Rates


def register(app: typer.Typer) -> None:
    app.command("bench")(bench)


def bench(
    spec: Spec,
    model: Annotated[
        str | None, typer.Option("--model", "-m", metavar="NAME", help="The model; default: the first.")
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option("--recipe", "-r", metavar="NAME", help="The recipe whose optimizer and loss are used."),
    ] = None,
    batch: Annotated[
        int | None,
        typer.Option("--batch", metavar="N", min=1, help="Images in a step; default: the recipe's, or 64."),
    ] = None,
    input: Annotated[
        str | None, typer.Option(metavar="3x256x256", help="Another shape of the input, channels first.")
    ] = None,
    overrides: Overrides = NO_TEXTS,
    include: Include = NO_FOLDERS,
    device: Device = "auto",
    threads: Threads = None,
    seconds: Annotated[
        float, typer.Option("--seconds", metavar="S", min=0.01, help="To measure each way for, about.")
    ] = 2.0,
    skip: Annotated[
        list[str],
        typer.Option(
            "--skip", metavar="WAY", help="A way to leave out, such as compiled.", show_default=False
        ),
    ] = NO_TEXTS,
    form: Annotated[Form, typer.Option("--format", help="The result's form.")] = Form.TEXT,
) -> None:
    """Time training steps, from eager to CUDA graphs.

    Eager, channels_last, bfloat16, compiled, CUDA graphs, the roofline beside. Each line has what the
    line before it has, and one thing more.
    """
    shape = None if input is None else parse_shape(input)
    network = load_models(spec, model, overrides, include, input_shape=shape, recipe=recipe)[0]
    with failures_told():
        chosen = _recipe(network, recipe, batch)
        facts = _measure(network, chosen, device, threads, seconds, set(skip))
    if form is Form.JSON:
        from json import dumps

        put(dumps(facts, indent=2))
        return
    put(bench_table(facts))


def _recipe(network: CompiledNetwork, name: str | None, batch: int | None) -> Recipe:
    """The model's recipe, the first one where there are several; else plain SGD on batches of 64."""
    recipes = network.recipes
    found = recipes.get(name) if name is not None else next(iter(recipes.values()), None)
    if name is not None and found is None:
        raise typer.BadParameter(f"{network.name} has no recipe {name!r}", param_hint="--recipe")
    if found is None:
        with needing_torch():
            from resnet_dsl.training.bench import plain_recipe

        found = plain_recipe(network.name)
    return found if batch is None else replace(found, batch_size=batch, accumulate=1)


def _measure(
    network: CompiledNetwork,
    recipe: Recipe,
    device: str,
    threads: int | None,
    seconds: float,
    skip: set[str],
) -> dict[str, Any]:
    with needing_torch():
        from resnet_dsl.training.bench import one_input, ways
        from resnet_dsl.training.comparison import Bound, compare
        from resnet_dsl.training.execution import choose_execution
        from resnet_dsl.training.threads import use_threads

    use_threads(threads)
    report = network.report()
    one_input(len(report.inputs), network.name)
    place = choose_execution(device, eager=True).device
    known = [name for name, _ in ways(place)]
    if not skip <= set(known) or skip == set(known):
        raise typer.BadParameter(f"some of these may be left out: {', '.join(known)}", param_hint="--skip")

    def bound(execution: Execution, rates: Rates) -> Bound:
        found = bound_of(network, execution, rates, recipe.batch_size, recipe.optimizer.kind)
        return Bound(found.samples_per_second, found.bound, work_of(found))

    found = compare(
        network.build, recipe, report.input, place, bound_of=bound, seconds=seconds, skip=skip, tell=tell
    )
    return {"model": network.name, "input": list(report.input), **found}
