"""What kind of line leads from one operator to another: main path, shortcut or carried tensor."""

from __future__ import annotations

from collections.abc import Iterable

from resnet_dsl.backends.graphviz.model import EdgeKind
from resnet_dsl.backends.graphviz.phrase import is_join, is_silent, record
from resnet_dsl.backends.graphviz.wiring import Wire, Wiring
from resnet_dsl.diagnostics.model import InternalError
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Node, Scope, ScopeKind

MAX_WALK = 64
_BLOCKS = (ScopeKind.BLOCK, ScopeKind.STAGE, ScopeKind.MODEL)


def block_around(wiring: Wiring, node: int) -> int:
    """The innermost block, stage or model that a node was written in."""
    scopes = wiring.network.scopes
    scope = scopes[wiring.nodes[node].scope]
    while scope.kind not in _BLOCKS:
        scope = scopes[parent_of(scope)]
    return scope.id


def parent_of(scope: Scope) -> int:
    """The scope around one that is not the model's own."""
    if scope.parent is None:
        raise InternalError("the model's scope has nothing around it")
    return scope.parent


def is_within(wiring: Wiring, node: int, outer: int) -> bool:
    """Whether a node was made in a scope or somewhere below it."""
    scopes = wiring.network.scopes
    current: int | None = wiring.nodes[node].scope
    # A scope's number is greater than those of the scopes around it.
    while current is not None and current > outer:
        current = scopes[current].parent
    return current == outer


def carried(wiring: Wiring, join: int) -> set[int]:
    """The operands that a join takes along while it adds what was made of them.

    That is what the concatenation of a dense layer does. Sums and products of that kind are gates
    or unmarked shortcuts; only a result with more channels than each operand counts.
    """
    node = wiring.nodes[join]
    channels = int(node.shape.channels)
    if any(int(wiring.nodes[source].shape.channels) >= channels for source in node.inputs):
        return set()
    sources = [line.source for line in wiring.into[join]]
    block = block_around(wiring, join)
    if wiring.network.scope(block).kind is ScopeKind.BLOCK:
        outside = {source for source in sources if not is_within(wiring, source, block)}
        if outside and len(outside) < len(sources):
            return outside
    latest = sorted(set(sources))[-MAX_WALK:]
    return {source for source in sources if _leads_to(wiring, source, latest)}


def _leads_to(wiring: Wiring, start: int, ends: Iterable[int]) -> bool:
    """Whether one of the other values is made from `start`, a few operators on.

    The walk is short so that it costs little in any network; a tensor that is taken along for
    longer is bound by `shortcut` in a spec that wants it drawn as one.
    """
    pending = [end for end in ends if end != start]
    seen: set[int] = set()
    while pending and len(seen) < MAX_WALK:
        node = pending.pop()
        if node == start:
            return True
        if node > start and node not in seen:  # ids are an execution order
            seen.add(node)
            pending.extend(_made_of(wiring, node))
    return False


def _made_of(wiring: Wiring, node: int) -> list[int]:
    """What a value is made of: of a crop or resize that is told its size by a tensor, not that one."""
    sources = [line.source for line in wiring.into[node]]
    return sources[:1] if wiring.nodes[node].op.category is Category.RESHAPE else sources


def residual_blocks(wiring: Wiring) -> set[int]:
    """The scopes with a join of their own that a shortcut or a carried tensor leads to."""
    return {
        block_around(wiring, node.id)
        for node in wiring.nodes
        if is_join(node) and (any(line.shortcut for line in wiring.into[node.id]) or carried(wiring, node.id))
    }


class Shortcuts:
    """Answers for the lines of one network."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._carried = {node.id: carried(wiring, node.id) for node in wiring.nodes if is_join(node)}
        self._residual = residual_blocks(wiring)
        on_shortcuts = [node for node in wiring.nodes if node.shortcut]
        weighted = [node.id for node in on_shortcuts if record(node).has_weights]
        spoken = [node.id for node in on_shortcuts if not is_silent(node) and not is_join(node)]
        self._weighted = self._spread(weighted, on_shortcuts)
        self._joined = self._spread([node.id for node in on_shortcuts if is_join(node)], on_shortcuts)
        self._spoken = self._spread(spoken, on_shortcuts)

    def kind(self, line: Wire, target: int) -> EdgeKind:
        """The kind of a line. Shortcuts are told by their operators: weights, none, or neither."""
        if line.shortcut:
            branch = set(line.via)
            if self._is_own(line.source, target):
                branch.add(line.source)
            return self._shortcut_kind(branch)
        if self._is_on_shortcut(line, target):
            return self._shortcut_kind({target})
        if line.source in self._carried.get(target, ()):
            return EdgeKind.CARRY
        return EdgeKind.FLOW

    def is_long(self, line: Wire, target: int) -> bool:
        """Whether a line brings something from outside that the main path into the block does not."""
        block = block_around(self._wiring, target)
        if is_within(self._wiring, line.source, block):
            return False
        return not any(
            reader != target
            and reader not in self._wiring.contracted
            and is_within(self._wiring, reader, block)
            for reader in self._wiring.readers[line.source]
        )

    def _is_own(self, source: int, target: int) -> bool:
        """Whether a join's operand was made by a shortcut statement of the join's own block."""
        own = is_within(self._wiring, source, block_around(self._wiring, target))
        return own and self._wiring.nodes[source].shortcut

    def _is_on_shortcut(self, line: Wire, target: int) -> bool:
        """Whether a line leads into or along the operators of a shortcut that are drawn."""
        node = self._wiring.nodes[target]
        if not node.shortcut:
            return False
        if line.source not in _made_of(self._wiring, target):
            return False
        if not self._wiring.nodes[line.source].shortcut:
            return True
        # A block on the shortcut with a shortcut of its own is drawn as any block is.
        return block_around(self._wiring, target) not in self._residual

    def _shortcut_kind(self, branch: set[int]) -> EdgeKind:
        if branch & self._weighted:
            return EdgeKind.BRANCH if branch & self._joined else EdgeKind.PROJECTION
        return EdgeKind.PARAMETER_FREE if branch & self._spoken else EdgeKind.IDENTITY

    def _spread(self, seeds: Iterable[int], on_shortcuts: list[Node]) -> set[int]:
        """The shortcut operators that hang together with one of the seeds."""
        found = set(seeds)
        members = {node.id for node in on_shortcuts}
        for order in (on_shortcuts, on_shortcuts[::-1]):
            for node in order:
                beside = [line.source for line in self._wiring.into[node.id]] + self._wiring.readers[node.id]
                if any(other in found and other in members for other in beside):
                    found.add(node.id)
        return found
