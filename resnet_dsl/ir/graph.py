"""The network: a typed façade over a networkx multigraph, with the hierarchy beside it.

Nodes are operators, edges are tensors. The ordered operands stand on the node; the multigraph is
made of them when it is first asked for, with the operand's position as the edge's key, so that
``x + x`` keeps both edges. `verify` checks that the two agree. (networkx is a quarter of a cold
start, and a report needs none of its algorithms.) Scopes hold the hierarchy a spec was written in:
model, stage, block instance, ``seq`` and ``repeat``; they are what the code generator and the
diagrams read.

Holds after elaboration: node ids are an execution order, every shape is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from resnet_dsl.diagnostics.model import InternalError
from resnet_dsl.ir.provenance import Variable
from resnet_dsl.ir.shape import Shape
from resnet_dsl.source import Span

if TYPE_CHECKING:
    import networkx as nx

    from resnet_dsl.ir.contract import OperatorLike


class ScopeKind(Enum):
    """What a scope was written as."""

    MODEL = "model"
    STAGE = "stage"
    BLOCK = "block"
    SEQ = "seq"
    REPEAT = "repeat"
    GROUP = "group"  # a level that only a dotted label (`features.0: conv`) makes


class Operand(NamedTuple):
    """One input of a node: which node it comes from and what the spec calls it there.

    `shortcut` says that the tensor was bound by a ``shortcut`` statement. `via` is the named scope
    that yielded it, -1 where an operator did: a scope may yield its own input, and then `node`
    alone does not tell that the tensor passed through it.
    """

    node: int
    name: str | None = None
    shortcut: bool = False
    via: int = -1


@dataclass(slots=True, eq=False)
class Node:
    """One operator application.

    `name` is its label or auto-name inside its scope and `path` the dotted whole; where the
    operator has weights, `path` is the prefix of their ``state_dict`` keys. `labelled` says that
    the spec, not the compiler, gave the name; `numbered` that it is the member of a ``seq`` or
    ``repeat``. `binding` is the spec's name for the tensor that the node's pipeline defines.
    """

    id: int
    op: OperatorLike
    name: str
    path: str
    scope: int
    attributes: Mapping[str, Any]
    operands: tuple[Operand, ...]
    operand_shapes: tuple[Shape, ...]  # as seen from the node's own block: see `provenance`
    shape: Shape
    span: Span
    labelled: bool = False
    numbered: bool = False
    binding: str | None = None
    shortcut: bool = False  # computed inside a `shortcut` statement
    statement: int = 0  # equal for the nodes of one pipeline
    loop: int = 0  # equal for the members of one `repeat`, 0 outside

    @property
    def inputs(self) -> tuple[int, ...]:
        return tuple([operand.node for operand in self.operands])


@dataclass(slots=True, eq=False)
class Scope:
    """One level of the hierarchy.

    `name` is None where a scope adds no level to the paths (an unlabelled block call). `arguments`
    holds the block's parameters as bound here and `defaults` those that the spec gives defaults,
    `operands` the tensors it was applied to and `variables` what each number that its body can name
    is worth to the caller. `items` lists members in registration order, once `arrange` has brought
    those that a ``register`` statement names to their `reserved` places.
    """

    id: int
    parent: int | None
    kind: ScopeKind
    name: str | None
    path: str
    span: Span
    definition: str = ""
    definition_span: Span | None = None
    doc: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)
    variables: dict[Variable, int] = field(default_factory=dict)
    operands: tuple[Operand, ...] = ()
    operand_names: tuple[str, ...] = ()
    output: int = -1
    output_via: int = -1
    items: list[Node | Scope] = field(default_factory=list)
    reserved: list[tuple[int, str]] = field(default_factory=list)
    binding: str | None = None
    shortcut: bool = False
    statement: int = 0
    loop: int = 0


def arrange(scope: Scope) -> None:
    """Puts members where ``register`` reserved places for them; the others keep their order."""
    by_name = {item.name: item for item in scope.items}
    reserved = [(position, by_name[name]) for position, name in scope.reserved if name in by_name]
    moved = {id(item) for _, item in reserved}
    arranged: list[Node | Scope] = []
    for position in range(len(scope.items) + 1):
        arranged += [item for place, item in reserved if place == position]
        arranged += [item for item in scope.items[position : position + 1] if id(item) not in moved]
    scope.items = arranged


class AuxiliaryOutput(NamedTuple):
    """A training-only output: the tensor's name in the spec and the node that makes it."""

    name: str
    node: int
    via: int = -1


class Network:
    """One elaborated model: nodes, scopes, inputs and outputs."""

    def __init__(self, name: str, doc: str = "") -> None:
        self.name = name
        self.doc = doc
        self.variant = ""  # what an edit made of the spec's network: ``without shortcuts``
        self._nodes: list[Node] = []
        self._readers: list[list[tuple[int, int]]] = []
        self._graph: nx.MultiDiGraph[int] | None = None
        self.scopes: list[Scope] = []
        self.inputs: list[int] = []
        self.output: int = -1
        self.auxiliary: list[AuxiliaryOutput] = []

    def add_scope(self, scope: Scope) -> Scope:
        if scope.id != len(self.scopes):
            raise InternalError(f"scope {scope.path!r} is out of order")
        self.scopes.append(scope)
        if scope.parent is not None:
            self.scopes[scope.parent].items.append(scope)
        return scope

    def add_node(self, node: Node) -> Node:
        """Adds a node and gives it its place in its scope. Operands come before their readers."""
        if any([not 0 <= operand.node < node.id for operand in node.operands]):
            raise InternalError(f"node {node.path!r} reads a node that is not before it")
        if node.id != len(self._nodes):
            raise InternalError(f"node {node.path!r} is out of order")
        self._nodes.append(node)
        self._readers.append([])
        self._graph = None
        for port, operand in enumerate(node.operands):
            self._readers[operand.node].append((node.id, port))
        self.scopes[node.scope].items.append(node)
        return node

    @property
    def graph(self) -> nx.MultiDiGraph[int]:
        """The networkx multigraph, made on first use.

        Node attribute ``node`` is a `Node`; an edge's key is the operand's position and its
        attribute ``shortcut`` tells edges of a ``shortcut`` statement.
        """
        if self._graph is None:
            import networkx as nx

            graph: nx.MultiDiGraph[int] = nx.MultiDiGraph(name=self.name)
            for node in self._nodes:
                graph.add_node(node.id, node=node)
                for port, operand in enumerate(node.operands):
                    graph.add_edge(operand.node, node.id, key=port, shortcut=operand.shortcut)
            self._graph = graph
        return self._graph

    def node(self, node_id: int) -> Node:
        return self._nodes[node_id]

    def scope(self, scope_id: int) -> Scope:
        return self.scopes[scope_id]

    @property
    def root(self) -> Scope:
        return self.scopes[0]

    @property
    def title(self) -> str:
        """The name for headings, with what an edit left out."""
        return f"{self.name} {self.variant}".rstrip()

    def nodes(self) -> Iterator[Node]:
        """Every node in execution order."""
        return iter(self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)

    def consumers(self, node_id: int) -> list[tuple[Node, int]]:
        """The nodes that read a value, each with the position it reads it at."""
        return [(self._nodes[reader], port) for reader, port in self._readers[node_id]]

    def ancestry(self, scope_id: int) -> list[Scope]:
        """The scopes around and including one, outermost first."""
        chain: list[Scope] = []
        current: int | None = scope_id
        while current is not None:
            scope = self.scopes[current]
            chain.append(scope)
            current = scope.parent
        return chain[::-1]

    def inference_nodes(self) -> set[int]:
        """Ids of the nodes that the main output needs: the graph without auxiliary heads."""
        return self._needed(self.output)

    def training_nodes(self) -> set[int]:
        """Ids of the nodes that some output needs, the auxiliary ones included. Others never run."""
        return self._needed(self.output, *[entry.node for entry in self.auxiliary])

    def _needed(self, *outputs: int) -> set[int]:
        """Ids of the inputs, and of the nodes that `outputs` are made of."""
        needed = {*self.inputs, *outputs}
        for node in reversed(self._nodes):  # whoever reads a node stands behind it
            if node.id in needed:
                for operand in node.operands:  # mostly one: a list of them would take twice as long
                    needed.add(operand.node)
        return needed
