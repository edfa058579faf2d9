"""Stacks of residual blocks: ``x + f(x)`` one behind the other, each a block of the spec.

The unravelled view of a stack (Veit, Wilber and Belongie 2016, arXiv 1605.06431, figure 1) writes its
output as a sum of paths. It asks for blocks in which nothing enters but their one input, joined in one
place, and read by nobody but the block behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple, cast

from resnet_dsl.analysis.residual import Way, path_ways
from resnet_dsl.diagnostics.suggest import did_you_mean
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network, Node, Scope, ScopeKind
from resnet_dsl.ops.record import Operator

_BEHIND = frozenset(
    {Category.ACTIVATION, Category.NORM, Category.REGULARISER, Category.RESHAPE, Category.IDENTITY}
)
MAX_BLOCKS = 4  # of a stack that is unravelled: 16 paths
_BLOCKS = frozenset({ScopeKind.BLOCK, ScopeKind.STAGE})


class ResidualBlock(NamedTuple):
    """One block: its scope, and nodes by id.

    `start` is its input, `branch` and `shortcut` are the operators of its two arms in order, those of
    the shortcut without what makes gates; `join` is where the arms meet and `behind` what the block
    does to the sum.
    """

    scope: Scope
    start: int
    branch: tuple[int, ...]
    shortcut: tuple[int, ...]
    join: int
    behind: tuple[int, ...]

    @property
    def output(self) -> int:
        return self.behind[-1] if self.behind else self.join


Stack = tuple[ResidualBlock, ...]


class StackError(ValueError):
    """No stack to unravel; `str()` says why, and which there are."""


def choose_stack(network: Network, parts: Sequence[str] = ()) -> Stack:
    """The stack that `parts` name: blocks, or stages and other levels with all their residual blocks.

    Without parts, all residual blocks if there are 2 to `MAX_BLOCKS` and they feed each other, else the
    first run of so many at one level. Raises `StackError` where there is none, or where it is too long.
    """
    stacks = residual_stacks(network)
    if not stacks:
        raise StackError("no residual block is a block of the spec with a label of its own")
    if parts:
        return _named(stacks, parts)
    runs = [run for stack in stacks for run in _levels(stack)]
    for stack in (stacks if len(stacks) == 1 else [], runs, stacks):
        for run in stack:
            if 2 <= len(run) <= MAX_BLOCKS:
                return run
    raise StackError(
        f"no 2 to {MAX_BLOCKS} residual blocks follow each other by themselves; name some: {_some(runs)}"
    )


def _named(stacks: Sequence[Stack], parts: Sequence[str]) -> Stack:
    paths = [block.scope.path for stack in stacks for block in stack]
    for part in parts:
        if not any(path == part or path.startswith(f"{part}.") for path in paths):
            levels = [path[:end] for path in paths for end, char in enumerate(path) if char == "."]
            advice = did_you_mean(part, [*paths, *dict.fromkeys(levels)])
            runs = [run for stack in stacks for run in _levels(stack)]
            raise StackError(f"no residual block is in `{part}`; {advice or _some(runs)}")
    wanted = [path for path in paths if any(path == part or path.startswith(f"{part}.") for part in parts)]
    if len(wanted) > MAX_BLOCKS:
        raise StackError(
            f"that is {len(wanted)} residual blocks, 2^{len(wanted)} paths; at most "
            f"{MAX_BLOCKS} are drawn: {_options(wanted[:MAX_BLOCKS])}"
        )
    for stack in stacks:
        found = [block for block in stack if block.scope.path in wanted]
        if len(found) == len(wanted):
            first = stack.index(found[0])
            if list(stack[first : first + len(found)]) == found:
                return tuple(found)
    listed = ", ".join([f"`{path}`" for path in wanted])
    raise StackError(f"{listed} do not feed each other one by one")


def _levels(stack: Stack) -> list[Stack]:
    """A stack cut where one stage or other level ends."""
    return [tuple(run) for _, run in groupby(stack, key=lambda block: block.scope.parent)]


def _some(runs: Sequence[Stack]) -> str:
    longest = max(runs, key=len)
    return _options([block.scope.path for block in longest[: MAX_BLOCKS - 1]])


def _options(paths: Sequence[str]) -> str:
    return " ".join([f"`--part {path}`" for path in paths])


def residual_stacks(network: Network) -> list[Stack]:
    """The longest runs of residual blocks that feed each other."""
    stacks: list[list[ResidualBlock]] = []
    for block in residual_blocks(network):
        before = stacks[-1][-1] if stacks else None
        if before is not None and _follows(network, before, block):
            stacks[-1].append(block)
        else:
            stacks.append([block])
    return [tuple(stack) for stack in stacks]


def residual_blocks(network: Network) -> list[ResidualBlock]:
    """The blocks with one residual join of two operands, in execution order."""
    ways = path_ways(network)
    found = []
    for join in ways.joins:
        scope = _block_around(network, network.node(join))
        if scope is None or len(ways.into[join]) != 2:
            continue
        around, branch = sorted(ways.into[join], key=lambda way: way.takes)
        block = _block(network, scope, join, around, branch)
        if block is not None:
            found.append(block)
    return found


def _block(network: Network, scope: Scope, join: int, around: Way, branch: Way) -> ResidualBlock | None:
    """The block of a join, if both arms start at one tensor from outside of it."""
    inside = {scope.id}
    arms = [_arm(network, way.source, inside) for way in (around, branch)]
    starts = {start for _, entering in arms for start in entering}
    if len(starts) != 1:
        return None
    [start] = starts
    behind = []
    last = join
    while True:
        readers = network.consumers(last)
        if len(readers) != 1 or last in (network.output, scope.output):
            break
        node = readers[0][0]
        if node.op.category not in _BEHIND or not _is_within(network, node, inside):
            break
        behind.append(node.id)
        last = node.id
    if last != scope.output:
        return None
    (shortcut, _), (operators, _) = arms
    passed = tuple([node for node in shortcut if node not in _gates(network, shortcut)])
    return ResidualBlock(scope, start, operators, passed, join, tuple(behind))


def _gates(network: Network, arm: Sequence[int]) -> set[int]:
    """The nodes of an arm that only make the gates of its products."""
    on_way: set[int] = {arm[-1]} if arm else set()
    for current in reversed(arm):
        if current in on_way:
            node = network.node(current)
            gates = cast(Operator, node.op).gates
            on_way.update([source for port, source in enumerate(node.inputs) if port not in gates])
    return set(arm) - on_way


def _arm(network: Network, end: int, inside: set[int]) -> tuple[tuple[int, ...], set[int]]:
    """The nodes of an arm inside a block, in execution order, and the tensors that enter it."""
    nodes: set[int] = set()
    entering: set[int] = set()
    pending = [end]
    while pending:
        current = pending.pop()
        node = network.node(current)
        if not _is_within(network, node, inside):
            entering.add(current)
        elif current not in nodes:
            nodes.add(current)
            pending.extend(node.inputs)
    return tuple(sorted(nodes)), entering


def _is_within(network: Network, node: Node, inside: set[int]) -> bool:
    """Whether a node lies in a block; scopes that are found to do are added to `inside`."""
    passed = []
    current: int | None = node.scope
    while current is not None and current not in inside:
        if current < min(inside):
            return False
        passed.append(current)
        current = network.scopes[current].parent
    if current is None:
        return False
    inside.update(passed)
    return True


def _block_around(network: Network, node: Node) -> Scope | None:
    """The innermost block or stage around a node that has a name, and so a path."""
    scopes: Sequence[Scope] = network.ancestry(node.scope)
    return next(
        (scope for scope in reversed(scopes) if scope.kind in _BLOCKS and scope.name is not None), None
    )


def _follows(network: Network, before: ResidualBlock, block: ResidualBlock) -> bool:
    """Whether a block reads what another made, and nobody else does."""
    own = {*block.branch, *block.shortcut, block.join}
    return block.start == before.output and all(
        reader.id in own for reader, _ in network.consumers(before.output)
    )
