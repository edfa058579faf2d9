"""Diagrams: a network as a picture, through Graphviz's DOT language."""

from __future__ import annotations

from resnet_dsl.backends.graphviz import legend as legends
from resnet_dsl.backends.graphviz.diagram import automatic_level, diagram, readable_levels
from resnet_dsl.backends.graphviz.dot import LEGEND_COLUMNS, dot
from resnet_dsl.backends.graphviz.mermaid import MermaidLimit, fitting_level, mermaid
from resnet_dsl.backends.graphviz.palette import theme_named
from resnet_dsl.backends.graphviz.placing import placing
from resnet_dsl.backends.graphviz.render import (
    RenderError,
    RenderFailed,
    RenderTimeout,
    RenderUnavailable,
    render,
)
from resnet_dsl.backends.graphviz.tikz import tikz
from resnet_dsl.ir.graph import Network

__all__ = [
    "MermaidLimit",
    "RenderError",
    "RenderFailed",
    "RenderTimeout",
    "RenderUnavailable",
    "automatic_level",
    "diagram",
    "dot",
    "fitting_level",
    "mermaid",
    "readable_levels",
    "render",
    "theme_named",
    "to_dot",
    "to_mermaid",
    "to_tikz",
]


def to_dot(
    network: Network,
    level: str = "block",
    direction: str = "TB",
    *,
    theme: str = "paper",
    legend: bool = False,
) -> str:
    """A network as DOT text.

    `level` is ``op``, ``block``, ``stage`` or ``model``, `direction` ``TB`` or ``LR``, `theme`
    ``paper``, ``slides`` or ``dark``; with `legend`, what lines, signs and colours mean stands
    below. The same network gives the same bytes. Raises `ValueError` for another level, direction
    or theme.
    """
    return dot(diagram(network, level), direction, theme_named(theme), with_legend=legend)


def to_mermaid(
    network: Network,
    level: str | None = None,
    direction: str = "TB",
    *,
    theme: str = "paper",
    legend: bool = False,
) -> str:
    """A network as Mermaid text, for READMEs and other pages that draw it.

    Arguments are as in `to_dot`; without a level it is the finest from ``block`` up that pages
    take. Raises `MermaidLimit`, a `ValueError`, where they would refuse the level asked for.
    """
    chosen = fitting_level(network) if level is None else level
    return mermaid(diagram(network, chosen), direction, theme_named(theme), with_legend=legend)


def to_tikz(
    network: Network,
    level: str = "block",
    direction: str = "TB",
    *,
    theme: str = "paper",
    legend: bool = False,
) -> str:
    """A network as a LaTeX document with a TikZ picture, for papers.

    Arguments are as in `to_dot`. Graphviz puts the parts in their places, so this raises
    `RenderError` where there is none.
    """
    picture, looks = diagram(network, level), theme_named(theme)
    keys = legends.legend(picture) if legend else ()
    return tikz(picture, placing(picture, direction, looks), looks, keys, LEGEND_COLUMNS[direction])
