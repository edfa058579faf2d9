"""The methods that run when a network runs as Python: their arguments, lines and calls in order.

Modelled is the code that the compiler writes: each scope with a name of its own is a module with a
``forward``, a model's head is a method of its own, and auxiliary heads run last. This does not ask
the code generator, which decides the same by the texts of lines and of classes that many blocks
share: a report needs no texts, and takes a fifth of the time. The rule for the head is one for both
(`head`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from resnet_dsl.analysis.facts import Facts
from resnet_dsl.analysis.head import Member, head_start
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network, Node, Scope, ScopeKind


@dataclass(slots=True)
class Step:
    """A node or a call of a frame, as the frame around it sees it."""

    node: Node | None
    reads: tuple[int, ...]
    out: int
    binding: str | None
    start: int  # the first and the last place in the order that it runs at
    end: int
    name: str
    loop: int


@dataclass(slots=True)
class Frame:
    """A method that runs: its arguments' names by value, its steps, and what it returns.

    `after` are values that are read when the steps are done, before it returns.
    """

    arguments: dict[int, str]
    output: int
    steps: list[Step] = field(default_factory=list)
    after: frozenset[int] = frozenset()
    is_list: bool = False  # an ``nn.Sequential``
    of_model: bool = False


def frames(network: Network, nodes: Sequence[Facts], order: Sequence[int]) -> list[Frame]:
    """Every frame with its steps in execution order."""
    by_scope: dict[int, Frame] = {}
    home = [_home(network, scope) for scope in network.scopes]
    for place, index in enumerate(order):
        entry = nodes[index]
        node = entry.node
        if entry.operator.category is Category.INPUT:
            continue
        scope = network.scopes[home[node.scope]]
        reads = tuple(dict.fromkeys(entry.sources))
        step = Step(node, reads, node.id, node.binding, place, place, node.name, node.loop)
        if scope.id not in by_scope:
            by_scope[scope.id] = _frame(network, scope)
        by_scope[scope.id].steps.append(step)
        while scope.parent is not None:  # the by_scope around see a call that lasts until here
            around = network.scopes[home[scope.parent]]
            if around.id not in by_scope:
                by_scope[around.id] = _frame(network, around)
            outer = by_scope[around.id]
            call = outer.steps[-1] if outer.steps else None
            if call is not None and call.node is None and call.out == scope.output:
                call.end = place
            else:
                reads = tuple(dict.fromkeys([operand.node for operand in scope.operands]))
                outer.steps.append(
                    Step(None, reads, scope.output, scope.binding, place, place, scope.name or "", scope.loop)
                )
            scope = around
    for index, frame in by_scope.items():
        frame.is_list = _is_list(network.scopes[index], frame)
    root = by_scope.pop(0, None)
    return [*by_scope.values(), *(_of_model(network, nodes, order, root) if root is not None else ())]


def _home(network: Network, scope: Scope) -> int:
    """The scope whose `forward` runs a scope's own nodes: the innermost that is a module."""
    while scope.parent is not None and (scope.name is None or scope.kind is ScopeKind.GROUP):
        scope = network.scopes[scope.parent]
    return scope.id


def _frame(network: Network, scope: Scope) -> Frame:
    if scope.parent is None:
        names = {index: network.node(index).name for index in network.inputs}
        return Frame(names, network.output, of_model=True)
    given = [*scope.operand_names, *["x"] * (len(scope.operands) - len(scope.operand_names))]
    names = {operand.node: name for operand, name in zip(scope.operands, given, strict=True)}
    return Frame(names, scope.output)


def _of_model(network: Network, nodes: Sequence[Facts], order: Sequence[int], root: Frame) -> list[Frame]:
    """The model's own methods: one where it has auxiliary heads or no head, else one of features and
    one of the head."""
    if network.auxiliary:
        main = network.inference_nodes()
        kept = {entry.node for entry in network.auxiliary} | {network.output}
        # Inference holds them too: the code that may read them stands behind the main output's.
        heads = network.training_nodes() - main
        kept |= {source for index in heads for source in nodes[index].sources if source in main}
        root.after = frozenset(kept)
        return [root]

    def has_weights(index: int) -> bool:
        step = root.steps[index]
        return any(nodes[order[place]].weights for place in range(step.start, step.end + 1))

    members = [Member(step.node, step.reads, step.out, nodes[step.out].node.shape) for step in root.steps]
    start = head_start(members, network.output, has_weights)
    if start is None:
        return [root]
    features = root.steps[start].reads[0]
    head = Frame({features: "x"}, network.output, root.steps[start:], of_model=True)
    return [Frame(root.arguments, features, root.steps[:start], of_model=True), head]


def _is_list(scope: Scope, frame: Frame) -> bool:
    """Whether the scope is written as an ``nn.Sequential``: a chain of numbered members."""
    if scope.parent is None or len(scope.operands) != 1:
        return False
    expected = scope.operands[0].node
    for step in frame.steps:
        if step.reads != (expected,):
            return False
        expected = step.out
    is_loop = scope.kind in {ScopeKind.SEQ, ScopeKind.REPEAT}
    return is_loop or [step.name for step in frame.steps] == [str(i) for i in range(len(frame.steps))]
