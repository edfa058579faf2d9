"""How long values are held when a network runs as Python: until nobody needs them, or names them.

Eager execution frees a tensor when the last reference to it goes. Besides the operators that read
it, these hold one: the local name it was given, until the name is given anew or `forward` returns;
and a call that it is an argument of, until the call returns. So the residual ``relu(y + s)`` of a
block holds `y`, `s`, their sum and its own result at once.

Modelled is the code that the compiler writes: a line ends after an activation and around the call
of a block; what a line computes on its way has no name.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from resnet_dsl.analysis.facts import Facts
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network, Node, Scope, ScopeKind

_MAX_NESTING = 3  # calls inside calls on one line


@dataclass(slots=True)
class _Step:
    """A node or a call of a frame, as the frame around it sees it."""

    node: Node | None
    reads: tuple[int, ...]
    out: int
    binding: str | None
    end: int  # the last node that runs in it
    name: str


@dataclass(slots=True)
class _Frame:
    """One `forward`: a named scope with what unnamed ones inside it hold."""

    scope: Scope
    steps: list[_Step] = field(default_factory=list)


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


def last_holds(network: Network, nodes: Sequence[Facts], shown: Collection[int]) -> list[int]:
    """For each node, the last node during whose run its value is held; `shown` are those that run.

    The network's inputs are held by whoever calls it, to the end.
    """
    last = [-1] * len(nodes)
    end = max(shown)
    for entry in nodes:
        if entry.node.id in shown:
            last[entry.node.id] = max(last[entry.node.id], entry.node.id)
            for source in entry.sources:
                last[source] = max(last[source], entry.node.id)
    for index in [*network.inputs, network.output]:
        last[index] = end
    for frame in _frames(network, nodes, shown):
        _hold(frame, network, last)
    return last


def _frames(network: Network, nodes: Sequence[Facts], shown: Collection[int]) -> list[_Frame]:
    """Every frame with its steps in execution order."""
    frames: dict[int, _Frame] = {}
    home = [_home(network, scope) for scope in network.scopes]
    for entry in nodes:
        node = entry.node
        if node.id not in shown or entry.operator.category is Category.INPUT:
            continue
        frame = home[node.scope]
        step = _Step(node, tuple(dict.fromkeys(entry.sources)), node.id, node.binding, node.id, node.name)
        frames.setdefault(frame, _Frame(network.scopes[frame])).steps.append(step)
        while frame != 0:  # the frames around see a call that lasts until here
            scope = network.scopes[frame]
            assert scope.parent is not None
            around = home[scope.parent]
            outer = frames.setdefault(around, _Frame(network.scopes[around]))
            call = outer.steps[-1] if outer.steps else None
            if call is not None and call.node is None and call.out == scope.output and call.end >= 0:
                call.end = node.id
            else:
                reads = tuple(dict.fromkeys([operand.node for operand in scope.operands]))
                outer.steps.append(_Step(None, reads, scope.output, scope.binding, node.id, scope.name or ""))
            frame = around
    return list(frames.values())


def _home(network: Network, scope: Scope) -> int:
    """The scope whose `forward` runs a scope's own nodes: the innermost that is a module."""
    while scope.parent is not None and (scope.name is None or scope.kind is ScopeKind.GROUP):
        scope = network.scopes[scope.parent]
    return scope.id


def _hold(frame: _Frame, network: Network, last: list[int]) -> None:
    """Extends what the frame's arguments, names and calls hold."""
    steps, scope = frame.steps, frame.scope
    end = steps[-1].end
    readers: dict[int, list[int]] = {}
    for index, step in enumerate(steps):
        for value in step.reads:
            readers.setdefault(value, []).append(index)
    readers.setdefault(scope.output, []).append(len(steps))
    names = _argument_names(network, scope)
    for value in names:
        last[value] = max(last[value], end)
    holder = {name: value for value, name in names.items()}
    for value in [argument for argument in names if argument in network.inputs]:
        names[value] = "x"  # what is made of an input is not called by the input's name
    nesting: dict[int, int] = {}
    in_list = _is_list(frame)
    for index, step in enumerate(steps):
        for value in step.reads:  # the caller's arguments are held until the call returns
            last[value] = max(last[value], step.end)
        depth = max([nesting.get(value, 0) for value in step.reads], default=0) + 1
        following = steps[index + 1] if index + 1 < len(steps) else None
        if following is None and step.out == scope.output:
            break  # returned as it is computed
        if in_list:
            continue  # one variable goes through the list; the loop's next turn gives it anew
        if following is not None and _nests(step, following, readers.get(step.out, []), index, depth):
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


def _argument_names(network: Network, scope: Scope) -> dict[int, str]:
    if scope.parent is None:
        return {index: network.node(index).name for index in network.inputs}
    given = [*scope.operand_names, *["x"] * (len(scope.operands) - len(scope.operand_names))]
    return {operand.node: name for operand, name in zip(scope.operands, given, strict=True)}


def _is_list(frame: _Frame) -> bool:
    """Whether the scope is written as an ``nn.Sequential``: a chain of numbered members."""
    scope = frame.scope
    if scope.parent is None or len(scope.operands) != 1:
        return False
    expected = scope.operands[0].node
    for step in frame.steps:
        if step.reads != (expected,):
            return False
        expected = step.out
    is_loop = scope.kind in {ScopeKind.SEQ, ScopeKind.REPEAT}
    return is_loop or [step.name for step in frame.steps] == [str(i) for i in range(len(frame.steps))]


def _nests(step: _Step, following: _Step, readers: list[int], index: int, depth: int) -> bool:
    """Whether the next step's line computes this value on its way."""
    if step.node is None or following.node is None or readers != [index + 1]:
        return False
    if step.name.isdigit() and following.name.isdigit():
        return False  # members of a loop
    is_end = step.node.op.category is Category.ACTIVATION
    return not is_end and step.binding == following.binding and depth < _MAX_NESTING
