"""From a network to a picture of it, as data.

Before: an elaborated network, every shape known. After: a `Diagram` at the level asked for, a
function of the network alone. What it is drawn with is decided in `dot`.
"""

from __future__ import annotations

from weakref import ref

from resnet_dsl.backends.graphviz.levels import block_level, op_level, stage_level
from resnet_dsl.backends.graphviz.model import Diagram, Level
from resnet_dsl.backends.graphviz.summary import model_level
from resnet_dsl.ir.graph import Network

MAX_EDGES = 500  # lines decide what a layout costs, and beyond this nobody can read it

_LEVELS = {
    Level.OP: op_level,
    Level.BLOCK: block_level,
    Level.STAGE: stage_level,
    Level.MODEL: model_level,
}


_latest: list[tuple[ref[Network], str, Diagram]] = []  # at most one


def diagram(network: Network, level: str) -> Diagram:
    """The picture of a network at level ``op``, ``block``, ``stage`` or ``model``.

    Raises `ValueError` for another level.
    """
    for known, drawn, picture in _latest:
        # `automatic_level` has made the picture that is drawn next.
        if known() is network and drawn == level:
            return picture
    picture = _made(network, level)
    _latest[:] = [(ref(network), level, picture)]
    return picture


def _made(network: Network, level: str) -> Diagram:
    chosen = Level(level)
    draft = _LEVELS[chosen](network)
    heading = network.title if network.variant and chosen is not Level.MODEL else ""
    return Diagram(
        network.name,
        chosen,
        tuple(draft.vertices),
        tuple(draft.edges),
        tuple(draft.clusters),
        draft.arms,
        heading,
        unsaid=draft.unsaid,
    )


def readable_levels(network: Network) -> tuple[str, ...]:
    """The levels at which a picture stays readable, the finest first, ``op`` apart."""
    levels = (Level.BLOCK.value, Level.STAGE.value, Level.MODEL.value)
    return levels[levels.index(automatic_level(network)) :]


def automatic_level(network: Network) -> str:
    """The finest of ``block``, ``stage`` and ``model`` at which a picture stays readable."""
    # Coarser levels never have more lines than there are operands, frames and outputs.
    operands = sum([len(node.operands) for node in network.nodes()])
    if operands + len(network.scopes) + len(network.auxiliary) < MAX_EDGES:
        return Level.BLOCK.value
    for level in (Level.BLOCK, Level.STAGE):
        if len(diagram(network, level.value).edges) <= MAX_EDGES:
            return level.value
    return Level.MODEL.value
