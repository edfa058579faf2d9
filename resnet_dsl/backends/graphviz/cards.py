"""Cards: a stage, or a run of blocks, in a few lines, as the tables of papers have them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from resnet_dsl.backends.graphviz.content import box_lines, caption
from resnet_dsl.backends.graphviz.contract import Fragment
from resnet_dsl.backends.graphviz.groups import Unit
from resnet_dsl.backends.graphviz.model import SHORTCUTS, Content, EdgeKind, Line, Matrix, Tone
from resnet_dsl.backends.graphviz.phrase import CHAIN, folded, listing, without_rate
from resnet_dsl.backends.graphviz.rows import rows, wrapped
from resnet_dsl.backends.graphviz.shortcuts import Shortcuts
from resnet_dsl.backends.graphviz.wiring import Wiring
from resnet_dsl.ir.graph import Node, Scope, ScopeKind

MAX_ENTRIES = 4  # kinds of blocks that a card lists apart
MAX_LINES = 6
MAX_ROW = 40  # characters: a longer chain goes on in the next row
MAX_QUIET = 48  # characters of a line in small type


@dataclass(slots=True)
class _Batch:
    """Consecutive blocks of one definition."""

    definition: str
    units: list[Unit] = field(default_factory=list)


class Cards:
    """Writes the cards of one network. `inner` are the fragments of the block level."""

    def __init__(self, wiring: Wiring, inner: Mapping[Unit, Fragment], usual: frozenset[str]) -> None:
        self._wiring = wiring
        self._inner = inner
        self._usual = usual
        self._unit_of = {node: unit for unit in inner for node in unit.nodes}
        self._shortcuts = Shortcuts(wiring)
        self._size = _sizes(wiring)

    def content(self, unit: Unit, nodes: Sequence[Node]) -> tuple[Content, ...]:
        """The content of a card, or of a box of free operators."""
        if unit.scope is None:
            return box_lines(nodes, self._usual)
        title = [Line(self.heading(unit), Tone.TITLE)]
        if unit.scope.definition and unit.scope.definition != title[0].text:
            title.append(Line(unit.scope.definition, Tone.QUIET))
        return (*title, *self._body(unit), *self._shortcut_lines(nodes))

    def heading(self, unit: Unit) -> str:
        """What a card is called: its name, or the definition that it is an instance of."""
        if unit.scope is None:
            return ""
        names = [self._called(scope, unit.scopes) for scope in (unit.scopes[0], unit.scopes[-1])]
        if not all(names):
            return unit.scope.definition
        return names[0] if names[0] == names[1] else f"{names[0]} … {names[1]}"

    def _called(self, scope: Scope, instances: Sequence[Scope]) -> str:
        """A scope's name; of a numbered one, that of the list it is in where all of that is here.

        Of a list that holds more, it is the path, numbers and all.
        """
        if scope.kind is ScopeKind.STAGE and scope.name is not None:
            return caption(scope) or scope.path
        around = scope
        while around.parent is not None and around.kind is not ScopeKind.STAGE and not caption(around):
            around = self._wiring.network.scope(around.parent)
        if around is scope or not caption(around):
            return caption(around)
        below = sum(self._size[inner.id] for inner in instances if inner.path.startswith(f"{around.path}."))
        return caption(around) if below == self._size[around.id] else scope.path

    def summary(self, unit: Unit) -> str:
        """What a card holds, in one line."""
        entries = self._entries(unit)
        batches = [entry for entry in entries if isinstance(entry, _Batch)]
        if len(batches) == 1 and len(batches[0].units) == 1:
            return batches[0].definition
        if batches:
            return listing(folded(self._counts(batches), MAX_ENTRIES))
        return CHAIN.join(folded(self._free_texts(unit.nodes), MAX_ENTRIES))

    def _entries(self, unit: Unit) -> list[_Batch | Unit]:
        """The blocks of a card, batched, and the free operators between them, in order."""
        entries: list[_Batch | Unit] = []
        for inner in dict.fromkeys(self._unit_of[node] for node in unit.nodes if node in self._unit_of):
            if inner.scope is None:
                entries.append(inner)
                continue
            last = entries[-1] if entries else None
            if not isinstance(last, _Batch) or last.definition != inner.scope.definition:
                last = _Batch(inner.scope.definition)
                entries.append(last)
            last.units.append(inner)
        return entries

    def _body(self, unit: Unit) -> list[Content]:
        entries = self._entries(unit)
        if len(entries) > MAX_ENTRIES:
            counts = self._counts([entry for entry in entries if isinstance(entry, _Batch)])
            free = [node for entry in entries if isinstance(entry, Unit) for node in entry.nodes]
            texts = folded(counts, MAX_LINES) + folded(self._free_texts(free), MAX_LINES)
            return [Line(text) for text in texts]
        body: list[Content] = []
        for entry in entries:
            if isinstance(entry, _Batch):
                body.extend(self._batch(entry, alone=entry.definition == unit.scopes[0].definition))
            else:
                body.extend(Line(text) for text in folded(self._free_texts(entry.nodes), MAX_LINES))
        return body

    def _batch(self, batch: _Batch, *, alone: bool) -> list[Content]:
        """`alone` says that the card's title names the definition already."""
        told = [rows(self._wiring, self._inner[unit], self._usual) for unit in batch.units]
        if len(set(told[1:])) > 1:  # in their rates alone, perhaps, which a card has no room for
            told = [rows(self._wiring, self._inner[unit], self._usual, without_rate) for unit in batch.units]
        times, last = len(told), told[-1]
        bare = alone and times == 1
        body: list[Content] = [] if bare else [Line(f"{times:,} × {batch.definition}")]
        if last is None or any(entry != last for entry in told[1:]) or told[0] is None:
            return [*body, *self._growth(batch.units)]
        around = any(self._has_shortcut(unit) for unit in batch.units)
        if times == 1 and not around:
            return [*body, *(Line(text) for text in _on_lines(last))]
        body.append(Matrix(tuple(_on_lines(last)), around))
        if told[0] != last:
            differing = [text for text in told[0] if text not in last]
            differing[:1] = [f"first: {text}" for text in differing[:1]]
            body.extend(Line(text, Tone.QUIET) for text in wrapped(differing, MAX_QUIET))
        return body

    def _growth(self, units: Sequence[Unit]) -> list[Line]:
        channels = [int(self._wiring.nodes[unit.nodes[-1]].shape.channels) for unit in units]
        if channels[0] == channels[-1]:
            return []
        return [Line(f"{channels[0]:,} to {channels[-1]:,} channels", Tone.QUIET)]

    def _free_texts(self, nodes: Sequence[int]) -> list[str]:
        lines = box_lines([self._wiring.nodes[node] for node in nodes], self._usual) if nodes else ()
        return [line.text for line in lines if line.tone is not Tone.QUIET]

    @staticmethod
    def _counts(batches: Sequence[_Batch]) -> list[str]:
        counts: Counter[str] = Counter()
        for batch in batches:
            counts[batch.definition] += len(batch.units)
        return [f"{count:,} × {definition}" for definition, count in counts.items()]

    def _has_shortcut(self, unit: Unit) -> bool:
        return bool(self._kinds([self._wiring.nodes[node] for node in unit.nodes]))

    def _kinds(self, nodes: Sequence[Node]) -> Counter[EdgeKind]:
        """The lines that go around something inside, by kind; those from further away apart."""
        found: Counter[EdgeKind] = Counter()
        for node in nodes:
            for line in self._wiring.into[node.id]:
                if len(node.operands) < 2 or self._shortcuts.is_long(line, node.id):
                    continue
                kind = self._shortcuts.kind(line, node.id)
                if line.shortcut or kind is EdgeKind.CARRY:
                    found[kind] += 1
        return found

    def _shortcut_lines(self, nodes: Sequence[Node]) -> list[Line]:
        kinds = self._kinds(nodes)
        told = [f"{kinds[kind]:,} {kind.value}" for kind in EdgeKind if kind in SHORTCUTS and kinds[kind]]
        lines = [Line(f"shortcuts: {listing(told)}", Tone.ACCENT)] if told else []
        if kinds[EdgeKind.CARRY]:
            lines.append(Line(f"dense connections: {kinds[EdgeKind.CARRY]:,}", Tone.ACCENT))
        return lines


def _on_lines(series: Sequence[str]) -> list[str]:
    return [line for text in series for line in wrapped([text], MAX_ROW)]


def _sizes(wiring: Wiring) -> list[int]:
    """The number of operators in each scope and below it."""
    sizes = [0] * len(wiring.network.scopes)
    for node in wiring.nodes:
        sizes[node.scope] += 1
    for scope in reversed(wiring.network.scopes):  # a scope's number is greater than those around it
        if scope.parent is not None:
            sizes[scope.parent] += sizes[scope.id]
    return sizes
