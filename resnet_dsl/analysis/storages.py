"""Where values lie and when they are made: what peaks of memory ask before lifetimes."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_dsl.analysis.facts import Facts
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network


def storages(nodes: Sequence[Facts], *, training: bool, in_place: bool = False) -> list[int]:
    """For each node the one whose memory its output lies in.

    Views lie in their operand's; outside training, so does what dropout returns. With `in_place`,
    an activation overwrites its operand, as ``nn.ReLU(inplace=True)`` does.
    """
    found: list[int] = []
    for entry in nodes:
        category = entry.operator.category
        shares = entry.operator.view or (category is Category.REGULARISER and not training)
        if in_place and category is Category.ACTIVATION:
            shares = nodes[entry.sources[0]].operator.category is not Category.INPUT
        found.append(found[entry.sources[0]] if shares and entry.sources else entry.node.id)
    return found


def working_bytes(entry: Facts, *, training: bool) -> int:
    """What an operator whose operand needs no gradient makes beside its output, for one sample, and
    drops when it is done: indices of maxima, padded copies, masks. Else autograd would keep them."""
    operator, node = entry.operator, entry.node
    if operator.category is Category.REGULARISER and not training:
        return 0
    if operator.working_bytes is not None:
        return operator.working_bytes(node.attributes, entry.inputs, node.shape)
    return operator.saved(node.attributes, entry.inputs, node.shape).extra_bytes


def execution_order(network: Network, *, training: bool) -> list[int]:
    """The ids of the nodes that run, in their order; auxiliary heads run last, in training alone.

    What no output needs never runs: the generated code leaves it out.
    """
    main = network.inference_nodes()
    order = sorted(main)
    if training:
        order += sorted(network.training_nodes() - main)
    return order
