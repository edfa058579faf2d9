"""The levels op, block and stage: which parts a picture has at each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resnet_dsl.backends.graphviz.arms import find_arms, lift_titles
from resnet_dsl.backends.graphviz.assemble import Assembler
from resnet_dsl.backends.graphviz.cards import Cards
from resnet_dsl.backends.graphviz.content import box_lines, unsaid
from resnet_dsl.backends.graphviz.contract import Fragment, contract, separate, whole
from resnet_dsl.backends.graphviz.fold import Folder, are_chained, boundary
from resnet_dsl.backends.graphviz.groups import (
    Container,
    Unit,
    group,
    holds_residuals,
    holds_stages,
    units,
)
from resnet_dsl.backends.graphviz.likeness import refer, reference
from resnet_dsl.backends.graphviz.model import Content, Level, Line, Tone
from resnet_dsl.backends.graphviz.peers import peers
from resnet_dsl.backends.graphviz.phrase import phrase, usual_names, with_rates
from resnet_dsl.backends.graphviz.plan import Draft, Plan
from resnet_dsl.backends.graphviz.taps import add_taps
from resnet_dsl.backends.graphviz.wiring import Wiring, wire
from resnet_dsl.ir.graph import Network, Node, ScopeKind


def op_level(network: Network) -> Draft:
    """Every operator a shape of its own; every stage and block a frame."""
    wiring = wire(network, contract_shortcuts=False)
    root = group(wiring, lambda scope: False)
    fragments = {unit: separate(wiring, unit) for unit in units(root)}

    def content(unit: Unit, nodes: Sequence[Node]) -> tuple[Content, ...]:
        return (Line(phrase(nodes[0])),)

    return _drawn(Plan(wiring, root, fragments, {}, Level.OP, content, every_shape=True))


def block_level(network: Network) -> Draft:
    """Every block contracted to its boxes and joins, as figures 3 and 5 of He et al. 2015."""
    wiring = wire(network, contract_shortcuts=True)
    usual = usual_names(network)
    root, fragments = blocks(wiring)
    references = refer(wiring, root, fragments)
    folder = Folder(wiring, fragments, usual, rates=False)
    runs = folder.runs(_containers(root))
    alike = peers(wiring, (run for entries in runs.values() for run in entries), fragments)

    def content(unit: Unit, nodes: Sequence[Node]) -> tuple[Content, ...]:
        if unit in references:
            definition = unit.scopes[0].definition
            return (Line(definition, Tone.QUIET), Line(reference(references[unit])))
        return box_lines(nodes, usual, lambda node: with_rates(alike.get(node.id, [node])))

    draft = _drawn(Plan(wiring, root, fragments, runs, Level.BLOCK, content, every_shape=False))
    draft.unsaid = _unsaid(wiring, fragments, usual)
    return draft


def stage_level(network: Network) -> Draft:
    """Every stage one card; blocks outside of stages too, consecutive ones of a kind together."""
    wiring = wire(network, contract_shortcuts=True)
    root, fragments = stages(wiring)
    _, inner = blocks(wiring)
    usual = usual_names(network)
    cards = Cards(wiring, inner, usual)
    draft = _drawn(Plan(wiring, root, fragments, {}, Level.STAGE, cards.content, every_shape=True))
    draft.unsaid = _unsaid(wiring, inner, usual)
    return draft


def blocks(wiring: Wiring) -> tuple[Container, dict[Unit, Fragment]]:
    """The parts of the block level."""
    residual_below = holds_residuals(wiring)

    root = group(wiring, lambda scope: scope.kind is ScopeKind.BLOCK and not residual_below[scope.id])
    return root, {
        # A tall box beside the main path would stretch that, so the layers of a head stand apart.
        unit: contract(
            wiring, unit, chains=unit.scope is not None and not wiring.training_only.issuperset(unit.nodes)
        )
        for unit in units(root)
    }


def stages(wiring: Wiring) -> tuple[Container, dict[Unit, Fragment]]:
    """The parts of the stage level."""
    stage_below = holds_stages(wiring.network)
    root = group(wiring, lambda scope: not stage_below[scope.id])
    for container in _containers(root):
        _merge_runs(wiring, container)
    return root, {
        unit: whole(unit) if unit.scopes else contract(wiring, unit, chains=True) for unit in units(root)
    }


def _unsaid(wiring: Wiring, fragments: Mapping[Unit, Fragment], usual: frozenset[str]) -> tuple[str, ...]:
    """The names of the norms and activations that go without saying in a picture, in order."""
    names: dict[str, None] = {}
    for fragment in fragments.values():
        for part in fragment.parts:
            nodes = [wiring.nodes[node] for node in part.nodes]
            names.update(dict.fromkeys(unsaid(part.kind, nodes, usual)))
    return tuple(names)


def _containers(root: Container) -> list[Container]:
    found = [root]
    for container in found:
        found.extend(member for member in container.members if isinstance(member, Container))
    return found


def _merge_runs(wiring: Wiring, container: Container) -> None:
    """Makes one unit of blocks of one definition that follow each other."""
    members: list[Unit | Container] = []
    last = None  # the boundary of the last member, where that is a block
    for member in container.members:
        block = isinstance(member, Unit) and member.scope is not None and member.scope.kind is ScopeKind.BLOCK
        edge = boundary(wiring, member) if isinstance(member, Unit) and block else None
        before = members[-1] if members else None
        if (
            isinstance(member, Unit)
            and isinstance(before, Unit)
            and edge is not None
            and last is not None
            and before.scopes[-1].definition == member.scopes[0].definition
            and are_chained(before, member, last, edge)
        ):
            before.scopes.extend(member.scopes)
            before.nodes.extend(member.nodes)
        else:
            members.append(member)
        last = edge
    container.members[:] = members


def _drawn(plan: Plan) -> Draft:
    draft = Assembler(plan).draft()
    add_taps(draft)
    draft.arms = find_arms(draft)
    lift_titles(draft)
    return draft
