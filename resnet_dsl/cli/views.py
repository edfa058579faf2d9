"""The views of `draw` that are no picture of the whole network: its paths, and a stack unravelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from resnet_dsl.cli.paths import MOST_DECAY, Length, a_number
from resnet_dsl.cli.picture import SUFFIXES, write_picture

if TYPE_CHECKING:
    from resnet_dsl.compiled import CompiledNetwork


class Kind(StrEnum):
    """What a picture is of."""

    NETWORK = "network"
    PATHS = "paths"
    UNRAVELLED = "unravelled"


View = Annotated[
    Kind,
    typer.Option(
        help="The network; a chart of its paths by length (svg only); or a stack of residual blocks unravelled "
        "into its paths."
    ),
]
Parts = Annotated[
    list[str],
    typer.Option(
        "--part",
        metavar="PATH",
        help="With --view unravelled: a block, or a stage with its blocks; may be given again. Four blocks at most.",
        show_default=False,
    ),
]
ChartLength = Annotated[
    Length | None,
    typer.Option(
        "--length",
        help="With --view paths: what lengths are counted in; default: residual branches, where there are any.",
    ),
]
ChartDecay = Annotated[
    float | None,
    typer.Option(
        metavar="G",
        min=0.0,
        max=MOST_DECAY,
        callback=a_number,
        help="With --view paths: what a path's weight is multiplied by for each residual branch; default 0.25.",
    ),
]


def check_view(view: Kind, out: Path | None, options: Mapping[str, tuple[Kind, object]]) -> None:
    """Usage errors: options of another view, and a file in a form that is none of the view's own.

    `options` are what each option is for and its value.
    """
    for name, (kind, value) in options.items():
        if value and view is not kind:
            raise typer.BadParameter(f"it goes with `--view {kind.value}`", param_hint=name)
    suffix = "" if out is None else out.suffix.lower()
    if view is Kind.PATHS and suffix not in ("", ".svg"):
        raise typer.BadParameter(f"a chart is an .svg file, not {suffix}", param_hint="--out")
    if view is Kind.UNRAVELLED and suffix not in ("", *SUFFIXES):
        raise typer.BadParameter(
            f"an unravelled stack is drawn as {', '.join(SUFFIXES)}, not as {suffix}", param_hint="--out"
        )


def draw_paths(
    net: CompiledNetwork, file: Path, measure: Length | None, decay: float | None, theme: str = "paper"
) -> str:
    """Writes the chart and says what it is of. Raises `SpecError` where paths are too many to count."""
    from resnet_dsl.analysis.paths import DECAY, count_paths
    from resnet_dsl.backends.graphviz.palette import theme_named
    from resnet_dsl.backends.report.lengths import render_lengths, themed
    from resnet_dsl.backends.report.path_rows import total_text
    from resnet_dsl.cli.output import write_atomic

    paths = count_paths(net.network, DECAY if decay is None else decay)
    chart = render_lengths(
        net.network.title, paths, None if measure is None else measure.value, themed(theme_named(theme))
    )
    write_atomic(file, chart)
    return f"{file}: {net.name}, {total_text(paths.total)} path{'s' if paths.total > 1 else ''} by length"


def draw_unravelled(
    net: CompiledNetwork, file: Path, parts: Sequence[str], direction: str, theme: str = "paper"
) -> str | None:
    """Writes the picture and says what it is of; None where nothing can draw it."""
    from resnet_dsl.analysis.stacks import StackError, choose_stack
    from resnet_dsl.backends.graphviz.palette import theme_named
    from resnet_dsl.backends.graphviz.unravelled import unravelled
    from resnet_dsl.diagnostics.visible import visible

    try:
        stack = choose_stack(net.network, parts)
    except StackError as error:
        raise typer.BadParameter(
            f"{net.name}: {visible(str(error))}", param_hint="--part" if parts else "--view"
        ) from None
    text = unravelled(net.network, stack, direction, theme_named(theme))
    if write_picture(file, iter([("op", text)])) is None:
        return None
    first, last = stack[0].scope.path, stack[-1].scope.path
    span = first if first == last else f"{first} to {last}"
    return f"{file}: {net.name}, {2 ** len(stack)} paths through {span}"
