"""How a network's scopes become the parts of a picture.

A `Container` is drawn as a frame around its members; a `Unit` is a set of operators that is drawn
by contraction. Scopes that only number or name (``seq``, ``repeat``, dotted labels) add no frame.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from resnet_dsl.backends.graphviz.shortcuts import parent_of, residual_blocks
from resnet_dsl.backends.graphviz.wiring import Wiring
from resnet_dsl.ir.graph import Network, Scope, ScopeKind


@dataclass(slots=True, eq=False)
class Unit:
    """Operators drawn together: a block instance, or operators that stand free in a container.

    `scopes` are the instances (several where a coarse level draws a run of them as one); it is
    empty for free operators. `nodes` are in execution order.
    """

    container: Container
    scopes: list[Scope] = field(default_factory=list)
    nodes: list[int] = field(default_factory=list)

    @property
    def scope(self) -> Scope | None:
        return self.scopes[0] if self.scopes else None


@dataclass(slots=True, eq=False)
class Container:
    """A frame: the model itself, a stage, or a block that holds other blocks."""

    scope: Scope
    parent: Container | None
    members: list[Unit | Container] = field(default_factory=list)


Opaque = Callable[[Scope], bool]


def group(wiring: Wiring, opaque: Opaque) -> Container:
    """The parts of a network, in execution order.

    A stage or block for which `opaque` holds is one unit with all that is inside; another is a
    container. Operators contracted into a line belong to no part.
    """
    network = wiring.network
    root = Container(network.root, None)
    owners: list[Unit | Container] = [root]
    for scope in network.scopes[1:]:
        above = owners[parent_of(scope)]
        if isinstance(above, Unit) or scope.kind not in (ScopeKind.STAGE, ScopeKind.BLOCK):
            owners.append(above)
        elif opaque(scope):
            owners.append(Unit(above, [scope]))
        else:
            owners.append(Container(scope, above))
    entered: set[Unit | Container] = set()
    latest: dict[Container, Unit | Container] = {}  # the member that each container got last
    for node in wiring.nodes:
        if node.id in wiring.contracted:
            continue
        owner = owners[node.scope]
        if isinstance(owner, Container):
            last = latest.get(owner)
            owner = last if isinstance(last, Unit) and not last.scopes else Unit(owner)
        owner.nodes.append(node.id)
        _enter(owner, latest, entered)
    return root


def _enter(
    part: Unit | Container, latest: dict[Container, Unit | Container], entered: set[Unit | Container]
) -> None:
    """Makes a part the latest member of its container, and so on outwards."""
    around = part.container if isinstance(part, Unit) else part.parent
    while around is not None:
        if part not in entered:  # one that is returned to, as operands of a block are made, stays one
            entered.add(part)
            around.members.append(part)
        latest[around] = part
        part, around = around, around.parent


def holds_residuals(wiring: Wiring) -> list[bool]:
    """For each scope: whether blocks *below* it have shortcuts of their own, or it holds a stage.

    Such a scope is a frame at block level; one without is drawn as a single block.
    """
    return _below(wiring.network, residual_blocks(wiring))


def holds_stages(network: Network) -> list[bool]:
    """For each scope: whether there is a stage below it."""
    return _below(network, set())


def _below(network: Network, wanted: set[int]) -> list[bool]:
    found = [False] * len(network.scopes)
    for scope in reversed(network.scopes):
        if scope.parent is not None and (
            found[scope.id] or scope.id in wanted or scope.kind is ScopeKind.STAGE
        ):
            found[scope.parent] = True
    return found


def units(root: Container) -> list[Unit]:
    """Every unit below a container, in execution order."""
    found: list[Unit] = []
    pending: list[Unit | Container] = [root]
    while pending:
        part = pending.pop()
        if isinstance(part, Unit):
            found.append(part)
        else:
            pending.extend(reversed(part.members))
    return found
