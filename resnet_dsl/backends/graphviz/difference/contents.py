"""What is told of a part that both networks have: its lines revised, and what lines do not show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from resnet_dsl.analysis.changes import own_details
from resnet_dsl.backends.graphviz.content import part_lines
from resnet_dsl.backends.graphviz.difference.pairing import Pairing, Place, Side
from resnet_dsl.backends.graphviz.difference.revision import revise_lines, revision
from resnet_dsl.backends.graphviz.model import Content, Line, Revision, Tone
from resnet_dsl.backends.graphviz.phrase import is_silent, phrase, record
from resnet_dsl.ir.graph import Node

MAX_DETAILS = 3

Told = tuple[Line | Revision, ...]


class Details:
    """Differences between paired operators that neither their texts nor their lines tell."""

    def __init__(self, before: Side, after: Side, pairing: Pairing, usual: frozenset[str]) -> None:
        self._before, self._after, self._pairing = before.wiring, after.wiring, pairing
        self._usual = usual

    def of_nodes(self, nodes: Sequence[int], *, shown: bool = True) -> Told:
        """Lines for operators of the first network; `shown` says that the picture names them."""
        renamed: list[tuple[Node, Node]] = []
        lines: list[Line | Revision] = []
        for node_id in nodes:
            partner = self._pairing.nodes.get(node_id)
            if partner is None:
                continue
            a, b = self._before.nodes[node_id], self._after.nodes[partner]
            lines += [line for line in self._arguments(a, b, shown=shown) if line not in lines]
            if self._is_renamed(a, b):
                renamed.append((a, b))
        if len(lines) > MAX_DETAILS:
            lines[MAX_DETAILS - 1 :] = [Line(f"… {len(lines) - MAX_DETAILS + 1:,} more", Tone.QUIET)]
        if len(renamed) == 1:
            lines.append(self._name(*renamed[0]))
        elif renamed:
            lines.append(Line(f"{len(renamed):,} layers have other names", Tone.QUIET))
        return tuple(lines)

    def _arguments(self, a: Node, b: Node, *, shown: bool) -> Iterator[Line | Revision]:
        told = shown and (not is_silent(b) or b.op.name not in self._usual)
        if a.op.name != b.op.name:
            if not told:
                yield revision(phrase(a), phrase(b), Tone.QUIET)
            return
        for detail in own_details(a, b):
            if detail.name == "path" or (told and _labels(a, b, detail.name)):
                continue
            start = f"{record(b).short} {detail.name} "
            yield Revision(start, detail.before, detail.after, "", Tone.QUIET)

    def _is_renamed(self, a: Node, b: Node) -> bool:
        """Whether keys are others for a reason of the operator's own, not of a level around it."""
        if a.path == b.path or not record(b).has_weights:
            return False
        return a.name != b.name or self._pairing.scopes.get(a.scope) != b.scope

    def _name(self, a: Node, b: Node) -> Revision:
        local = self._pairing.scopes.get(a.scope) == b.scope
        return Revision("", a.name if local else a.path, b.name if local else b.path, "", Tone.QUIET)


def _labels(a: Node, b: Node, name: str) -> bool:
    """Whether the phrase of an operator shows one of its arguments."""
    operator = record(b)
    with_old = {key: a.attributes.get(key) if key == name else value for key, value in b.attributes.items()}
    return operator.label(with_old) != operator.label(b.attributes)


PartContent = Callable[[Place, Place], tuple[Content, ...]]


def paired_lines(
    sides: tuple[Side, Side], a: Place, b: Place, usual: frozenset[str], details: Details
) -> Told:
    """What is told of a pair of parts, apart from the title that it may have."""
    lines = []
    for side, (unit, position) in zip(sides, (a, b), strict=True):
        part = side.fragments[unit].parts[position]
        lines.append(part_lines(part.kind, [side.wiring.nodes[node] for node in part.nodes], usual))
    part = sides[0].fragments[a[0]].parts[a[1]]
    return (*revise_lines(*lines), *details.of_nodes(part.nodes))
