"""How long values are held when a network runs as Python: until nobody needs them, or names them.

Eager execution frees a tensor when the last reference to it goes. Besides the operators that read
it, these hold one: the local name it was given, until the name is given anew or the method returns;
and a call that it is an argument of, until the call returns. So the residual ``relu(y + s)`` of a
block holds `y`, `s`, their sum and its own result at once.

Modelled is the code that the compiler writes: a line ends after an activation and around the call
of a block; what a line computes on its way has no name; a model's head is a method of its own;
auxiliary heads run last, and names that they read stay. This does not ask the code generator, which
decides the same by the texts of lines and of classes that many blocks share: a report needs no
texts, and takes a fifth of the time. Where a line is broken for its length, the two differ; the
tests hold them together. The rule for the head is one for both (`head`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from resnet_dsl.analysis.facts import Facts, facts
from resnet_dsl.analysis.head import Member, head_start
from resnet_dsl.analysis.storages import execution_order
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network, Node, Scope, ScopeKind

_MAX_NESTING = 3  # calls inside calls on one line
_LEAST_LOOP = 4  # members of an unlabelled `repeat` that are written as a loop


@dataclass(slots=True)
class _Step:
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
class _Frame:
    """A method that runs: its arguments' names by value, its steps, and what it returns.

    `after` are values that are read when the steps are done, before it returns.
    """

    arguments: dict[int, str]
    output: int
    steps: list[_Step] = field(default_factory=list)
    after: frozenset[int] = frozenset()
    is_list: bool = False  # an ``nn.Sequential``
    of_model: bool = False


class Lifetimes(NamedTuple):
    """What runs when, and how long what it makes is held.

    `order` are the ids of the nodes that run. `last` is for each node of `nodes` the place in `order`
    during whose run its value is held for the last time, -1 for what does not run.
    """

    nodes: Sequence[Facts]
    order: Sequence[int]
    last: Sequence[int]


def lifetimes(network: Network, *, training: bool, nodes: Sequence[Facts] | None = None) -> Lifetimes:
    """The lifetimes of values in a forward pass.

    `nodes` are the network's facts where they are known already.
    """
    nodes = facts(network) if nodes is None else nodes
    order = execution_order(network, training=training)
    return Lifetimes(nodes, order, last_holds(network, nodes, order))


def both_lifetimes(network: Network, nodes: Sequence[Facts] | None = None) -> tuple[Lifetimes, Lifetimes]:
    """The lifetimes of inference and of training; without auxiliary heads they are the same."""
    inference = lifetimes(network, training=False, nodes=nodes)
    if not network.auxiliary:
        return inference, inference
    return inference, lifetimes(network, training=True, nodes=inference.nodes)


def last_holds(network: Network, nodes: Sequence[Facts], order: Sequence[int]) -> list[int]:
    """For each node the place in `order` during whose run its value is held for the last time.

    -1 for what does not run. The network's inputs are held by whoever calls it, to the end.
    """
    last = [-1] * len(nodes)
    end = len(order) - 1
    for place, index in enumerate(order):
        for value in (index, *nodes[index].sources):
            last[value] = place
    for index in [*network.inputs, network.output]:
        last[index] = end
    for frame in _frames(network, nodes, order):
        _hold(frame, last)
    return last


def _frames(network: Network, nodes: Sequence[Facts], order: Sequence[int]) -> list[_Frame]:
    """Every frame with its steps in execution order."""
    frames: dict[int, _Frame] = {}
    home = [_home(network, scope) for scope in network.scopes]
    for place, index in enumerate(order):
        entry = nodes[index]
        node = entry.node
        if entry.operator.category is Category.INPUT:
            continue
        scope = network.scopes[home[node.scope]]
        reads = tuple(dict.fromkeys(entry.sources))
        step = _Step(node, reads, node.id, node.binding, place, place, node.name, node.loop)
        if scope.id not in frames:
            frames[scope.id] = _frame(network, scope)
        frames[scope.id].steps.append(step)
        while scope.parent is not None:  # the frames around see a call that lasts until here
            around = network.scopes[home[scope.parent]]
            if around.id not in frames:
                frames[around.id] = _frame(network, around)
            outer = frames[around.id]
            call = outer.steps[-1] if outer.steps else None
            if call is not None and call.node is None and call.out == scope.output:
                call.end = place
            else:
                reads = tuple(dict.fromkeys([operand.node for operand in scope.operands]))
                outer.steps.append(
                    _Step(
                        None, reads, scope.output, scope.binding, place, place, scope.name or "", scope.loop
                    )
                )
            scope = around
    for index, frame in frames.items():
        frame.is_list = _is_list(network.scopes[index], frame)
    root = frames.pop(0, None)
    return [*frames.values(), *(_of_model(network, nodes, order, root) if root is not None else ())]


def _home(network: Network, scope: Scope) -> int:
    """The scope whose `forward` runs a scope's own nodes: the innermost that is a module."""
    while scope.parent is not None and (scope.name is None or scope.kind is ScopeKind.GROUP):
        scope = network.scopes[scope.parent]
    return scope.id


def _frame(network: Network, scope: Scope) -> _Frame:
    if scope.parent is None:
        names = {index: network.node(index).name for index in network.inputs}
        return _Frame(names, network.output, of_model=True)
    given = [*scope.operand_names, *["x"] * (len(scope.operands) - len(scope.operand_names))]
    names = {operand.node: name for operand, name in zip(scope.operands, given, strict=True)}
    return _Frame(names, scope.output)


def _of_model(network: Network, nodes: Sequence[Facts], order: Sequence[int], root: _Frame) -> list[_Frame]:
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
    head = _Frame({features: "x"}, network.output, root.steps[start:], of_model=True)
    return [_Frame(root.arguments, features, root.steps[:start], of_model=True), head]


def _hold(frame: _Frame, last: list[int]) -> None:
    """Extends what the frame's arguments, names and calls hold."""
    steps = frame.steps
    end = steps[-1].end
    readers: dict[int, list[int]] = {value: [len(steps)] for value in (*frame.after, frame.output)}
    for index, step in enumerate(steps):
        for value in step.reads:
            readers.setdefault(value, []).append(index)
    names = dict(frame.arguments)
    for value in names:
        last[value] = max(last[value], end)
    holder = {name: value for value, name in names.items()}
    if frame.of_model:  # what is made of an input is not called by the input's name
        names = dict.fromkeys(names, "x")
    nesting: dict[int, int] = {}
    looped = _looped(steps)
    for index, step in enumerate(steps):
        for value in step.reads:  # the caller's arguments are held until the call returns
            last[value] = max(last[value], step.end)
        depth = max([nesting.get(value, 0) for value in step.reads], default=0) + 1
        following = steps[index + 1] if index + 1 < len(steps) else None
        if following is None and step.out == frame.output and step.out not in frame.after:
            break  # returned as it is computed
        if frame.is_list:
            continue  # one variable goes through the list; the loop's next turn gives it anew
        alone = readers.get(step.out) == [index + 1] and index not in looped and index + 1 not in looped
        if following is not None and alone and _nests(step, following, depth):
            nesting[step.out] = depth
            continue
        wanted = step.binding or (names.get(step.reads[0]) if step.reads else None) or "x"
        name, number = wanted, 2
        while name in holder and max(readers.get(holder[name], [-1])) > index:
            name, number = f"{wanted}{number}", number + 1
        if name in holder:
            last[holder[name]] = max(last[holder[name]], step.end)
        holder[name] = step.out
        names[step.out] = name
    for value in holder.values():
        last[value] = max(last[value], end)


def _is_list(scope: Scope, frame: _Frame) -> bool:
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


def _looped(steps: Sequence[_Step]) -> set[int]:
    """Members of loops: runs of steps of one unlabelled `repeat`, each reading the one before."""
    found: set[int] = set()
    start = 0
    for index in range(1, len(steps) + 1):
        step = steps[index] if index < len(steps) else None
        before = steps[index - 1]
        if step is not None and step.loop and step.loop == before.loop and step.reads[:1] == (before.out,):
            continue
        if steps[start].loop and index - start >= _LEAST_LOOP:
            found.update(range(start, index))
        start = index
    return found


def _nests(step: _Step, following: _Step, depth: int) -> bool:
    """Whether the next step's line computes this value, which nobody else reads, on its way."""
    if step.node is None or following.node is None:
        return False
    is_end = step.node.op.category is Category.ACTIVATION
    return not is_end and step.binding == following.binding and depth < _MAX_NESTING
