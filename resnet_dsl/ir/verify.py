"""Checks of a network's own invariants; what fails here is our bug, never the user's.

Holds after `verify`: ids are an execution order (so there is no cycle), every stored shape is what
the operator infers, paths are unique, scopes form a tree in which each node stands once, and
outputs exist. Holds after `verify_graph` too: the networkx graph has the same nodes and edges, and
networkx finds it acyclic. Time and memory are linear in nodes, edges and scopes.
"""

from __future__ import annotations

from typing import NoReturn

from resnet_dsl.diagnostics.model import InternalError
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network, Node, Scope, ScopeKind


def verify(network: Network) -> None:
    """Raises `InternalError` at the first invariant that does not hold."""
    _check_scopes(network)
    _check_nodes(network)
    _check_ends(network)


def verify_graph(network: Network) -> None:
    """Raises `InternalError` where the networkx graph differs from the nodes' operands."""
    import networkx as nx

    graph = network.graph
    edges = sum(len(node.operands) for node in network.nodes())
    if len(graph) != len(network) or graph.number_of_edges() != edges:
        _fail(network, "the graph has other nodes or edges than the network")
    for node in network.nodes():
        if graph.nodes[node.id].get("node") is not node:
            _fail(network, f"the graph holds another node in place of {node.path!r}")
        _check_edges(network, node)
    if not nx.is_directed_acyclic_graph(graph):
        _fail(network, "the graph has a cycle")


def _fail(network: Network, message: str) -> NoReturn:
    raise InternalError(f"network {network.name!r}: {message}")


def _check_scopes(network: Network) -> None:
    """Scopes form one tree, and each node is a member of exactly the scope that it names."""
    if not network.scopes:
        _fail(network, "there is no model scope")
    home: dict[int, int] = {}
    children: dict[int, int] = {}
    for index, scope in enumerate(network.scopes):
        if scope.id != index:
            _fail(network, f"scope {index} calls itself {scope.id}")
        if (scope.parent is None) != (index == 0):
            _fail(network, f"scope {index} has parent {scope.parent}")
        if scope.parent is not None and not 0 <= scope.parent < index:
            _fail(network, f"scope {index} has parent {scope.parent}, which is not before it")
        for item in scope.items:
            places = children if isinstance(item, Scope) else home
            if item.id in places:
                what = "scope" if isinstance(item, Scope) else "node"
                _fail(network, f"{what} {item.path!r} stands in scopes {places[item.id]} and {index}")
            places[item.id] = index
            _check_path(network, scope, item)
    for scope in network.scopes[1:]:
        if children.get(scope.id) != scope.parent:
            _fail(network, f"scope {scope.path!r} is no member of its parent")
    for node in network.nodes():
        if home.get(node.id) != node.scope:
            _fail(network, f"node {node.path!r} is no member of its scope")
    if len(home) != len(network):
        _fail(network, "a scope holds a node that is not in the graph")


def _check_path(network: Network, scope: Scope, item: Node | Scope) -> None:
    if isinstance(item, Node) and item.op.category is Category.INPUT:
        return  # an argument of forward, outside the tree of modules
    prefix = f"{scope.path}." if scope.path else ""
    expected = scope.path if item.name is None else prefix + item.name
    if item.path != expected:
        _fail(network, f"{item.path!r} stands in {scope.path!r} under the name {item.name!r}")


def _check_nodes(network: Network) -> None:
    """Ids are execution order, edges are the operands, shapes are what operators infer."""
    paths: set[str] = set()
    inputs: list[int] = []
    for position, node in enumerate(network.nodes()):
        if node.id != position or network.node(position) is not node:
            _fail(network, f"node {node.path!r} has id {node.id} at position {position}")
        if node.path in paths:
            _fail(network, f"two nodes have the path {node.path!r}")
        paths.add(node.path)
        for operand in node.operands:
            if not 0 <= operand.node < node.id:
                _fail(network, f"node {node.path!r} reads {operand.node}, which is not before it")
        if node.op.category is Category.INPUT:
            inputs.append(node.id)
        taken = [network.node(source).shape for source in node.inputs]
        if [shape.dims for shape in taken] != [shape.dims for shape in node.operand_shapes]:
            _fail(network, f"node {node.path!r} notes other shapes than its operands have")
        inferred = node.op.infer(node.attributes, taken)
        if inferred.dims != node.shape.dims:
            _fail(network, f"node {node.path!r} is {node.shape}, but infers {inferred}")
    if network.inputs != inputs:
        _fail(network, f"inputs are {inputs}, but the network lists {network.inputs}")


def _check_edges(network: Network, node: Node) -> None:
    edges = {port: (source, data) for source, _, port, data in _in_edges(network, node.id)}
    if sorted(edges) != list(range(len(node.operands))):
        _fail(network, f"node {node.path!r} has edges at {sorted(edges)} for {len(node.operands)} operands")
    for port, operand in enumerate(node.operands):
        source, data = edges[port]
        if source != operand.node or data.get("shortcut") is not operand.shortcut:
            _fail(network, f"operand {port} of {node.path!r} differs from its edge")


def _in_edges(network: Network, node_id: int) -> list[tuple[int, int, int, dict[str, object]]]:
    return list(network.graph.in_edges(node_id, keys=True, data=True))


def _check_ends(network: Network) -> None:
    if not network.inputs:
        _fail(network, "there is no input")
    if network.output not in range(len(network)):
        _fail(network, f"the output {network.output} is no node")
    if network.root.output != network.output:
        _fail(network, "the model scope and the network name different outputs")
    for auxiliary in network.auxiliary:
        if auxiliary.node not in range(len(network)):
            _fail(network, f"the auxiliary output {auxiliary.name!r} is no node")
    for scope in network.scopes:
        if scope.kind is not ScopeKind.GROUP and scope.output not in range(len(network)):
            _fail(network, f"scope {scope.path!r} has output {scope.output}, which is no node")
