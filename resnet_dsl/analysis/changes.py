"""The rows of a comparison: operators and levels that are new, gone or changed.

Together the rows' parameters and MACs are the differences of the totals.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from resnet_dsl.analysis.alignment import Alignment
from resnet_dsl.analysis.auditing import cost_report
from resnet_dsl.analysis.cost import CostReport, LayerCost
from resnet_dsl.analysis.keys import StateEntry, state_dict_entries
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network, Node, Scope
from resnet_dsl.ir.text import value_text

ADDED, REMOVED, CHANGED, RESIZED = "added", "removed", "changed", "resized"


class Detail(NamedTuple):
    """One thing that is another: an argument, the operator, the output's shape, the operands."""

    name: str
    before: str
    after: str


class Change(NamedTuple):
    """A row: an operator, or a level that is new or gone as a whole.

    `kind` is ``added``, ``removed``, ``changed``, or ``resized`` for an operator that is the same on
    another size of input. `path` is the second network's where there is one, `old_path` the first's.
    `params` and `macs` are differences, `operators` how many the row stands for; lines are of the specs.
    """

    kind: str
    path: str
    old_path: str
    what: str
    details: tuple[Detail, ...]
    operators: int
    params: int
    macs: int
    old_line: int | None
    line: int | None


class Side:
    """A network with its costs by operator."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.report: CostReport = cost_report(network)
        ids = [node.id for node in network.nodes() if node.op.category is not Category.INPUT]
        self.costs: Mapping[int, LayerCost] = dict(zip(ids, self.report.layers, strict=True))

    @cached_property
    def entries(self) -> list[StateEntry]:
        return state_dict_entries(self.network)

    def params(self, node: int) -> int:
        return self.costs[node].params if node in self.costs else 0

    def macs(self, node: int) -> int:
        """Multiply-adds of inference, which totals count."""
        return self.costs[node].macs if node in self.costs and self.costs[node].inference else 0

    def line(self, node: int) -> int:
        return self.network.node(node).span.start_position.line


def own_details(a: Node, b: Node) -> list[Detail]:
    """What two paired operators differ in by themselves: operator, arguments, path."""
    details = [Detail("operator", a.op.name, b.op.name)] if a.op.name != b.op.name else []
    details += _arguments(a, b) if a.op.name == b.op.name else []
    if a.path != b.path:
        details.append(Detail("path", a.path, b.path))
    return details


def changes(before: Side, after: Side, alignment: Alignment) -> Iterator[Change]:
    """Rows in the order of the second network; what is gone stands where it was."""
    return _Comparer(before, after, alignment).changes()


def paired_changes(before: Side, after: Side, alignment: Alignment) -> dict[int, Change]:
    """The rows of operators that both networks have, by the first's id; none for equal ones."""
    comparer = _Comparer(before, after, alignment)
    found = {
        a: comparer.pair(before.network.node(a), after.network.node(b)) for a, b in alignment.nodes.items()
    }
    return {a: change for a, change in found.items() if change is not None}


class _Comparer:
    def __init__(self, before: Side, after: Side, alignment: Alignment) -> None:
        self.before, self.after, self.pairs = before, after, alignment.nodes
        self.taken = set(alignment.nodes.values())
        self.scopes = alignment.scopes

    def changes(self) -> Iterator[Change]:
        rows: list[tuple[tuple[int, int, int], Change]] = []
        for a, b in self.pairs.items():
            change = self.pair(self.before.network.node(a), self.after.network.node(b))
            if change is not None:
                rows.append(((b, 1, a), change))
        fresh = [node for node in self.after.network.nodes() if node.id not in self.taken]
        for first, change in self._alone(self.after, fresh, set(self.scopes.values()), ADDED):
            rows.append(((first, 1, 0), change))
        gone = [node for node in self.before.network.nodes() if node.id not in self.pairs]
        last = self._last_pairs()
        for first, change in self._alone(self.before, gone, set(self.scopes), REMOVED):
            rows.append(((last[first], 2, first), change))
        rows.sort(key=lambda row: row[0])
        return iter([change for _, change in rows])

    def _last_pairs(self) -> list[int]:
        """For each operator of the first network: the second's that the nearest pair before it has."""
        found, last = [], -1
        for index in range(len(self.before.network)):
            last = self.pairs.get(index, last)
            found.append(last)
        return found

    def pair(self, a: Node, b: Node) -> Change | None:
        """The row of two operators that are one."""
        details = [*own_details(a, b), *self._operands(a, b)]
        same = not details
        if a.shape.plain() != b.shape.plain():
            details.append(Detail("output", str(a.shape), str(b.shape)))
        params = self.after.params(b.id) - self.before.params(a.id)
        macs = self.after.macs(b.id) - self.before.macs(a.id)
        if not details and not params and not macs:
            return None
        return Change(
            RESIZED if same else CHANGED,
            b.path,
            a.path,
            b.op.name,
            tuple(details),
            1,
            params,
            macs,
            self.before.line(a.id),
            self.after.line(b.id),
        )

    def _operands(self, a: Node, b: Node) -> Iterator[Detail]:
        """Other operands, where that is no mere consequence of what is new or gone before them."""
        old, new = a.inputs, b.inputs
        known = all(node in self.pairs for node in old) and all(node in self.taken for node in new)
        if len(old) != len(new) or (known and [self.pairs[node] for node in old] != list(new)):
            names = [
                ", ".join(side.network.node(node).path or side.network.node(node).name for node in nodes)
                for side, nodes in ((self.before, old), (self.after, new))
            ]
            yield Detail("operands", *names)

    def _alone(
        self, side: Side, nodes: Sequence[Node], paired: set[int], kind: str
    ) -> Iterator[tuple[int, Change]]:
        """Rows for operators without a partner: a level that has none of them paired is one row."""
        network, sign = side.network, 1 if kind == ADDED else -1
        alone = _below(network, nodes)
        whole = _below(network, network.nodes())
        groups: dict[tuple[str, int], list[Node]] = {}
        for node in nodes:
            level = next(
                (
                    scope
                    for scope in network.ancestry(node.scope)
                    if scope.name is not None
                    and scope.id not in paired
                    and alone[scope.id] == whole[scope.id]
                ),
                None,
            )
            key = ("operator", node.id) if level is None else ("level", level.id)
            groups.setdefault(key, []).append(node)
        for (group, index), inside in groups.items():
            first = inside[0].id
            scope = network.scope(index) if group == "level" else None
            path = scope.path if scope is not None else inside[0].path
            line = (scope or inside[0]).span.start_position.line
            yield (
                first,
                Change(
                    kind,
                    path if kind == ADDED else "",
                    path if kind == REMOVED else "",
                    _named(scope, inside[0]),
                    (),
                    len(inside),
                    sign * sum(side.params(node.id) for node in inside),
                    sign * sum(side.macs(node.id) for node in inside),
                    line if kind == REMOVED else None,
                    line if kind == ADDED else None,
                ),
            )


def _named(scope: Scope | None, node: Node) -> str:
    """``conv 64, 3x3``, or a block by its definition."""
    if scope is not None:
        return scope.definition or scope.kind.value
    label = getattr(node.op, "label", None)
    return f"{node.op.name} {label(node.attributes) if label else ''}".strip()


def _below(network: Network, nodes: Iterable[Node]) -> list[int]:
    """How many of the nodes stand in each scope, at any depth."""
    counts = [0] * len(network.scopes)
    for node in nodes:
        counts[node.scope] += 1
    for scope in reversed(network.scopes):
        if scope.parent is not None:
            counts[scope.parent] += counts[scope.id]
    return counts


def _arguments(a: Node, b: Node) -> Iterator[Detail]:
    for name in dict.fromkeys([*a.attributes, *b.attributes]):
        texts = [value_text(node.attributes[name]) if name in node.attributes else "" for node in (a, b)]
        if texts[0] != texts[1]:
            yield Detail(name, *texts)
