"""``resnet-dsl report``: what a network costs, row by row, with its totals."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from resnet_dsl.cli.conditions import (
    Batch,
    DeviceName,
    Dtype,
    ElementType,
    Optimizer,
    parse_device,
    parse_shape,
)
from resnet_dsl.cli.loading import LeftOut, load_models, raise_unmet
from resnet_dsl.cli.modes import check_mode
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
from resnet_dsl.cli.paths import Decay, Measure, paths_text
from resnet_dsl.cli.report_texts import counted_text, explained_text, rows_text, width_of
from resnet_dsl.cli.terminal import put

if TYPE_CHECKING:
    from resnet_dsl.diagnostics.model import Diagnostic


class Form(StrEnum):
    """How a report is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MD = "md"
    HTML = "html"


_FORMS = {
    ".txt": Form.TABLE,
    **{f".{form.value}": form for form in Form if form is not Form.TABLE},
    ".htm": Form.HTML,
}


# What else a report may be asked for, and the parameters that say something about it.
_MODES = {
    "--as": frozenset({"functions", "generated"}),
    "--explain": frozenset({"figure"}),
    "--paths": frozenset({"length", "decay"}),
}
_OF_ROWS = frozenset({"by", "batch", "device", "dtype", "training", "optimizer"})


class Row(StrEnum):
    """What a row stands for."""

    OP = "op"
    BLOCK = "block"
    STAGE = "stage"
    MODEL = "model"


def register(app: typer.Typer) -> None:
    app.command("report")(report)


def report(
    context: typer.Context,
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
    generated: Annotated[
        bool,
        typer.Option(
            "--generated",
            help="With --as: of the generated module, which calls as functions what needs no module.",
        ),
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Why the figures may differ from others you have read.")
    ] = False,
    figure: Annotated[
        str | None,
        typer.Option(
            metavar="3.8e9", help="With --explain: which of the figures this one is, by the digits it has."
        ),
    ] = None,
    paths: Annotated[
        bool, typer.Option("--paths", help="Paths from input to output by length, and what they weigh.")
    ] = False,
    length: Measure = None,
    decay: Decay = None,
) -> None:
    """Report parameters, multiply-adds, depth, memory and time.

    Of layers, blocks, stages or whole models, with receptive fields and, where asked, paths, devices and
    other tools' ways of counting. `--format html` makes a page to explore in a browser: diagram, costs
    and tables in one file.
    """
    if out is not None:
        _check_out(out, spec, form)
    form = form or (_FORMS.get(out.suffix.lower(), Form.TABLE) if out is not None else Form.TABLE)
    shape = None if input is None else parse_shape(input)
    machine = None if device is None else parse_device(device, dtype)
    asked = [
        name for name, given in (("--as", convention), ("--explain", explain), ("--paths", paths)) if given
    ]
    if len(asked) > 1:
        raise typer.BadParameter(f"it stands alone, without `{asked[0]}`", param_hint=asked[1])
    check_mode(context, asked[0] if asked else None, _MODES, _OF_ROWS)
    if form is Form.HTML and asked:
        raise typer.BadParameter(f"a page shows what each layer costs, not {asked[0]}", param_hint="--format")
    if generated and functions:
        raise typer.BadParameter("it says by itself what is a function", param_hint="--generated")
    unmet: list[Diagnostic] = []
    left_out = LeftOut(without_shortcuts, delete_blocks)
    networks = load_models(spec, model, overrides, include, input_shape=shape, left_out=left_out, unmet=unmet)
    width = width_of(out)
    if convention is not None:
        text = counted_text(networks, convention, functions, form.value, width, generated=generated)
    elif explain:
        text = explained_text(networks, form.value, width, figure)
    elif paths:
        text = paths_text(networks, form.value, length, decay, width)
    else:
        from dataclasses import replace

        from resnet_dsl.analysis.resources import measured

        reports = [
            measured(
                entry.network,
                replace(entry.report(), claims=entry.claims),
                batch,
                dtype.value,
                machine,
                training,
                optimizer.value,
            )
            for entry in networks
        ]
        text = rows_text(networks, reports, form.value, None if by is None else by.value, width)
    if out is None:
        put(text.rstrip("\n"))
    else:
        from resnet_dsl.cli.output import write_atomic

        write_atomic(out, text)
        put(f"{out}: {', '.join(network.name for network in networks)}")
    raise_unmet(unmet)


def _check_out(out: Path, spec: Path, form: Form | None) -> None:
    """Usage errors: a file that is read, and a suffix that says no form where `--format` says none."""
    from resnet_dsl.cli.output import check_destination

    check_destination(out, [spec])
    if form is None and out.suffix and out.suffix.lower() not in _FORMS:
        raise typer.BadParameter(
            f"{out.name!r} is no kind of report: use {', '.join(_FORMS)}, or say `--format`",
            param_hint="--out",
        )
