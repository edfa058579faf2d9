"""The lines of two drafts as one.

`x -> y` of one network is `z -> y` of the other where only new parts lie between `x` and `z`: the
last piece of the way is the line as it was, and what leads to it is new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from resnet_dsl.backends.graphviz.content import telling
from resnet_dsl.backends.graphviz.difference.contents import Details
from resnet_dsl.backends.graphviz.difference.pairing import Side
from resnet_dsl.backends.graphviz.model import Edge, Line, Mark, Revision
from resnet_dsl.backends.graphviz.plan import Draft

_Carried = tuple[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Drawn:
    """One network, as it is drawn by itself."""

    side: Side
    draft: Draft


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line with its ends named as in the union, and what it carries."""

    edge: Edge
    carried: _Carried

    def kind(self, exact: bool) -> object:
        """What two lines must have in common to be one."""
        return (self.edge.kind, self.edge.note) if exact else self.edge.skips


class LineUnion:
    """Builds the lines of a union; `names` tells the union's names of the first network's vertices."""

    def __init__(self, before: Drawn, after: Drawn, names: Mapping[str, str], details: Details) -> None:
        self._wirings = before.side.wiring, after.side.wiring
        self._details = details
        old = [
            replace(edge, source=names[edge.source], target=names[edge.target]) for edge in before.draft.edges
        ]
        self._before = [_Entry(*entry) for entry in zip(old, before.draft.carries, strict=True)]
        self._after = [_Entry(*entry) for entry in zip(after.draft.edges, after.draft.carries, strict=True)]
        self._into = _by_target(self._before), _by_target(self._after)

    def edges(self, marks: Mapping[str, Mark | None]) -> tuple[list[Edge], list[_Carried]]:
        """The lines in the order of the second network, then those that are gone; with what they carry."""
        pairs = self._paired(marks)
        back = {b: a for a, b in pairs.items()}
        found: list[tuple[Edge, _Carried]] = []
        for index, entry in enumerate(self._after):
            if index not in back:
                found.append((replace(entry.edge, mark=Mark.ADDED), entry.carried))
            else:
                edge = self._both(self._before[back[index]], entry)
                # Where something is gone from the line, what is left of it starts behind that.
                old = self._before[back[index]].edge
                source = old.source if marks.get(old.source) is Mark.REMOVED else edge.source
                found.append((replace(edge, source=source), entry.carried))
        for index, entry in enumerate(self._before):
            if index not in pairs:
                found.append((replace(entry.edge, mark=Mark.REMOVED, main=False), entry.carried))
        return [edge for edge, _ in found], [carried for _, carried in found]

    def _paired(self, marks: Mapping[str, Mark | None]) -> dict[int, int]:
        """Positions of the second network's lines by those of the first's.

        Same ends come first, and with the same operators on the line. Then comes a line that the
        other network has with new parts put into it: its last piece is the line, the rest is new.
        """
        pairs: dict[int, int] = {}
        taken: set[int] = set()
        for exact in (True, False):
            for ways in ((None, None), (Mark.ADDED, Mark.REMOVED)):
                lines: dict[tuple[str, object], list[int]] = {}
                for index, entry in enumerate(self._before):
                    if index not in pairs:
                        lines.setdefault((entry.edge.target, entry.kind(exact)), []).append(index)
                for index, entry in enumerate(self._after):
                    here = lines.get((entry.edge.target, entry.kind(exact)), [])
                    for old in here if index not in taken else ():
                        if self._continues(self._before[old].edge.source, entry.edge.source, ways, marks):
                            pairs[old] = index
                            taken.add(index)
                            here.remove(old)
                            break
        return pairs

    def _continues(
        self, old: str, new: str, ways: tuple[Mark | None, Mark | None], marks: Mapping[str, Mark | None]
    ) -> bool:
        """Whether lines from `old` and from `new` are one, with parts between that only one network has."""
        if ways == (None, None):
            return old == new
        added, removed = ways
        if marks.get(new) is added:
            return _leads(old, new, self._into[1], marks, Mark.ADDED)
        return marks.get(old) is removed and _leads(new, old, self._into[0], marks, Mark.REMOVED)

    def _both(self, old: _Entry, new: _Entry) -> Edge:
        edge = new.edge
        shapes = old.carried[0], new.carried[0]
        shape = ""
        if old.edge.shape or edge.shape:
            shape = shapes[1] if shapes[0] == shapes[1] else " → ".join(shapes)
        notes = [
            tuple(Line(text) for text in telling(wiring.nodes[node] for node in entry.carried[1]))
            for wiring, entry in zip(self._wirings, (old, new), strict=True)
        ]
        revised = self._details.lines((old.carried[1], new.carried[1]), (notes[0], notes[1]))
        lines = tuple(entry for entry in revised if isinstance(entry, Line | Revision))
        told = (*lines, *self._details.of_nodes(old.carried[1], box=False))
        if told == notes[1]:
            return replace(edge, shape=shape, mark=Mark.SAME)
        note = edge.note or old.edge.note
        told = (*told, Line(shape)) if shape else told
        return replace(edge, shape=shape, mark=Mark.CHANGED, note=note, revised=told)


def _by_target(lines: Sequence[_Entry]) -> dict[str, list[_Entry]]:
    found: dict[str, list[_Entry]] = {}
    for entry in lines:
        found.setdefault(entry.edge.target, []).append(entry)
    return found


def _leads(
    source: str,
    end: str,
    into: Mapping[str, Sequence[_Entry]],
    marks: Mapping[str, Mark | None],
    between: Mark,
) -> bool:
    """Whether a way leads from `source` to `end` through parts with one mark, `end` among them."""
    pending, seen = [end], {end}
    while pending:
        name = pending.pop()
        if name == source:
            return True
        if marks.get(name) is not between:
            continue
        for entry in into.get(name, ()):
            if entry.edge.source not in seen:
                seen.add(entry.edge.source)
                pending.append(entry.edge.source)
    return False
