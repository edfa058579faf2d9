"""``resnet-dsl draw``: a model as a picture."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from resnet_dsl.cli.diagram_texts import MERMAID, TIKZ, Looks, write_mermaid, write_tikz
from resnet_dsl.cli.faults import WRONG_INPUT
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
from resnet_dsl.cli.picture import SUFFIXES, write_picture
from resnet_dsl.cli.terminal import put
from resnet_dsl.cli.views import (
    ChartDecay,
    ChartLength,
    Kind,
    Parts,
    View,
    check_view,
    draw_paths,
    draw_unravelled,
)

if TYPE_CHECKING:
    from resnet_dsl.compiled import CompiledNetwork
    from resnet_dsl.diagnostics.model import Diagnostic


class Level(StrEnum):
    """What one shape stands for."""

    OP = "op"
    BLOCK = "block"
    STAGE = "stage"
    MODEL = "model"


class Direction(StrEnum):
    """Where the picture runs: top to bottom, or left to right as slides want it."""

    TB = "TB"
    LR = "LR"


class Theme(StrEnum):
    """How the picture looks."""

    PAPER = "paper"
    SLIDES = "slides"
    DARK = "dark"


def register(app: typer.Typer) -> None:
    app.command("draw")(draw)


def draw(
    spec: Spec,
    model: Model = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="The picture: .svg, .png, .pdf, .dot, .mmd or .tex; default: MODEL.svg.",
            dir_okay=False,
            show_default=False,
        ),
    ] = None,
    level: Annotated[
        Level | None,
        typer.Option(
            help="What one shape stands for; default: the finest that stays readable, from block up."
        ),
    ] = None,
    direction: Annotated[
        Direction | None,
        typer.Option(
            help="Top to bottom, or left to right; default: TB, and LR for --view unravelled.",
            case_sensitive=False,
        ),
    ] = None,
    theme: Annotated[
        Theme, typer.Option(help="Looks: for papers, for light slides, or for dark pages.")
    ] = Theme.PAPER,
    legend: Annotated[
        bool, typer.Option("--legend", help="Say what the lines, signs and colours mean.")
    ] = False,
    view: View = Kind.NETWORK,
    parts: Parts = NO_TEXTS,
    length: ChartLength = None,
    decay: ChartDecay = None,
    overrides: Overrides = NO_TEXTS,
    without_shortcuts: WithoutShortcuts = False,
    delete_blocks: DeleteBlocks = NO_TEXTS,
    include: Include = NO_FOLDERS,
) -> None:
    """Draw a model as svg, png, pdf, dot, Mermaid or TikZ.

    Ends with 1 where expectations do not hold.
    """
    from resnet_dsl.cli.output import check_destination

    if out is not None and out.suffix.lower() not in (*SUFFIXES, MERMAID, TIKZ):
        raise typer.BadParameter(
            f"{out.name!r} is no kind of picture: use {', '.join((*SUFFIXES, MERMAID, TIKZ))}",
            param_hint="--out",
        )
    check_view(
        view,
        out,
        {
            "--level": (Kind.NETWORK, level),
            "--legend": (Kind.NETWORK, legend),
            "--part": (Kind.UNRAVELLED, parts),
            "--length": (Kind.PATHS, length),
            "--decay": (Kind.PATHS, decay is not None),
        },
    )
    unmet: list[Diagnostic] = []
    left_out = LeftOut(without_shortcuts, delete_blocks)
    networks = load_models(spec, model, overrides, include, left_out=left_out, unmet=unmet)
    if out is not None and len(networks) > 1:
        names = ", ".join(net.name for net in networks)
        raise typer.BadParameter(f"{spec} declares {names}: pick one with --model", param_hint="--out")
    looks = Looks(direction=(direction or Direction.TB).value, theme=theme.value, legend=legend)
    every = True
    for net in networks:
        file = out or Path(f"{net.name}.svg")
        check_destination(file, [spec])
        if view is Kind.PATHS:
            said: str | None = draw_paths(net, file, length, decay, theme.value)
        elif view is Kind.UNRAVELLED:
            said = draw_unravelled(net, file, parts, (direction or Direction.LR).value, theme.value)
        else:
            said = _draw(net, file, level and level.value, looks)
        if said is None:
            every = False
        else:
            put(said)
    raise_unmet(unmet)
    if not every:
        raise typer.Exit(WRONG_INPUT)


def _draw(net: CompiledNetwork, file: Path, level: str | None, looks: Looks) -> str | None:
    """Writes one picture and says so; where nothing can draw it, its text beside it, and says None.

    Without a level it is the finest that stays readable and can be drawn.
    """
    from resnet_dsl.backends.graphviz import readable_levels

    if file.suffix.lower() == MERMAID:
        return write_mermaid(net, file, level, looks)
    levels = readable_levels(net.network) if level is None else (level,)
    if file.suffix.lower() == TIKZ:
        return write_tikz(net, file, levels[0], looks)
    found = write_picture(file, ((entry, net.to_dot(entry, **looks)) for entry in levels))
    return None if found is None else f"{file}: {net.name} at level {found}"
