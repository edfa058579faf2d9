"""``resnet-dsl report``: what a network costs, row by row, with its totals."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from resnet_dsl.cli.conditions import Batch, DeviceName, Dtype, ElementType, parse_device, parse_shape
from resnet_dsl.cli.loading import LeftOut, load_models, raise_unmet
from resnet_dsl.cli.options import (
    NO_FOLDERS,
    NO_TEXTS,
    DeleteBlocks,
    Include,
    Model,
    Overrides,
    Spec,
    WithoutShortcuts,
)
from resnet_dsl.cli.paths import Decay, Measure, check_alone, paths_text
from resnet_dsl.cli.terminal import put

if TYPE_CHECKING:
    from resnet_dsl.analysis.cost import CostReport
    from resnet_dsl.analysis.devices import Device
    from resnet_dsl.backends.report import Format
    from resnet_dsl.diagnostics.model import Diagnostic
    from resnet_dsl.program import CompiledNetwork


class Form(StrEnum):
    """How a report is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MD = "md"
    HTML = "html"


_FORMS = {f".{form.value}": form for form in Form if form is not Form.TABLE} | {".txt": Form.TABLE}


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
    overrides: Overrides = NO_TEXTS,
    without_shortcuts: WithoutShortcuts = False,
    delete_blocks: DeleteBlocks = NO_TEXTS,
    include: Include = NO_FOLDERS,
    form: Annotated[
        Form | None,
        typer.Option("--format", help="The output's form; default: by the suffix of --out, or a table."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="A file in place of the terminal.",
            dir_okay=False,
            show_default=False,
        ),
    ] = None,
    by: Annotated[
        Row | None,
        typer.Option(
            help="What a row stands for, and how far a page's diagram is opened; default: a block, or an "
            "operator where there are no blocks."
        ),
    ] = None,
    input: Annotated[
        str | None, typer.Option(metavar="3x256x256", help="Another shape of the input, channels first.")
    ] = None,
    batch: Batch = 1,
    device: DeviceName = None,
    dtype: ElementType = Dtype.FLOAT32,
    training: Annotated[
        bool, typer.Option("--training", help="Work and times of a training step in place of inference.")
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
    functions: Annotated[
        list[str],
        typer.Option(
            "--function",
            metavar="NAME",
            help="With --as: an operator (`relu`) or a node by its path that the other code calls as a function, "
            "as in `F.relu`, and not as a module; may be given again.",
            show_default=False,
        ),
    ] = NO_TEXTS,
    explain: Annotated[
        bool, typer.Option("--explain", help="Why the figures may differ from others you have read.")
    ] = False,
    paths: Annotated[
        bool, typer.Option("--paths", help="Paths from input to output by length, and what they weigh.")
    ] = False,
    length: Measure = None,
    decay: Decay = None,
) -> None:
    """Report parameters, multiply-adds, depth, memory, receptive field and time.

    `--format html` makes a page to explore in a browser: diagram, costs and tables in one file.
    """
    form = form or (_FORMS.get(out.suffix.lower()) if out is not None else None) or Form.TABLE
    shape = None if input is None else parse_shape(input)
    machine = None if device is None else parse_device(device, dtype)
    if explain and convention is not None:
        raise typer.BadParameter("it stands alone, without `--as`", param_hint="--explain")
    if form is Form.HTML and (explain or paths or convention is not None):
        asked = "--explain" if explain else "--paths" if paths else "--as"
        raise typer.BadParameter(f"a page shows what each layer costs, not {asked}", param_hint="--format")
    if paths:
        check_alone({"--as": convention, "--explain": explain, "--by": by, "--device": device})
    elif length is not None or decay is not None:
        raise typer.BadParameter("give `--paths` too", param_hint="--length" if length else "--decay")
    if functions and convention is None:
        raise typer.BadParameter("it goes with `--as`", param_hint="--function")
    unmet: list[Diagnostic] = []
    left_out = LeftOut(without_shortcuts, delete_blocks)
    networks = load_models(spec, model, overrides, include, input_shape=shape, left_out=left_out, unmet=unmet)
    if convention is not None:
        text = _counted(networks, convention, functions, form, _width(out))
    elif explain:
        text = _explained(networks, form, _width(out))
    elif paths:
        text = paths_text(networks, form.value, length, decay, _width(out))
    else:
        run = _Run(batch, dtype, machine, training, optimizer)
        text = _rows(networks, [_with_run(network, run) for network in networks], form, by, _width(out))
    if out is None:
        put(text.rstrip("\n"))
    else:
        from resnet_dsl.cli.output import write_atomic

        out.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(out, text)
        put(f"{out}: {', '.join(network.name for network in networks)}")
    raise_unmet(unmet)


class _Run(NamedTuple):
    """What memory and times are of."""

    batch: int
    dtype: Dtype
    device: Device | None
    training: bool
    optimizer: Optimizer


def _with_run(network: CompiledNetwork, run: _Run) -> CostReport:
    from resnet_dsl.analysis.resources import resources, with_resources

    report = network.report()
    found = resources(
        network.network,
        batch=run.batch,
        dtype=run.dtype.value,
        device=run.device,
        training=run.training,
        optimizer=run.optimizer.value,
    )
    return with_resources(report if run.batch == 1 else report.at_batch(run.batch), found)


def _rows(
    networks: list[CompiledNetwork], reports: list[CostReport], form: Form, by: Row | None, width: int | None
) -> str:
    if by is None:
        blocks = any(layer.block is not None for entry in reports for layer in entry.layers)
        by = Row.BLOCK if blocks else Row.OP
    if form is Form.HTML:
        from resnet_dsl.backends.html.report import render_html

        graphs = [network.network for network in networks]
        return render_html(list(zip(graphs, reports, strict=True)), by.value)
    from resnet_dsl.backends.report import render

    text_form: Format = form.value  # type: ignore[assignment]  # mypy forgets the values of a narrowed enum
    return render(reports, text_form, by.value, width)


def _counted(
    networks: list[CompiledNetwork], name: str, functions: list[str], form: Form, width: int | None
) -> str:
    from resnet_dsl.analysis.conventions import ConventionError, count_as
    from resnet_dsl.analysis.conventions import convention as find
    from resnet_dsl.backends.report.counted import CountedModel, render_counted

    try:
        chosen = find(name)
    except ConventionError as error:
        raise typer.BadParameter(str(error), param_hint="--as") from None
    try:
        models = [
            CountedModel(entry.network.title, count_as(entry.network, chosen, functions))
            for entry in networks
        ]
    except ConventionError as error:
        raise typer.BadParameter(str(error), param_hint="--function") from None
    return render_counted(models, form.value, width)


def _explained(networks: list[CompiledNetwork], form: Form, width: int | None) -> str:
    from resnet_dsl.analysis.explain import explanations
    from resnet_dsl.backends.report.explained import Explained, render_explained

    if form is Form.CSV:
        raise typer.BadParameter("explanations are a table, md or json", param_hint="--format")
    models = [
        Explained(entry.network.title, explanations(entry.network, entry.report())) for entry in networks
    ]
    return render_explained(models, form.value, width)


def _width(out: Path | None) -> int | None:
    """Columns of the terminal; no limit where the output goes elsewhere, so that nothing is cut."""
    if out is not None or not sys.stdout.isatty():
        return None
    from shutil import get_terminal_size

    return get_terminal_size().columns
