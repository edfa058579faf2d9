"""Diagrams: a network as a picture, through Graphviz's DOT language."""

from __future__ import annotations

from resnet_dsl.backends.graphviz.diagram import automatic_level, diagram
from resnet_dsl.backends.graphviz.dot import dot
from resnet_dsl.backends.graphviz.palette import theme_named
from resnet_dsl.backends.graphviz.render import (
    RenderError,
    RenderFailed,
    RenderTimeout,
    RenderUnavailable,
    render,
)
from resnet_dsl.ir.graph import Network

__all__ = [
    "RenderError",
    "RenderFailed",
    "RenderTimeout",
    "RenderUnavailable",
    "automatic_level",
    "diagram",
    "dot",
    "render",
    "to_dot",
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
