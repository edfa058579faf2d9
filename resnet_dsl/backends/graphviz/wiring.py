"""Which lines a picture needs.

Two things differ from the graph itself. A merge that repeats an earlier one is drawn as taking that
one's result (`analysis.merges`): layout engines choke on the quadratic number of lines that dense
connectivity has otherwise. And a shortcut's own operators are walked into the line that they lie on.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from resnet_dsl.analysis.merges import running_merges
from resnet_dsl.backends.graphviz.phrase import is_join, is_silent
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network, Node

MAX_OPERATORS_ON_A_LINE = 2  # option A has two, and so have averaged projections


@dataclass(frozen=True, slots=True)
class Wire:
    """One line into a node.

    `via` are the nodes that lie on the line, first to last; `source` is where it starts.
    """

    source: int
    shortcut: bool = False
    via: tuple[int, ...] = ()


@dataclass(slots=True)
class Wiring:
    """Lines by the node they end at. `readers` has one entry per line before contraction.

    `nodes` are the network's, by id: the façade's look-up is what drawing a deep network would
    spend most of its time in.
    """

    network: Network
    nodes: list[Node]
    into: list[tuple[Wire, ...]]
    readers: list[list[int]]
    contracted: set[int] = field(default_factory=set)
    training_only: set[int] = field(default_factory=set)
    idle: set[int] = field(default_factory=set)  # what no output needs


def wire(network: Network, *, contract_shortcuts: bool) -> Wiring:
    """The lines of a network; with `contract_shortcuts`, shortcuts without their operators."""
    nodes = list(network.nodes())
    into = [tuple([Wire(*line) for line in lines]) for lines in running_merges(nodes)]
    readers: list[list[int]] = [[] for _ in into]
    for target, wires in enumerate(into):
        for line in wires:
            readers[line.source].append(target)
    wiring = Wiring(network, nodes, into, readers)
    training = network.training_nodes()
    wiring.idle = set(range(len(nodes))) - training
    if network.auxiliary:
        wiring.training_only = training - network.inference_nodes()
    if contract_shortcuts:
        _contract_shortcuts(wiring)
    return wiring


def _contract_shortcuts(wiring: Wiring) -> None:
    network = wiring.network
    kept = {network.output, *network.inputs, *(entry.node for entry in network.auxiliary)}
    for target, wires in enumerate(wiring.into):
        if not is_join(wiring.nodes[target]):
            continue
        wiring.into[target] = tuple(
            _walked_back(wiring, line, kept) if line.shortcut else line for line in wires
        )
        wiring.contracted.update(node for line in wiring.into[target] for node in line.via)


def _walked_back(wiring: Wiring, line: Wire, kept: set[int]) -> Wire:
    """The line with the operators of the shortcut's own statement on it, if they are a few."""
    via: list[int] = []
    current, spoken = line.source, 0
    while True:
        node = wiring.nodes[current]
        single = len(node.operands) == 1 or (node.operands and node.op.category is Category.RESHAPE)
        if not (node.shortcut and single) or current in kept or len(wiring.readers[current]) != 1:
            break
        spoken += not is_silent(node)
        via.append(current)
        current = wiring.into[current][0].source
    if spoken > MAX_OPERATORS_ON_A_LINE:
        return line
    return Wire(current, True, tuple(reversed(via)))
