"""``resnet-dsl audit``: one table for many networks."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from resnet_dsl.cli.conditions import Batch, DeviceName, Dtype, ElementType, Optimizer, parse_device
from resnet_dsl.cli.loading import load_all, raise_unmet
from resnet_dsl.cli.options import NO_FOLDERS, NO_TEXTS, Include, Model, Overrides, Specs
from resnet_dsl.cli.terminal import put, tell, tell_diagnostics

if TYPE_CHECKING:
    from resnet_dsl.diagnostics.model import Diagnostic


class Form(StrEnum):
    """How the table is printed."""

    TABLE = "table"
    MD = "md"
    CSV = "csv"
    JSON = "json"


class Sort(StrEnum):
    """The column that rows are sorted by; `given` is the order of the files."""

    GIVEN = "given"
    NAME = "name"
    PARAMS = "params"
    MACS = "macs"
    PEAK = "peak"
    STEP = "step"
    DEPTH = "depth"
    TIME = "time"


def register(app: typer.Typer) -> None:
    app.command("audit")(audit)


def audit(
    specs: Specs,
    model: Model = None,
    overrides: Overrides = NO_TEXTS,
    include: Include = NO_FOLDERS,
    form: Annotated[Form, typer.Option("--format", help="The output's form.")] = Form.TABLE,
    sort: Annotated[Sort, typer.Option(help="The column to sort by, least first.")] = Sort.GIVEN,
    descending: Annotated[bool, typer.Option("--descending", help="Greatest first.")] = False,
    batch: Batch = 1,
    device: DeviceName = None,
    dtype: ElementType = Dtype.FLOAT32,
    optimizer: Annotated[
        Optimizer, typer.Option(help="Whose state a training step holds.")
    ] = Optimizer.MOMENTUM,
    scatter: Annotated[
        Path | None, typer.Option(metavar="FILE.svg", help="Write a plot of cost against size.")
    ] = None,
) -> None:
    """Compare many networks: parameters, multiply-adds, memory, time.

    Ends with 1 where expectations do not hold.
    """
    from resnet_dsl.analysis.family import family_row, in_order
    from resnet_dsl.backends.report.family import render_family

    machine = None if device is None else parse_device(device, dtype)
    if sort is Sort.TIME and machine is None:
        raise typer.BadParameter("times need a device: `--device h100`", param_hint="--sort")
    if scatter is not None and scatter.suffix.lower() != ".svg":
        raise typer.BadParameter(f"`{scatter}` is no .svg file", param_hint="--scatter")
    if scatter is not None:
        from resnet_dsl.cli.output import check_destination

        check_destination(scatter, specs, "--scatter")
    unmet: list[Diagnostic] = []
    programs = load_all(specs, model, overrides, include, unmet=unmet)
    tell_diagnostics([entry for _, program in programs for entry in program.diagnostics])
    rows = [
        family_row(
            spec.name,
            network.network,
            network.report(),
            batch=batch,
            dtype=dtype.value,
            device=machine,
            optimizer=optimizer.value,
        )
        for spec, program in programs
        for network in program.models.values()
    ]
    rows = in_order(rows, sort.value, descending=descending)
    condition = (
        f"MACs of one sample; peak memory of inference's activations in {dtype.value}, step memory of a float32 "
        f"training step with {optimizer.value}, at batch {batch}"
    )
    if machine is not None:
        condition += f"; time of inference on {machine.title}, at least"
    if scatter is not None:
        from resnet_dsl.backends.report.scatter import render_scatter
        from resnet_dsl.cli.output import write_atomic

        plotted = "MACs of one sample"
        if machine is not None:
            plotted = f"inference on {machine.title} in {dtype.value} at batch {batch}; no run is faster"
        write_atomic(scatter, render_scatter(rows, plotted))
        tell(f"wrote {scatter}")
    put(render_family(rows, form.value, condition).rstrip("\n"))
    raise_unmet(unmet)
