"""Diagrams as text for other programs: Mermaid for pages, TikZ for papers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import typer

if TYPE_CHECKING:
    from resnet_dsl.compiled import CompiledNetwork

MERMAID = ".mmd"
TIKZ = ".tex"


class Looks(TypedDict):
    """What decides how a picture is drawn, apart from its level."""

    direction: str
    theme: str
    legend: bool


def write_mermaid(net: CompiledNetwork, file: Path, level: str | None, looks: Looks) -> str:
    """Writes a network as Mermaid text and says so.

    Without a level it is the finest that pages take. Raises `typer.BadParameter` where they would
    refuse the level asked for.
    """
    from resnet_dsl.backends.graphviz import MermaidLimit, fitting_level
    from resnet_dsl.cli.output import write_atomic
    from resnet_dsl.diagnostics.visible import visible

    fitting = fitting_level(net.network)
    chosen = fitting if level is None else level
    try:
        text = net.to_mermaid(chosen, **looks)
    except MermaidLimit as error:
        told = f"{visible(str(error))}; level {fitting} fits"
        raise typer.BadParameter(told, param_hint="--level") from None
    write_atomic(file, text)
    return f"{file}: {net.name} at level {chosen}"


def write_tikz(net: CompiledNetwork, file: Path, level: str, looks: Looks) -> str | None:
    """Writes a network as a LaTeX document and says so.

    Where nothing can lay it out, the reason is told, and the answer is None.
    """
    from resnet_dsl.backends.graphviz import RenderError
    from resnet_dsl.cli.output import write_atomic
    from resnet_dsl.cli.terminal import tell
    from resnet_dsl.diagnostics.visible import visible

    try:
        text = net.to_tikz(level, **looks)
    except RenderError as error:
        tell(f"error: no {file}: {visible(str(error))}\n  Mermaid needs no layout: -o {file.stem}{MERMAID}")
        return None
    write_atomic(file, text)
    return f"{file}: {net.name} at level {level}"
