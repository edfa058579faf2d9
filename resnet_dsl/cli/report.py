"""``resnet-dsl report``: what a network costs, row by row, with its totals."""

from __future__ import annotations

import re
import sys
from enum import StrEnum
from typing import Annotated

import typer

from resnet_dsl.cli.loading import LeftOut, load_models
from resnet_dsl.cli.options import DeleteBlocks, Include, Model, Overrides, Spec, WithoutShortcuts
from resnet_dsl.cli.terminal import put

_SHAPE = re.compile(r"[1-9][0-9]{0,9}(x[1-9][0-9]{0,9}){0,3}")


class Form(StrEnum):
    """How a report is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MD = "md"


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
        int, typer.Option(metavar="N", min=1, max=2**31, help="Samples that bytes are counted for.")
    ] = 1,
) -> None:
    """Report parameters, multiply-adds, depth and activation bytes."""
    from resnet_dsl.backends.report import render

    shape = None if input is None else parse_shape(input)
    networks = load_models(
        spec, model, overrides, include, input_shape=shape, left_out=LeftOut(without_shortcuts, delete_blocks)
    )
    reports = [network.report() for network in networks]
    if batch != 1:
        reports = [entry.at_batch(batch) for entry in reports]
    if by is None:
        blocks = any(layer.block is not None for entry in reports for layer in entry.layers)
        by = Row.BLOCK if blocks else Row.OP
    put(render(reports, form.value, by.value, _width()).rstrip("\n"))


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
