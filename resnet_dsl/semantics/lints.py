"""Lints: what is legal and likely a slip. They are warnings and never change the graph."""

from __future__ import annotations

import re

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import DiagnosticBag
from resnet_dsl.ir.graph import Network, Node, Scope
from resnet_dsl.ops.parameter import pair
from resnet_dsl.ops.record import Operator
from resnet_dsl.semantics.frames import title
from resnet_dsl.semantics.values import show
from resnet_dsl.source import Span

_STATEMENT = 2_000  # characters before an operator among which its statement is looked for
_LONGEST_USUAL = 11  # sides of kernels; padding makes a 3x3 on a map of one pixel quite usual
_BRANCH = 64  # nodes; a longer branch is no residual unit, and surely holds more than one layer


def report_lints(network: Network, bag: DiagnosticBag) -> None:
    """Reports RDL701 to RDL703 for an elaborated network, each place once."""
    nodes = list(network.nodes())
    bindings: dict[tuple[Span, str], Span] = {}
    used = {operand.node for node in nodes for operand in node.operands}
    used.update([network.output, *[entry.node for entry in network.auxiliary]])
    for node in nodes:
        if node.id not in used:
            at, name = _binding(network, node)
            span = bindings.get((at, name)) or bindings.setdefault((at, name), _name_span(at, name))
            how = "computed" if node.operands else "an input"
            bag.add(diagnose("RDL701", span, name=name, how=how, where=_where(network, node.scope)))
        elif _kernel_beyond(node):
            kernel, x = node.attributes["kernel"], node.operand_shapes[0]
            where = _where(network, node.scope)
            size = f"{x.height}x{x.width}"
            bag.add(
                diagnose("RDL703", node.span, op=node.op.name, kernel=show(kernel), size=size, where=where)
            )
        elif node.op.name == "add" and _weighted_layers(network, node) == 1:
            bag.add(diagnose("RDL702", node.span, where=_where(network, node.scope)))


def _kernel_beyond(node: Node) -> bool:
    """Whether a kernel is far larger than its map: numbers in another order than was meant."""
    kernel = node.attributes.get("kernel")
    if kernel is None or not node.operand_shapes or not node.operand_shapes[0].is_map:
        return False
    sides = zip(pair(kernel), node.operand_shapes[0].spatial, strict=True)
    return any([length > _LONGEST_USUAL and length > 2 * side for length, side in sides])


# --- tensors that nothing uses -------------------------------------------------------------------


def _binding(network: Network, node: Node) -> tuple[Span, str]:
    """The operator or block whose result is bound, and the name: a block may only hand it on."""
    name, at = node.binding, node.span
    scope: Scope | None = network.scope(node.scope)
    while scope is not None and scope.output == node.id and scope.parent is not None:
        if scope.binding is not None:
            name, at = scope.binding, scope.span
        scope = network.scope(scope.parent)
    return at, name or node.op.name


def _name_span(at: Span, name: str) -> Span:
    """Where the statement around `at` binds a name; `at` itself where that is not plain."""
    begin = max(0, at.start - _STATEMENT)
    bound = list(re.finditer(rf"\b{re.escape(name)}\b(?=\s*=(?!=))", at.source.text[begin : at.start]))
    if not bound:  # an input binds its name without a sign
        return at
    return Span(at.source, begin + bound[-1].start(), begin + bound[-1].end())


def _where(network: Network, scope_id: int) -> str:
    """The instantiation path of what stands in a scope."""
    scope = network.scope(scope_id)
    while not scope.definition and scope.parent is not None:
        scope = network.scope(scope.parent)
    if scope.parent is None:
        return f"model {network.name}"
    shown = title(scope.definition, scope.arguments)
    return f"{scope.path} = {shown}" if scope.path else shown


# --- residual branches ---------------------------------------------------------------------------


def _weighted_layers(network: Network, node: Node) -> int:
    """Weighted layers on the longest way through the branch that a shortcut bridges; 0 where
    `node` joins no shortcut with one branch, or a gate multiplies the branch: then the two
    together are no linear layer."""
    shortcuts = [operand.node for operand in node.operands if operand.shortcut]
    branches = [operand.node for operand in node.operands if not operand.shortcut]
    if len(shortcuts) != 1 or len(branches) != 1:
        return 0
    fork = network.node(shortcuts[0])
    while fork.shortcut and fork.inputs:
        fork = network.node(fork.inputs[0])
    branch: set[int] = set()
    pending = [branches[0]]
    while pending:
        current = pending.pop()
        if current > fork.id and current not in branch:
            if len(branch) == _BRANCH:
                return 0
            branch.add(current)
            pending.extend(network.node(current).inputs)
    layers: dict[int, int] = {}
    for current in sorted(branch):
        member = network.node(current)
        if member.op.name == "mul":
            return 0
        before = max([layers.get(source, 0) for source in member.inputs], default=0)
        weighted = isinstance(member.op, Operator) and member.op.counts_depth
        layers[current] = before + weighted
    return layers.get(branches[0], 0)
