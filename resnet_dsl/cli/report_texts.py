"""What `report` prints, by what was asked for: costs, another tool's count, or explanations."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import typer

if TYPE_CHECKING:
    from resnet_dsl.analysis.cost import CostReport
    from resnet_dsl.analysis.grouping import Grouping
    from resnet_dsl.backends.report import Format
    from resnet_dsl.compiled import CompiledNetwork


def rows_text(
    networks: list[CompiledNetwork],
    reports: list[CostReport],
    form: str,
    by: str | None,
    width: int | None,
) -> str:
    """What each row costs, with totals; without `by` by block, or by operator where there are no blocks."""
    if by is None:
        blocks = any(layer.block is not None for entry in reports for layer in entry.layers)
        by = "block" if blocks else "op"
    rows = cast("Grouping", by)
    if form == "html":
        from resnet_dsl.backends.html.report import render_html

        graphs = [network.network for network in networks]
        return render_html(list(zip(graphs, reports, strict=True)), rows)
    from resnet_dsl.backends.report import render

    return render(reports, cast("Format", form), rows, width)


def counted_text(
    networks: list[CompiledNetwork],
    name: str,
    functions: list[str],
    form: str,
    width: int | None,
    *,
    generated: bool = False,
) -> str:
    """What another tool counts: of a network written with modules but for `functions`, or of the
    `generated` module."""
    from resnet_dsl.analysis.conventions import ConventionError, count_as
    from resnet_dsl.analysis.conventions import convention as find
    from resnet_dsl.backends.report.counted import CountedModel, render_counted

    try:
        chosen = find(name)
    except ConventionError as error:
        raise typer.BadParameter(str(error), param_hint="--as") from None
    try:
        models = [
            CountedModel(
                entry.network.title,
                count_as(entry.network, chosen, _functions(entry) if generated else functions),
            )
            for entry in networks
        ]
    except ConventionError as error:
        raise typer.BadParameter(str(error), param_hint="--function") from None
    return render_counted(models, form, width)


def _functions(entry: CompiledNetwork) -> tuple[str, ...]:
    from resnet_dsl.backends.pytorch.called import called_as_functions

    return called_as_functions(entry.network)


def explained_text(
    networks: list[CompiledNetwork], form: str, width: int | None, figure: str | None = None
) -> str:
    """Why figures may differ from others; with `figure` those alone that it may be."""
    from resnet_dsl.analysis.explain import explanations
    from resnet_dsl.analysis.figures import FigureError, found_by
    from resnet_dsl.analysis.figures import figure as parsed
    from resnet_dsl.backends.report.explained import Explained, render_explained

    if form == "csv":
        raise typer.BadParameter("explanations are a table, md or json", param_hint="--format")
    models = [
        Explained(entry.network.title, explanations(entry.network, entry.report())) for entry in networks
    ]
    if figure is not None:
        try:
            asked = parsed(figure)
        except FigureError as error:
            raise typer.BadParameter(str(error), param_hint="--figure") from None
        models = [Explained(entry.model, found_by(asked, entry.remarks), asked.text) for entry in models]
    return render_explained(models, form, width)


def width_of(out: Path | None) -> int | None:
    """Columns of the terminal; no limit where the output goes elsewhere, so that nothing is cut."""
    if out is not None or not sys.stdout.isatty():
        return None
    from shutil import get_terminal_size

    return get_terminal_size().columns
