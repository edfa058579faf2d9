"""The level model: input, one table of the stages with what each costs, output."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from resnet_dsl.backends.graphviz.cards import Cards
from resnet_dsl.backends.graphviz.groups import Unit, units
from resnet_dsl.backends.graphviz.levels import blocks, stages
from resnet_dsl.backends.graphviz.model import Edge, Line, Table, Tone, Vertex, VertexKind
from resnet_dsl.backends.graphviz.phrase import record, shape_text, short_number, usual_names
from resnet_dsl.backends.graphviz.plan import Draft
from resnet_dsl.backends.graphviz.wiring import wire
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network, Node

HEADING = ("part", "layers", "output", "params", "MACs")
MAX_ROWS = 16

Row = tuple[str, str, str, int, int]  # name, layers, output, params, macs


def model_level(network: Network) -> Draft:
    """The picture of a whole model. Params count auxiliary heads, MACs do not, as reports do."""
    rows = _rows(network)
    if len(rows) > MAX_ROWS:
        rows = [*rows[: MAX_ROWS - 2], _summed(rows[MAX_ROWS - 2 : -1]), rows[-1]]
    params, macs = sum(row[3] for row in rows), sum(row[4] for row in rows)
    table = Table(
        HEADING,
        tuple((*row[:3], _number(row[3]), _number(row[4])) for row in rows),
        ("total", "", "", _number(params), _number(macs)),
    )
    draft = Draft()
    card = Vertex("model", VertexKind.BOX, (Line(network.title, Tone.TITLE), table))
    for position, node_id in enumerate(network.inputs):
        node = network.node(node_id)
        name = f"input {position}"
        draft.vertices.append(Vertex(name, VertexKind.TERMINAL, (Line(node.name, Tone.TITLE),)))
        draft.edges.append(Edge(name, card.id, shape=shape_text(node.shape)))
    draft.vertices.append(card)
    outputs = [("output", network.output, False)]
    outputs += [(entry.name, entry.node, True) for entry in network.auxiliary]
    for position, (text, node_id, auxiliary) in enumerate(outputs):
        lines = [Line(text, Tone.TITLE), *([Line("training only", Tone.QUIET)] if auxiliary else [])]
        name = f"output {position}"
        draft.vertices.append(Vertex(name, VertexKind.TERMINAL, tuple(lines), auxiliary=auxiliary))
        shape = shape_text(network.node(node_id).shape)
        draft.edges.append(Edge(card.id, name, shape=shape, auxiliary=auxiliary))
    return draft


def _rows(network: Network) -> list[Row]:
    # Shortcuts keep their operators here, so that each part's figures hold all of its weights.
    plain = wire(network, contract_shortcuts=False)
    root, _ = stages(plain)
    contracted = wire(network, contract_shortcuts=True)
    _, inner = blocks(contracted)
    cards = Cards(contracted, inner, usual_names(network))
    parts = [unit for unit in units(root) if not _is_input(network, unit)]
    instances = [position for position, unit in enumerate(parts) if unit.scopes]
    shown = network.inference_nodes()
    rows: list[Row] = []
    for position, unit in enumerate(parts):
        unit.nodes = [node for node in unit.nodes if node not in network.inputs]
        nodes = [network.node(node) for node in unit.nodes]
        name = cards.heading(unit) or _place(position, instances)
        if plain.idle.issuperset(unit.nodes):
            name = f"{name} (never runs)".lstrip()
        layers = cards.summary(unit)
        rows.append((name, layers, shape_text(nodes[-1].shape), *_cost(nodes, shown)))
    return rows


def _is_input(network: Network, unit: Unit) -> bool:
    return all(network.node(node).op.category is Category.INPUT for node in unit.nodes)


def _place(position: int, instances: Sequence[int]) -> str:
    """What operators are called that stand in no block or stage."""
    if not instances:
        return "layers"
    if position < instances[0]:
        return "stem"
    return "head" if position > instances[-1] else ""


def _cost(nodes: Sequence[Node], shown: Collection[int]) -> tuple[int, int]:
    """Parameters, and multiply-adds of inference, which runs `shown`."""
    params = macs = 0
    for node in nodes:
        operator, inputs = record(node), node.operand_shapes
        params += sum(
            weight.elements for weight in operator.weights(node.attributes, inputs) if weight.trainable
        )
        if node.id in shown:
            macs += operator.macs(node.attributes, inputs, node.shape)
    return params, macs


def _summed(rows: Sequence[Row]) -> Row:
    params, macs = sum(row[3] for row in rows), sum(row[4] for row in rows)
    return "…", f"{len(rows):,} more parts", rows[-1][2], params, macs


def _number(value: int) -> str:
    return short_number(value) if value else "–"
