"""What is told of a part that both networks have: its lines revised, and what lines do not show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resnet_dsl.analysis.changes import own_details
from resnet_dsl.backends.graphviz.difference.pairing import Pairing, Side
from resnet_dsl.backends.graphviz.difference.revision import revise, revision
from resnet_dsl.backends.graphviz.model import Content, Line, Revision, Tone
from resnet_dsl.backends.graphviz.phrase import is_silent, phrase, record
from resnet_dsl.ir.graph import Node

MAX_DETAILS = 3

Told = tuple[Line | Revision, ...]


class Details:
    """Differences between paired operators that neither their texts nor their lines tell.

    With `counted`, parts hold more operators than they tell, and say how many differ.
    """

    def __init__(
        self, before: Side, after: Side, pairing: Pairing, usual: frozenset[str], *, counted: bool = False
    ) -> None:
        self._sides = before, after
        self._before, self._after, self._pairing = before.wiring, after.wiring, pairing
        self._usual = usual
        self._counted = counted

    def lines(
        self, nodes: tuple[Sequence[int], Sequence[int]], lines: tuple[Sequence[Content], Sequence[Content]]
    ) -> tuple[Content, ...]:
        """The lines of a part that both networks have; those of paired operators are one line."""
        left, right = (_operators(*side) for side in zip(self._sides, nodes, lines, strict=True))

        def known(a: int, b: int) -> bool | None:
            old, new = left[a], right[b]
            return None if old is None or new is None else self._pairing.nodes.get(old) == new

        return revise(*lines, known)

    def of_part(self, before: Sequence[int], after: Sequence[int], *, box: bool) -> Told:
        """What the lines of a part do not tell; of a card, how many operators are others."""
        if not self._counted:
            return self.of_nodes(before, box=box)
        back = set(self._pairing.nodes.values())
        gone = sum(node not in self._pairing.nodes for node in before)
        new = sum(node not in back for node in after)
        pairs = [(node, self._pairing.nodes[node]) for node in before if node in self._pairing.nodes]
        others = sum(
            bool(own_details(self._before.nodes[a], self._after.nodes[b])) or b not in set(after)
            for a, b in pairs
        )
        told = [f"{sign}{count:,}" for sign, count in (("+", new), ("−", gone), ("~", others)) if count]
        return (Line(f"operators: {', '.join(told)}", Tone.QUIET),) if told else ()

    def of_nodes(self, nodes: Sequence[int], *, box: bool) -> Told:
        """Lines for operators of the first network; `box` says that they stand in one.

        Joins and lines name no norms and activations.
        """
        renamed: list[tuple[Node, Node]] = []
        lines: list[Line | Revision] = []
        for node_id in nodes:
            partner = self._pairing.nodes.get(node_id)
            if partner is None:
                continue
            a, b = self._before.nodes[node_id], self._after.nodes[partner]
            lines += [line for line in self._arguments(a, b, box=box) if line not in lines]
            if self._is_renamed(a, b):
                renamed.append((a, b))
        if len(lines) > MAX_DETAILS:
            lines[MAX_DETAILS - 1 :] = [Line(f"… {len(lines) - MAX_DETAILS + 1:,} more", Tone.QUIET)]
        if len(renamed) == 1:
            lines.append(self._name(*renamed[0]))
        elif renamed:
            lines.append(Line(f"{len(renamed):,} layers have other names", Tone.QUIET))
        return tuple(lines)

    def _arguments(self, a: Node, b: Node, *, box: bool) -> Iterator[Line | Revision]:
        told = not is_silent(b) or (box and b.op.name not in self._usual)
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
        names = (a.name, b.name) if local else (a.path, b.path)
        return Revision("name ", *names, "", Tone.QUIET)


def _labels(a: Node, b: Node, name: str) -> bool:
    """Whether the phrase of an operator shows one of its arguments."""
    operator = record(b)
    with_old = {key: a.attributes.get(key) if key == name else value for key, value in b.attributes.items()}
    return operator.label(with_old) != operator.label(b.attributes)


def _operators(side: Side, nodes: Sequence[int], lines: Sequence[Content]) -> list[int | None]:
    """The operator that each line tells alone; None for one that sums up."""
    texts = [phrase(side.wiring.nodes[node]) for node in nodes]
    found: list[int | None] = []
    start = 0
    for entry in lines:
        text = entry.text if isinstance(entry, Line) else ""
        place = texts.index(text, start) if text in texts[start:] else -1
        found.append(nodes[place] if place >= 0 else None)
        start = place + 1 if place >= 0 else start
    return found
