"""The boxes of a page: which scopes can be folded, and which runs of them are alike.

A scope that only numbers or names makes no box of its own. Neighbours in a chain that repeat one
definition with the same arguments, operators and inner wiring stand in a box around them, the run,
which the page draws as one with a count. Their channels may grow, as those of dense layers do.
"""

from __future__ import annotations

from collections.abc import Hashable

from resnet_dsl.backends.graphviz.groups import holds_residuals, holds_stages
from resnet_dsl.backends.graphviz.wiring import Wiring
from resnet_dsl.backends.html.box import Box, Level, in_order
from resnet_dsl.ir.graph import Scope, ScopeKind
from resnet_dsl.ir.text import value_text


def boxes(wiring: Wiring) -> Box:
    """The boxes of a network: the model's own, with all others in it."""
    scopes = wiring.network.scopes
    made = _nested(wiring)
    residual, staged = holds_residuals(wiring), holds_stages(wiring.network)
    for scope in reversed(scopes):  # what is inside comes after what is around it
        box = made[scope.id]
        members = [member for part in box.members for member in _kept(part, len(box.members))]
        box.members = _with_runs(in_order(members, wiring), wiring)
        if scope.parent is None or staged[scope.id]:
            box.opens = Level.STAGE
        elif scope.kind is ScopeKind.STAGE or residual[scope.id]:
            box.opens = Level.BLOCK
    return made[0]


def _nested(wiring: Wiring) -> list[Box]:
    """A box for each scope, by id; those without operators are in no other."""
    scopes = wiring.network.scopes
    made = [Box(scope) for scope in scopes]
    entered: set[int] = set()
    for node in wiring.nodes:
        scope = scopes[node.scope]
        made[scope.id].members.append(node.id)
        while scope.parent is not None and scope.id not in entered:
            entered.add(scope.id)
            made[scope.parent].members.append(made[scope.id])
            scope = scopes[scope.parent]
    return made


def _kept(part: Box | int, siblings: int) -> list[Box | int]:
    """A member of a box: itself, or what is in it where folding it would tell nothing."""
    if not isinstance(part, Box) or part.scope is None or part.scope.kind is ScopeKind.STAGE:
        return [part]
    if part.scope.kind is ScopeKind.BLOCK:
        alone = len(part.members) == 1 and not part.boxes
        return part.members if alone else [part]
    telling = part.scope.name is not None and len(part.members) > 1 and siblings > 1
    return [part] if telling else part.members


def _with_runs(members: list[Box | int], wiring: Wiring) -> list[Box | int]:
    found: list[Box | int] = []
    start = 0
    while start < len(members):
        end = start + 1
        first = members[start]
        if isinstance(first, Box) and first.scope is not None:
            while end < len(members) and _repeats(members[end - 1], members[end], wiring):
                end += 1
        run = members[start:end]
        # A box that holds nothing but the run is its frame already.
        whole = len(run) == len(members)
        found += run if len(run) < 2 or (whole and len(run) < 3) else [Box(None, run)]
        start = end
    return found


def _repeats(before: Box | int, after: Box | int, wiring: Wiring) -> bool:
    """Whether `after` reads nothing but `before` and is like it."""
    if not isinstance(before, Box) or not isinstance(after, Box):
        return False
    if before.scope is None or after.scope is None or before.scope.definition != after.scope.definition:
        return False
    if len(before.members) != len(after.members) or _arguments(before.scope) != _arguments(after.scope):
        return False
    left, right = before.nodes(), after.nodes()
    inside, earlier = set(right), set(left)
    outside = {line.source for node in right for line in wiring.into[node]} - inside
    return bool(outside) and outside <= earlier and _form(left, wiring) == _form(right, wiring)


def _form(nodes: list[int], wiring: Wiring) -> Hashable:
    """Operators, attributes, sizes and wiring, told without the names and numbers of the nodes."""
    place = {node: index for index, node in enumerate(nodes)}
    rows: list[Hashable] = []
    for index in nodes:
        node = wiring.nodes[index]
        sources = tuple([(place.get(line.source, -1), line.shortcut) for line in wiring.into[index]])
        rows.append((node.op.name, str(node.attributes), node.shape.spatial, sources))
    return tuple(rows)


def _arguments(scope: Scope) -> str:
    return ", ".join(f"{name}={value_text(value)}" for name, value in scope.arguments.items())
