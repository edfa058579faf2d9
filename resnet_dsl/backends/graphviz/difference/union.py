"""Two drafts as one: every vertex, frame and line of both, each with the mark of what became of it.

Before: the drafts of both networks, folded at the same places, and the pairs of their parts.
After: one draft without taps. What is in both stands once, under the second network's identifier.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from resnet_dsl.analysis.beside import interleave
from resnet_dsl.backends.graphviz.difference.contents import Details
from resnet_dsl.backends.graphviz.difference.joined_lines import Drawn, LineUnion
from resnet_dsl.backends.graphviz.difference.pairing import Pairing
from resnet_dsl.backends.graphviz.difference.revision import revise_lines
from resnet_dsl.backends.graphviz.model import (
    Cluster,
    Content,
    Line,
    Mark,
    Revision,
    Tone,
    Vertex,
    VertexKind,
)
from resnet_dsl.backends.graphviz.plan import Draft

_Key = tuple[int, int, bool]  # a frame: whose scope it is, which, and whether it is that of a run
_SHAPE = re.compile(r"\d+(×\d+)*")
_BOTH = {Mark.ADDED: 1, Mark.REMOVED: 0}


class Union:
    """Builds the union of two drafts. Use once; `renamed` tells the union's names of the first's vertices."""

    def __init__(self, before: Drawn, after: Drawn, pairing: Pairing, details: Details) -> None:
        self._drawn = before, after
        self._pairing, self._details = pairing, details
        self._vertices = [{vertex.id: vertex for vertex in drawn.draft.vertices} for drawn in self._drawn]
        self._parts: dict[str, tuple[Sequence[int], Sequence[int]]] = {}
        self._pairs = self._paired_vertices()
        self.renamed = {name: self._pairs.get(name, old(name)) for name in self._vertices[0]}
        self._frames: dict[_Key, Cluster] = {}
        self._around: dict[_Key, _Key | None] = {}

    def draft(self) -> Draft:
        """The union of both drafts."""
        self._add_frames()
        homes: list[tuple[Vertex, _Key | None]] = []
        orders = [list(vertices) for vertices in self._vertices]
        for a, b in interleave(orders[0], orders[1], self._pairs):
            vertex = self._vertex(a, b)
            side, name = (1, b) if b is not None else (0, a)
            homes.append((vertex, self._home(side, name or "")))
        union = Draft()
        self._place(union, homes)
        lines = LineUnion(*self._drawn, self.renamed, self._details)
        marks = {vertex.id: vertex.mark for vertex in union.vertices}
        union.edges, union.carries = lines.edges(marks)
        return union

    def holds(self) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
        """The operators of each network that each vertex of the union stands for."""
        left, right = (drawn.draft.holds for drawn in self._drawn)
        return {self.renamed[name]: nodes for name, nodes in left.items()}, dict(right)

    # --- vertices ----------------------------------------------------------------------------

    def _paired_vertices(self) -> dict[str, str]:
        names = [
            {node: name for name, nodes in drawn.draft.holds.items() for node in nodes}
            for drawn in self._drawn
        ]
        pairs: dict[str, str] = {}
        for (a, first), (b, second) in self._pairing.parts.items():
            parts = (
                self._drawn[0].side.fragments[a].parts[first],
                self._drawn[1].side.fragments[b].parts[second],
            )
            name = names[0][parts[0].nodes[0]]
            pairs[name] = names[1][parts[1].nodes[0]]
            # Of a run, the first that is drawn speaks for all.
            hidden = [
                drawn.side.on_lines.get(unit, []) for drawn, unit in zip(self._drawn, (a, b), strict=True)
            ]
            nodes = [[*part.nodes, *others] for part, others in zip(parts, hidden, strict=True)]
            self._parts.setdefault(name, (nodes[0], nodes[1]))
        # Outputs stand for no operator: their texts say which is which.
        right = {
            vertex.texts: name for name, vertex in self._vertices[1].items() if name not in names_of(names[1])
        }
        for name, vertex in self._vertices[0].items():
            if name not in names_of(names[0]) and vertex.texts in right:
                pairs[name] = right[vertex.texts]
        return pairs

    def _vertex(self, a: str | None, b: str | None) -> Vertex:
        if a is None or b is None:
            mark = Mark.ADDED if a is None else Mark.REMOVED
            vertex = self._vertices[_BOTH[mark]][b or a or ""]
            name = vertex.id if a is None else old(vertex.id)
            return replace(vertex, id=name, content=self._marked(vertex, mark), mark=mark)
        left, right = self._vertices[0][a], self._vertices[1][b]
        told = self._parts.get(a, ((), ()))
        title, body = _split(right.content)
        old_title, old_body = _split(left.content)
        shown = revise_lines(old_title, title) if title and old_title else title or old_title
        content = (
            *self._details.lines(told, (old_body, body)),
            *self._details.of_part(*told, box=right.kind is not VertexKind.JOIN),
        )
        changed = content != body or any(isinstance(line, Revision) for line in shown)
        mark = Mark.CHANGED if changed else Mark.SAME
        return replace(right, content=(*shown, *content), mark=mark)

    def _marked(self, vertex: Vertex, mark: Mark) -> tuple[Content, ...]:
        """The sign of the mark stands once, in front of the first line.

        A join says its name then: in front of its own sign the mark's would be read as part of it.
        """
        first, *others = vertex.content
        if not isinstance(first, Line):
            return vertex.content
        if vertex.kind is VertexKind.JOIN:
            drawn = self._drawn[_BOTH[mark]]
            first = replace(first, text=drawn.side.wiring.nodes[drawn.draft.holds[vertex.id][0]].op.name)
        return (replace(first, mark=mark), *others)

    # --- frames ------------------------------------------------------------------------------

    def _add_frames(self) -> None:
        for side, (drawn, mark) in enumerate(zip(self._drawn, (Mark.REMOVED, Mark.ADDED), strict=True)):
            keys = {name: self._key(side, *place) for name, place in drawn.draft.scopes.items()}
            for cluster in drawn.draft.clusters:
                key = keys[cluster.id]
                name = cluster.id if side else old(cluster.id)
                known = self._frames.get(key)
                if known is None:
                    scope = drawn.draft.scopes[cluster.id][0]
                    alone = key[0] == side and (side == 0 or scope not in self._pairing.scopes.values())
                    given = mark if alone else Mark.SAME
                    title = tuple(_line_marked(line, given) for line in cluster.title)
                    self._frames[key] = replace(cluster, id=name, title=title, mark=given)
                else:
                    title = tuple(map(_calm, revise_lines(known.title, cluster.title)))
                    self._frames[key] = replace(cluster, id=name, title=title, mark=Mark.SAME)
        for side, drawn in enumerate(self._drawn):
            for scope, run in drawn.draft.scopes.values():
                self._around[self._key(side, scope, run)] = self._enclosing(side, scope, inside=not run)

    def _key(self, side: int, scope: int, run: bool) -> _Key:
        """One key for a frame that both networks have."""
        if side == 0 and scope in self._pairing.scopes:
            return 1, self._pairing.scopes[scope], run
        return side, scope, run

    def _enclosing(self, side: int, scope: int, *, inside: bool) -> _Key | None:
        """The innermost frame around a scope; without `inside` the scope's own frame counts not.

        The frame of a run is around its blocks, which it is named by the first of.
        """
        chain = self._drawn[side].side.wiring.network.ancestry(scope)[::-1]
        if inside and (key := self._key(side, scope, True)) in self._frames:
            return key
        for around in chain[1:]:
            key = self._key(side, around.id, False)
            if key in self._frames:
                return key
        return None

    def _home(self, side: int, vertex: str) -> _Key | None:
        drawn = self._drawn[side]
        nodes = drawn.draft.holds.get(vertex)
        if not nodes:
            return None
        frame = self._vertices[side][vertex].cluster
        if frame is not None and drawn.draft.scopes[frame][1]:
            return self._key(side, *drawn.draft.scopes[frame])
        for around in drawn.side.wiring.network.ancestry(drawn.side.wiring.nodes[nodes[0]].scope)[::-1]:
            key = self._key(side, around.id, False)
            if key in self._frames:
                return key
        return None

    # --- order -------------------------------------------------------------------------------

    def _place(self, union: Draft, homes: Sequence[tuple[Vertex, _Key | None]]) -> None:
        """Vertices in order, those of a frame together, and the frames that hold any, outer ones first."""
        members: dict[_Key | None, list[Vertex | _Key]] = {None: []}
        for vertex, home in homes:
            inner: Vertex | _Key = vertex
            frame = home
            while True:
                known = frame in members
                members.setdefault(frame, []).append(inner)
                if frame is None or known:
                    break
                inner, frame = frame, self._around[frame]
        pending: list[tuple[Vertex | _Key, str | None]] = [(entry, None) for entry in reversed(members[None])]
        while pending:
            entry, parent = pending.pop()
            if isinstance(entry, Vertex):
                union.vertices.append(replace(entry, cluster=parent))
                continue
            cluster = self._frames[entry]
            union.clusters.append(replace(cluster, parent=parent))
            pending.extend((inner, cluster.id) for inner in reversed(members[entry]))


def old(name: str) -> str:
    """The identifier of what only the first network has; identifiers of a draft hold no space."""
    return f"old {name}"


def names_of(names: dict[int, str]) -> set[str]:
    return set(names.values())


def _split(content: Sequence[Content]) -> tuple[tuple[Line, ...], tuple[Content, ...]]:
    """The titles of a box, and the rest."""
    titles = tuple(entry for entry in content if isinstance(entry, Line) and entry.tone is Tone.TITLE)
    return titles, tuple(entry for entry in content if entry not in titles)


def _line_marked(line: Line | Revision, mark: Mark) -> Line | Revision:
    signed = isinstance(line, Line) and line.tone is Tone.TITLE and mark is not Mark.SAME
    return replace(line, mark=mark) if signed and isinstance(line, Line) else line


def _calm(line: Line | Revision) -> Line | Revision:
    """A shape that is another is a consequence, and told in one voice."""
    if not isinstance(line, Revision) or not (_SHAPE.fullmatch(line.before) and _SHAPE.fullmatch(line.after)):
        return line
    return line if line.start.strip() else Line(line.text, line.tone)
