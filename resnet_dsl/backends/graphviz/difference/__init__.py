"""A picture of two networks: what they share in grey, what went and what came in two colours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from resnet_dsl.analysis.alignment import Alignment
from resnet_dsl.analysis.compare import Comparison
from resnet_dsl.backends.graphviz.arms import find_arms, lift_titles
from resnet_dsl.backends.graphviz.assemble import Assembler
from resnet_dsl.backends.graphviz.cards import Cards
from resnet_dsl.backends.graphviz.content import box_lines
from resnet_dsl.backends.graphviz.contract import separate
from resnet_dsl.backends.graphviz.difference.contents import Details
from resnet_dsl.backends.graphviz.difference.joined_lines import Drawn
from resnet_dsl.backends.graphviz.difference.pairing import Side, pair
from resnet_dsl.backends.graphviz.difference.runs import JointFolder
from resnet_dsl.backends.graphviz.difference.union import Union
from resnet_dsl.backends.graphviz.groups import Unit, group, units
from resnet_dsl.backends.graphviz.levels import blocks, stages
from resnet_dsl.backends.graphviz.model import Content, Diagram, Legend, Level, Line, Mark, Matrix, Tone
from resnet_dsl.backends.graphviz.phrase import phrase, usual_names
from resnet_dsl.backends.graphviz.plan import BoxContent, Plan
from resnet_dsl.backends.graphviz.taps import add_taps
from resnet_dsl.backends.graphviz.wiring import wire
from resnet_dsl.ir.graph import Network

LEVELS = (Level.OP, Level.BLOCK, Level.STAGE)
MAX_EDGES = 300  # a chain of as many is about as tall as a PNG can be: 32,767 pixels
_KEYS = (
    (Mark.SAME, "in both"),
    (Mark.REMOVED, "− only before"),
    (Mark.ADDED, "+ only after"),
    (Mark.CHANGED, "~ before → after"),
)


def difference_diagram(found: Comparison, level: str = "block", facts: Sequence[str] = ()) -> Diagram:
    """The union of the two networks of a comparison as a picture, at level ``op``, ``block`` or ``stage``.

    `facts` are lines below its title. Raises `ValueError` for another level.
    """
    chosen = Level(level)
    if chosen not in LEVELS:
        raise ValueError(f"{level!r} is no level of a comparison: {', '.join(LEVELS)}")
    before, after = (side.network for side in found.sides)
    draft = unite(before, after, found.alignment, chosen).draft()
    add_taps(draft)
    draft.arms = find_arms(draft)
    lift_titles(draft)
    return Diagram(
        after.name,
        chosen,
        tuple(draft.vertices),
        tuple(draft.edges),
        tuple(draft.clusters),
        draft.arms,
        legend=Legend(f"{found.before} → {found.after}", tuple(facts), _KEYS),
    )


def difference_pictures(
    found: Comparison, level: str | None = None, facts: Sequence[str] = ()
) -> Iterator[Diagram]:
    """The picture of a comparison at a level; without one at the finest, from ``block`` up, that stays
    readable, and then at coarser ones, for where that one cannot be drawn. Made as they are asked for.
    """
    if level is not None:
        yield difference_diagram(found, level, facts)
        return
    block = difference_diagram(found, Level.BLOCK, facts)
    if len(block.edges) <= MAX_EDGES:
        yield block
    yield difference_diagram(found, Level.STAGE, facts)


def unite(before: Network, after: Network, alignment: Alignment, level: Level) -> Union:
    """Both networks drawn, each by itself and folded at the same places, ready to be one draft."""
    # What goes without saying in one network only is said in both, since it changed.
    usual = usual_names(before) & usual_names(after)
    sides = _side(before, level), _side(after, level)
    pairing = pair(*sides, alignment, refine=level is Level.BLOCK)
    named = frozenset() if level is Level.OP else usual
    details = Details(*sides, pairing, named, counted=level is Level.STAGE)
    runs = JointFolder(*sides, pairing, usual, details).runs() if level is Level.BLOCK else ({}, {})
    drawn = [
        Drawn(
            side,
            Assembler(
                Plan(
                    side.wiring,
                    side.root,
                    side.fragments,
                    folded,
                    level,
                    _content(side, level, usual),
                    every_shape=level is not Level.BLOCK,
                )
            ).draft(),
        )
        for side, folded in zip(sides, runs, strict=True)
    ]
    return Union(drawn[0], drawn[1], pairing, details)


def _content(side: Side, level: Level, usual: frozenset[str]) -> BoxContent:
    """What is told in the boxes of one network."""
    if level is Level.STAGE:
        cards = Cards(side.wiring, blocks(side.wiring)[1], usual)
        return lambda unit, nodes: tuple(_plain(entry) for entry in cards.content(unit, nodes))
    if level is Level.OP:
        return lambda unit, nodes: (Line(phrase(nodes[0])),)
    return lambda unit, nodes: box_lines(nodes, usual)


def _plain(entry: Content) -> Content:
    """A card's entry without the colour of shortcuts, which is near to that of what is gone."""
    if isinstance(entry, Matrix):
        return replace(entry, shortcut=False)
    return replace(entry, tone=Tone.QUIET) if isinstance(entry, Line) and entry.tone is Tone.ACCENT else entry


def _side(network: Network, level: Level) -> Side:
    wiring = wire(network, contract_shortcuts=level is not Level.OP)
    if level is Level.OP:
        root = group(wiring, lambda scope: False)
        return Side(wiring, root, {unit: separate(wiring, unit) for unit in units(root)})
    if level is Level.BLOCK:
        return Side(wiring, *blocks(wiring))
    root, fragments = stages(wiring)
    cards = {scope.id: unit for unit in fragments for scope in unit.scopes}
    hidden: dict[Unit, list[int]] = {}
    for node in sorted(wiring.contracted):
        around = network.ancestry(wiring.nodes[node].scope)
        card = next((cards[scope.id] for scope in around if scope.id in cards), None)
        if card is not None:
            hidden.setdefault(card, []).append(node)
    return Side(wiring, root, fragments, hidden)
