"""``resnet-dsl bench``: how fast a network trains here, what makes it faster, and what bounds it."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from resnet_dsl.cli.faults import WRONG_INPUT
from resnet_dsl.cli.loading import load_models
from resnet_dsl.cli.options import Include, Overrides, Spec
from resnet_dsl.cli.report import parse_shape
from resnet_dsl.cli.running import Device, bound_of
from resnet_dsl.cli.terminal import put, tell, tell_diagnostics
from resnet_dsl.training.errors import TrainingError

if TYPE_CHECKING:
    from resnet_dsl.analysis.roofline import Roofline
    from resnet_dsl.program import CompiledNetwork
    from resnet_dsl.semantics.recipe_values import Recipe
    from resnet_dsl.training.bench import Timing

_MODULES = {"torch", "safetensors", "rich"}
_NEAR_ENOUGH = 0.5  # of the roofline; below, neither arithmetic nor traffic explains the time


class Form(StrEnum):
    """How the result is printed."""

    TEXT = "text"
    JSON = "json"


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
    overrides: Overrides = [],  # noqa: B006 - typer copies it
    include: Include = [],  # noqa: B006
    device: Device = "auto",
    threads: Annotated[
        int | None,
        typer.Option(
            "--threads", metavar="N", min=1, help="CPU threads; default: OMP_NUM_THREADS, or half the cores."
        ),
    ] = None,
    seconds: Annotated[
        float, typer.Option("--seconds", metavar="S", min=0.01, help="To measure each way for, about.")
    ] = 2.0,
    skip: Annotated[
        list[str],
        typer.Option(
            "--skip", metavar="WAY", help="A way to leave out, such as compiled.", show_default=False
        ),
    ] = [],  # noqa: B006
    form: Annotated[Form, typer.Option("--format", help="The result's form.")] = Form.TEXT,
) -> None:
    """Time training steps: eager, channels_last, bfloat16, compiled, CUDA graphs; and the roofline.

    Each line has what the line before it has, and one thing more.
    """
    shape = None if input is None else parse_shape(input)
    network = load_models(spec, model, overrides, include, input_shape=shape, recipe=recipe)[0]
    chosen = _recipe(network, recipe, batch)
    try:
        facts = _measure(network, chosen, device, threads, seconds, set(skip))
    except TrainingError as error:
        tell_diagnostics([error.diagnostic])
        raise typer.Exit(WRONG_INPUT) from None
    if form is Form.JSON:
        from json import dumps

        put(dumps(facts, indent=2))
        return
    put(_table(facts))


def _recipe(network: CompiledNetwork, name: str | None, batch: int | None) -> Recipe:
    """The model's recipe, the first one where there are several; else plain SGD on batches of 64."""
    from resnet_dsl.semantics.recipe_choices import Constant, Sgd
    from resnet_dsl.semantics.recipe_values import Recipe

    recipes = network.recipes
    found = recipes.get(name) if name is not None else next(iter(recipes.values()), None)
    if name is not None and found is None:
        raise typer.BadParameter(f"{network.name} has no recipe {name!r}", param_hint="--recipe")
    if found is None:
        optimizer = Sgd(learning_rate=0.01, momentum=0.9, weight_decay=1e-4, nesterov=False)
        found = Recipe(
            name="bench",
            model=network.name,
            data=None,
            optimizer=optimizer,
            schedule=Constant(),
            epochs=1,
            batch_size=64,
            loss="cross_entropy",
            label_smoothing=0.0,
            augment=(),
            seed=0,
        )
    return found if batch is None else replace(found, batch_size=batch, accumulate=1)


def _measure(
    network: CompiledNetwork,
    recipe: Recipe,
    device: str,
    threads: int | None,
    seconds: float,
    skip: set[str],
) -> dict[str, Any]:
    from resnet_dsl.training.errors import missing_package

    try:
        from resnet_dsl.training.bench import one_input, time_way, ways
        from resnet_dsl.training.execution import choose_execution
        from resnet_dsl.training.folder import environment
        from resnet_dsl.training.rates import measure_rates
        from resnet_dsl.training.threads import use_threads
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _MODULES:
            raise
        raise missing_package(package) from error

    use_threads(threads)
    report = network.report()
    one_input(len(report.inputs), network.name)
    place = choose_execution(device, eager=True).device
    unknown = skip - {name for name, _ in ways(place)}
    if unknown:
        known = ", ".join(name for name, _ in ways(place))
        raise typer.BadParameter(f"no such way here; there are: {known}", param_hint="--skip")
    rows: list[dict[str, Any]] = []
    for name, execution in ways(place):
        if name in skip:
            continue
        tell(f"{name} ...")
        timing = time_way(name, execution, network.build, recipe, report.input, seconds)
        rates = measure_rates(execution)
        bound = bound_of(network, execution, rates, recipe.batch_size, recipe.optimizer.kind)
        rows.append(_row(timing, bound, rows))
    return {
        "model": network.name,
        "input": list(report.input),
        "batch": recipe.batch_size,
        "environment": environment(execution),
        "ways": rows,
        "input_images_per_second": _input_rate(recipe, place, seconds),
        "verdict": _verdict(rows),
    }


def _row(timing: Timing, bound: Roofline, before: list[dict[str, Any]]) -> dict[str, Any]:
    row: dict[str, Any] = {"way": timing.name, "precision": timing.execution.precision}
    arithmetic = bound.flops / bound.device.rate(bound.dtype)
    row["roofline"] = {
        "images_per_second": bound.samples_per_second,
        "bound_by": bound.bound,
        "arithmetic_seconds": arithmetic,
        "traffic_seconds": bound.moved_bytes / bound.device.bandwidth,
        "flops_per_second": bound.device.rate(bound.dtype),
        "bytes_per_second": bound.device.bandwidth,
    }
    if timing.failure:
        return {**row, "failure": timing.failure}
    eager = next((each["seconds"] for each in before if "seconds" in each), timing.median)
    return {
        **row,
        "seconds": timing.median,
        "spread": timing.spread,
        "rounds": len(timing.seconds),
        "images_per_second": bound.batch / timing.median,
        "times_first": eager / timing.median,
        "mfu": arithmetic / timing.median,
        "byte_share": row["roofline"]["traffic_seconds"] / timing.median,
        "peak_bytes": timing.peak_bytes,
    }


def _input_rate(recipe: Recipe, device: str, seconds: float) -> float | None:
    """Of the recipe's data; None where there is none to read."""
    from resnet_dsl.training.bench import input_rate
    from resnet_dsl.training.data import load_dataset

    if recipe.data is None:
        return None
    try:
        return input_rate(load_dataset(recipe), recipe, device, min(seconds, 1.0))
    except TrainingError as error:
        tell(f"the recipe's data is not measured: {error.diagnostic.message}")
        return None


def _verdict(rows: list[dict[str, Any]]) -> str:
    """What bounds the quickest way, in a sentence."""
    done = [row for row in rows if "seconds" in row]
    if not done:
        return "no way could be measured"
    best = min(done, key=lambda row: row["seconds"])
    line = best["roofline"]
    share = best["images_per_second"] / line["images_per_second"]
    times = (
        f"{best['way']} is quickest: {_time(best['seconds'])} a step, of which arithmetic needs "
        f"{_time(line['arithmetic_seconds'])} and memory traffic, nothing fused, {_time(line['traffic_seconds'])}"
    )
    if share >= _NEAR_ENOUGH:
        cause = "memory traffic" if line["bound_by"] == "memory" else "arithmetic"
        return f"{times}. It is bound by {cause}, at {share:.0%} of the roofline."
    return (
        f"{times}. Neither explains it ({share:.0%} of the roofline): it is bound by the cost of launching "
        "operators and by kernels that fall short of the device; larger batches help the first."
    )


def _table(facts: dict[str, Any]) -> str:
    size = "x".join(str(each) for each in facts["input"])
    environment = facts["environment"]
    packages = environment["packages"]
    title = f"{facts['model']}, training steps of {facts['batch']:,} images of {size}"
    machine = f"on {environment['device']} ({environment['threads']} CPU threads), torch {packages['torch']}"
    heads = zip(
        ("images/s", "step", "spread", "x", "MFU", "bytes", "memory"), (10, 10, 8, 7, 7, 7, 10), strict=True
    )
    lines = [
        f"{title}, {machine}",
        "",
        " " * 16 + "".join(f"{name:>{width}}" for name, width in heads) + "  roofline",
    ]
    for row in facts["ways"]:
        name = f"{'' if row is facts['ways'][0] else '+ '}{row['way']}"
        line = row["roofline"]
        roof = f"{line['images_per_second']:,.0f}/s by {line['bound_by']}"
        if "failure" in row:
            lines.append(f"{name:<16}{'not here: ' + row['failure']}")
            continue
        memory = f"{row['peak_bytes'] / 2**30:.2f} GiB" if row["peak_bytes"] else "-"
        lines.append(
            f"{name:<16}{row['images_per_second']:>10,.0f}{_time(row['seconds']):>10}{row['spread']:>8.0%}"
            f"{row['times_first']:>7.2f}{row['mfu']:>7.0%}{row['byte_share']:>7.0%}{memory:>10}  {roof}"
        )
    line = facts["ways"][-1]["roofline"]
    flops, copy = (
        f"{line['flops_per_second'] / 1e12:,.3g} TFLOP/s",
        f"{line['bytes_per_second'] / 1e9:,.0f} GB/s",
    )
    lines += ["", "x: times the first way. spread: slowest to quickest of the rounds, to their median."]
    lines.append(
        f"MFU: arithmetic's share of the time, at the rate of a large product here (last way: {flops})."
    )
    lines.append(
        f"bytes: memory traffic's share, nothing fused, at the rate of a copy ({copy}); fusing goes beyond."
    )
    rate = facts["input_images_per_second"]
    if rate is not None:
        lines.append(f"Input alone: {rate:,.0f} images/s.")
    return "\n".join([*lines, facts["verdict"]])


def _time(seconds: float) -> str:
    return f"{seconds * 1e3:,.3g} ms" if seconds < 1 else f"{seconds:,.3g} s"
