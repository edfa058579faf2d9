"""Large parts that are equal operator for operator: the first is drawn, the others name it.

Unlike the blocks of a run (see `fold`) they need not follow each other. Stacked hourglasses are of
this kind: what lies between them reads their inputs, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence

from resnet_dsl.backends.graphviz.content import caption
from resnet_dsl.backends.graphviz.contract import Fragment, whole
from resnet_dsl.backends.graphviz.fold import boundary
from resnet_dsl.backends.graphviz.groups import Container, Unit, units
from resnet_dsl.backends.graphviz.phrase import record
from resnet_dsl.backends.graphviz.wiring import Wiring
from resnet_dsl.ir.graph import Scope

MIN_PARTS = 12  # boxes and joins of a part that is worth a reference


def refer(wiring: Wiring, root: Container, fragments: dict[Unit, Fragment]) -> dict[Unit, Scope]:
    """Makes one unit of each container that equals an earlier one; tells which that is, by unit.

    Only what the container yields may be read from outside, since a line from anything else would
    seem to start there.
    """
    candidates = _candidates(root, fragments)
    nodes = _nodes_below(wiring, {container.scope.id for container in candidates})
    sizes = Counter([_size(container.scope, nodes) for container in candidates])
    first: dict[Hashable, Scope] = {}
    references: dict[Unit, Scope] = {}
    pending = [root]
    while pending:
        around = pending.pop()
        for position, member in enumerate(around.members):
            if not isinstance(member, Container):
                continue
            if member not in candidates:
                continue
            if sizes[_size(member.scope, nodes)] == 1:  # nothing to compare it with
                pending.append(member)
                continue
            inner = units(member)
            merged = Unit(around, [member.scope], sorted(node for unit in inner for node in unit.nodes))
            edge = boundary(wiring, merged)
            signature = _signature(wiring, member.scope, nodes[member.scope.id])
            original = first.setdefault(signature, member.scope)
            if original is member.scope or edge.returned or edge.exports != {member.scope.output}:
                pending.append(member)
                continue
            around.members[position] = merged
            for unit in inner:
                del fragments[unit]
            fragments[merged] = whole(merged)
            references[merged] = original
    return references


def reference(original: Scope) -> str:
    """What a part says that equals an earlier one."""
    name = original.path if original.name is not None and not caption(original) else original.name
    return f"like {name or original.definition}"


def _candidates(root: Container, fragments: dict[Unit, Fragment]) -> set[Container]:
    """The containers of a size worth a reference."""
    parts: dict[Container, int] = {}
    for unit, fragment in fragments.items():
        around: Container | None = unit.container
        while around is not None:
            parts[around] = parts.get(around, 0) + len(fragment.parts)
            around = around.parent
    return {container for container, count in parts.items() if count >= MIN_PARTS and container is not root}


def _size(scope: Scope, nodes: Mapping[int, Sequence[int]]) -> tuple[str, int]:
    """What tells most parts apart, at no cost: the definition, and the number of operators below."""
    return scope.definition, len(nodes[scope.id])


def _signature(wiring: Wiring, scope: Scope, nodes: list[int]) -> Hashable:
    """Every operator below a scope, with what it reads: places inside, numbers of values outside."""
    inside: dict[int, int] = {}
    outside: dict[int, int] = {}
    told: list[Hashable] = []
    for node_id in nodes:
        node = wiring.nodes[node_id]
        reads = tuple(
            (operand.shortcut, True, inside[operand.node])
            if operand.node in inside
            else (operand.shortcut, False, outside.setdefault(operand.node, len(outside)))
            for operand in node.operands
        )
        inside[node_id] = len(inside)
        attributes = tuple((name, repr(value)) for name, value in node.attributes.items())
        told.append((record(node).name, attributes, node.shape, reads))
    return scope.definition, tuple(told)


def _nodes_below(wiring: Wiring, wanted: set[int]) -> dict[int, list[int]]:
    """For each of some scopes the operators in it and below it, in execution order."""
    scopes = wiring.network.scopes
    around: list[tuple[int, ...]] = []  # by scope, those of the wanted ones that hold it
    for scope in scopes:  # a scope's number is greater than those of the scopes around it
        above = around[scope.parent] if scope.parent is not None else ()
        around.append((*above, scope.id) if scope.id in wanted else above)
    found: dict[int, list[int]] = {scope: [] for scope in wanted}
    for node in wiring.nodes:
        for scope_id in around[node.scope]:
            found[scope_id].append(node.id)
    return found
