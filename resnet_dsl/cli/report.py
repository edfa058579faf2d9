"""``resnet-dsl report``: what a network costs, row by row, with its totals."""

from __future__ import annotations

import re
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from resnet_dsl.cli.loading import LeftOut, load_models
from resnet_dsl.cli.options import DeleteBlocks, Include, Model, Overrides, Spec, WithoutShortcuts
from resnet_dsl.cli.paths import Decay, Measure, check_alone, paths_text
from resnet_dsl.cli.terminal import put

if TYPE_CHECKING:
    from resnet_dsl.analysis.devices import Device
    from resnet_dsl.program import CompiledNetwork

_SHAPE = re.compile(r"[1-9][0-9]{0,9}(x[1-9][0-9]{0,9}){0,3}")


class Form(StrEnum):
    """How a report is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MD = "md"


class Dtype(StrEnum):
    """What elements are, in memory and in arithmetic."""

    FLOAT32 = "float32"
    TF32 = "tf32"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"


class Optimizer(StrEnum):
    """What a training step ends with; momentum is SGD with it."""

    SGD = "sgd"
    MOMENTUM = "momentum"
    ADAM = "adam"
    ADAMW = "adamw"


class Row(StrEnum):
    """What a row stands for."""

    OP = "op"
    BLOCK = "block"
    STAGE = "stage"
    MODEL = "model"


def register(app: typer.Typer) -> None:
    app.command("report")(report)


def report(
    spec: Spec,
    model: Model = None,
    overrides: Overrides = [],  # noqa: B006 - typer copies it
    without_shortcuts: WithoutShortcuts = False,
    delete_blocks: DeleteBlocks = [],  # noqa: B006
    include: Include = [],  # noqa: B006
    form: Annotated[Form, typer.Option("--format", help="The output's form.")] = Form.TABLE,
    by: Annotated[
        Row | None,
        typer.Option(
            help="What a row stands for; default: a block, or an operator where there are no blocks."
        ),
    ] = None,
    input: Annotated[
        str | None, typer.Option(metavar="3x256x256", help="Another shape of the input, channels first.")
    ] = None,
    batch: Annotated[
        int, typer.Option(metavar="N", min=1, max=2**31, help="Samples that bytes and times are counted for.")
    ] = 1,
    device: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Estimate times on h200, h100, a100, rtx4090, laptop-cpu or `flops=20e12,bandwidth=900e9`.",
        ),
    ] = None,
    dtype: Annotated[Dtype, typer.Option(help="What elements are.")] = Dtype.FLOAT32,
    training: Annotated[
        bool, typer.Option("--training", help="Times of a training step in place of inference.")
    ] = False,
    optimizer: Annotated[
        Optimizer, typer.Option(help="Whose state a training step holds.")
    ] = Optimizer.MOMENTUM,
    convention: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="TOOL",
            help="What paper, flopcounter, fvcore, torchinfo, ptflops, thop or calflops counts, term by term.",
        ),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Why the figures may differ from others you have read.")
    ] = False,
    paths: Annotated[
        bool, typer.Option("--paths", help="Paths from input to output by length, and what they weigh.")
    ] = False,
    length: Measure = None,
    decay: Decay = None,
) -> None:
    """Report parameters, multiply-adds, depth, memory, receptive field and time."""
    from resnet_dsl.backends.report import render

    shape = None if input is None else parse_shape(input)
    machine = None if device is None else parse_device(device, dtype)
    if training and machine is None:
        raise typer.BadParameter("give a device: `--device h100`", param_hint="--training")
    if explain and convention is not None:
        raise typer.BadParameter("it stands alone, without `--as`", param_hint="--explain")
    if paths:
        check_alone({"--as": convention, "--explain": explain, "--by": by, "--device": device})
    elif length is not None or decay is not None:
        raise typer.BadParameter("give `--paths` too", param_hint="--length" if length else "--decay")
    networks = load_models(
        spec, model, overrides, include, input_shape=shape, left_out=LeftOut(without_shortcuts, delete_blocks)
    )
    if convention is not None:
        put(_counted(networks, convention, form).rstrip("\n"))
        return
    if explain:
        put(_explained(networks, form).rstrip("\n"))
        return
    if paths:
        put(paths_text(networks, form.value, length, decay, _width()).rstrip("\n"))
        return
    from resnet_dsl.analysis.resources import resources, with_resources

    reports = []
    for network in networks:
        entry = network.report()
        found = resources(
            network.network,
            entry.weight_bytes,
            batch=batch,
            dtype=dtype.value,
            device=machine,
            training=training,
            optimizer=optimizer.value,
        )
        reports.append(with_resources(entry if batch == 1 else entry.at_batch(batch), found))
    if by is None:
        blocks = any(layer.block is not None for entry in reports for layer in entry.layers)
        by = Row.BLOCK if blocks else Row.OP
    put(render(reports, form.value, by.value, _width()).rstrip("\n"))


def parse_device(text: str, dtype: Dtype) -> Device:
    """A device that has a rate for the dtype; typer's usage error for anything else."""
    from resnet_dsl.analysis.devices import DeviceError
    from resnet_dsl.analysis.devices import device as find

    try:
        found = find(text)
        found.rate(dtype.value)
    except DeviceError as error:
        raise typer.BadParameter(str(error), param_hint="--device") from None
    return found


def _counted(networks: list[CompiledNetwork], name: str, form: Form) -> str:
    from resnet_dsl.analysis.conventions import ConventionError, count_as
    from resnet_dsl.analysis.conventions import convention as find
    from resnet_dsl.backends.report.counted import CountedModel, render_counted

    try:
        chosen = find(name)
    except ConventionError as error:
        raise typer.BadParameter(str(error), param_hint="--as") from None
    models = [CountedModel(entry.network.title, count_as(entry.network, chosen)) for entry in networks]
    return render_counted(models, form.value, _width())


def _explained(networks: list[CompiledNetwork], form: Form) -> str:
    from resnet_dsl.analysis.explain import explanations
    from resnet_dsl.backends.report.explained import Explained, render_explained

    if form is Form.CSV:
        raise typer.BadParameter("explanations are a table, md or json", param_hint="--format")
    models = [
        Explained(entry.network.title, explanations(entry.network, entry.report())) for entry in networks
    ]
    return render_explained(models, form.value, _width())


def parse_shape(text: str) -> tuple[int, ...]:
    """``3x256x256`` as numbers; typer's usage error for anything else."""
    if not _SHAPE.fullmatch(text):
        raise typer.BadParameter(f"`{text}` is no shape; write it as 3x224x224", param_hint="--input")
    return tuple(int(size) for size in text.split("x"))


def _width() -> int | None:
    """Columns of the terminal; no limit where the output goes elsewhere, so that nothing is cut."""
    if not sys.stdout.isatty():
        return None
    from shutil import get_terminal_size

    return get_terminal_size().columns
