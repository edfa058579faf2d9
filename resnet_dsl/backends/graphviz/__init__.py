"""Diagrams: a network as a picture, through Graphviz's DOT language."""

from __future__ import annotations

from resnet_dsl.backends.graphviz.diagram import automatic_level, diagram
from resnet_dsl.backends.graphviz.dot import dot
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


def to_dot(network: Network, level: str = "block", direction: str = "TB") -> str:
    """A network as DOT text.

    `level` is ``op``, ``block``, ``stage`` or ``model``, `direction` ``TB`` or ``LR``. The same
    network gives the same bytes. Raises `ValueError` for another level or direction.
    """
    return dot(diagram(network, level), direction)
