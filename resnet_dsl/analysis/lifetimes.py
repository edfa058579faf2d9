"""How long values are held when a network runs as Python: until nobody needs them, or names them.

Eager execution frees a tensor when the last reference to it goes. Besides the operators that read
it, these hold one: the local name it was given, until the name is given anew or the method returns;
and a call that it is an argument of, until the call returns. So the residual ``relu(y + s)`` of a
block holds `y`, `s`, their sum and its own result at once.

Modelled is the code that the compiler writes (`frames`): a line ends after an activation and around
the call of a block; what a line computes on its way has no name; names that auxiliary heads read
stay. Where a line is broken for its length, the code differs; the tests hold the two together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from resnet_dsl.analysis.facts import Facts, facts
from resnet_dsl.analysis.frames import Frame, Step, frames
from resnet_dsl.analysis.storages import execution_order
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network

_MAX_NESTING = 3  # calls inside calls on one line
_LEAST_LOOP = 4  # members of an unlabelled `repeat` that are written as a loop


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
    for frame in frames(network, nodes, order):
        _hold(frame, last)
    return last


def _hold(frame: Frame, last: list[int]) -> None:
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


def _looped(steps: Sequence[Step]) -> set[int]:
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


def _nests(step: Step, following: Step, depth: int) -> bool:
    """Whether the next step's line computes this value, which nobody else reads, on its way."""
    if step.node is None or following.node is None:
        return False
    is_end = step.node.op.category is Category.ACTIVATION
    return not is_end and step.binding == following.binding and depth < _MAX_NESTING
