"""From parts to a diagram: identifiers, frames, and the lines between them.

Before: every drawn node has a place in a fragment; runs say which units others stand for.
After: a `Diagram` without taps (see `taps`), its vertices in execution order.
"""

from __future__ import annotations

from resnet_dsl.backends.graphviz.content import caption, join_lines, loudest, pixels, telling, tooltip
from resnet_dsl.backends.graphviz.contract import Part
from resnet_dsl.backends.graphviz.fold import Run
from resnet_dsl.backends.graphviz.groups import Container, Unit
from resnet_dsl.backends.graphviz.model import (
    Cluster,
    Content,
    Edge,
    EdgeKind,
    Level,
    Line,
    Tone,
    Vertex,
    VertexKind,
)
from resnet_dsl.backends.graphviz.phrase import listing, record, shape_text
from resnet_dsl.backends.graphviz.plan import Draft, Names, Plan
from resnet_dsl.backends.graphviz.shortcuts import Shortcuts
from resnet_dsl.backends.graphviz.wiring import Wire
from resnet_dsl.ir.graph import Scope, ScopeKind


class Assembler:
    """Builds the draft of one plan. Use once."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._nodes = plan.wiring.nodes
        self._names = Names()
        self._frames = Names()
        self._draft = Draft()
        self._shortcuts = Shortcuts(plan.wiring)
        self._vertex_of: dict[int, str] = {}  # the vertex that a node's value leaves from
        self._frame_of: dict[str, str | None] = {}
        self._is_join: dict[str, bool] = {}
        self._drawn: list[int] = []  # nodes whose incoming lines are drawn
        self._shown_shape: dict[str, str] = {}  # by frame, the shape that its title tells
        self._told: dict[str, str] = {}  # by vertex, the shape last told on the main path to it

    def draft(self) -> Draft:
        self._place_members()
        self._draw_lines()
        self._add_outputs()
        return self._draft

    # --- shapes and frames -------------------------------------------------------------------

    def _place_members(self) -> None:
        frames: dict[Container, str | None] = {self._plan.root: None}
        pending: list[Container | Unit] = [self._plan.root]
        runs = {unit: run for entries in self._plan.runs.values() for run in entries for unit in run.drawn}
        hidden = {unit for entries in self._plan.runs.values() for run in entries for unit in run.hidden}
        run_frames: dict[Run, str | None] = {}
        while pending:
            part = pending.pop()
            if isinstance(part, Container):
                if part.parent is not None:
                    frames[part] = self._frame(part, frames[part.parent])
                pending.extend(reversed(part.members))
            elif part not in hidden:
                around = frames[part.container]
                run = runs.get(part)
                if run is not None:
                    if run not in run_frames:
                        run_frames[run] = self._run_frame(run, part, around)
                    around = run_frames[run]
                self._place_unit(part, around, named=run is None)
                if run is not None and part is run.drawn[-1]:
                    self._alias(run)

    def _frame(self, container: Container, parent: str | None) -> str:
        scope = container.scope
        strong = scope.kind is ScopeKind.STAGE
        name = self._frames.unique(scope.path or scope.definition)
        runs = self._plan.runs.get(container, ())
        alone = len(runs) == 1 and runs[0].whole
        title = list(self._title(scope))
        times = 1
        if alone:
            times = runs[0].times
            title.extend(_count_lines(runs[0]))
        self._draft.clusters.append(Cluster(name, parent, tuple(title), strong, times=times))
        self._draft.scopes[name] = scope.id, False
        if not self._plan.every_shape:
            self._shown_shape[name] = self._result(scope)
        return name

    def _title(self, scope: Scope) -> tuple[Line, ...]:
        name = scope.path if scope.name is not None and not caption(scope) else scope.name
        lines = [Line(name or scope.definition, Tone.TITLE)]
        if scope.definition and scope.definition != lines[0].text:
            lines.append(Line(scope.definition, Tone.QUIET))
        if not self._plan.every_shape:
            lines.append(Line(self._result(scope), Tone.QUIET))
        return tuple(lines)

    def _result(self, scope: Scope) -> str:
        return shape_text(self._nodes[scope.output].shape)

    def _run_frame(self, run: Run, first: Unit, around: str | None) -> str | None:
        container = first.container
        if container.parent is not None and run.whole:
            return around  # the container's own frame carries the count
        scope = first.scopes[0]
        name = self._frames.unique(f"{scope.path or scope.definition}.run")
        title = (*_count_lines(run), Line(scope.definition, Tone.QUIET))
        self._draft.clusters.append(Cluster(name, around, title, strong=False, times=run.times))
        self._draft.scopes[name] = scope.id, True
        return name

    def _place_unit(self, unit: Unit, around: str | None, *, named: bool) -> None:
        fragment = self._plan.fragments[unit]
        boxes = sum(part.kind is VertexKind.BOX for part in fragment.parts)
        title = caption(unit.scope) if named else ""
        frame = around
        head = self._plan.wiring.training_only.issuperset(unit.nodes)
        if title and unit.scope is not None and boxes > 1 and not head:
            frame = self._frames.unique(unit.scope.path)
            self._draft.clusters.append(Cluster(frame, around, (Line(title, Tone.TITLE),), strong=False))
            self._draft.scopes[frame] = unit.scope.id, False
            title = ""
        for part in fragment.parts:
            shown = title if part.kind is VertexKind.BOX else ""
            self._place_part(unit, part, frame, shown)
            title = "" if shown and head else title
        self._drawn.extend(unit.nodes)

    def _place_part(self, unit: Unit, part: Part, frame: str | None, title: str) -> None:
        nodes = [self._nodes[node] for node in part.nodes]
        content: tuple[Content, ...]
        category = loudest(nodes)
        if part.kind is VertexKind.JOIN:
            content, category = join_lines(nodes[0]), nodes[0].op.category
        elif part.kind is VertexKind.TERMINAL:
            content, category = (Line(nodes[0].name, Tone.TITLE),), nodes[0].op.category
        else:
            content = self._plan.box_content(unit, nodes)
            if title and self._plan.level is Level.BLOCK:
                content = (Line(title, Tone.TITLE), *content)
        name = self._names.unique(nodes[0].path or nodes[0].name)
        wiring = self._plan.wiring
        idle = wiring.idle.issuperset(part.nodes)
        self._draft.vertices.append(
            Vertex(
                id=name,
                kind=part.kind,
                content=content,
                category=category,
                cluster=frame,
                tooltip=tooltip(nodes, idle=idle),
                auxiliary=idle or wiring.training_only.issuperset(part.nodes),
                idle=idle,
                pixels=pixels(nodes[-1]),
            )
        )
        self._frame_of[name] = frame
        self._is_join[name] = part.kind is VertexKind.JOIN
        self._vertex_of.update(dict.fromkeys(part.nodes, name))
        self._draft.holds[name] = list(part.nodes)

    def _alias(self, run: Run) -> None:
        """Lets the values of hidden units leave from the vertices that stand for them."""
        drawn = [self._plan.fragments[unit] for unit in run.drawn]
        stand_ins = [[self._vertex_of[part.nodes[0]] for part in fragment.parts] for fragment in drawn]
        for position, unit in enumerate(run.hidden):
            names = stand_ins[position % len(stand_ins)]
            for node, place in self._plan.fragments[unit].place.items():
                self._vertex_of[node] = names[place]
                self._draft.holds[names[place]].append(node)

    # --- lines -------------------------------------------------------------------------------

    def _draw_lines(self) -> None:
        position: dict[tuple[str, str], int] = {}
        for target in self._drawn:
            gates = record(self._nodes[target]).gates
            for port, line in enumerate(self._plan.wiring.into[target]):
                edge = self._edge(line, target, main=port not in gates)
                ends = (edge.source, edge.target)
                carried = shape_text(self._nodes[(line.source, *line.via)[-1]].shape), line.via
                if edge.source == edge.target:
                    continue
                # A join shows each operand, `x + x` both; into a box, one line from a place is
                # enough, and the main path is the one to show.
                if self._is_join[edge.target] or ends not in position:
                    position[ends] = len(self._draft.edges)
                    self._draft.edges.append(edge)
                    self._draft.carries.append(carried)
                elif not edge.skips and self._draft.edges[position[ends]].skips:
                    self._draft.edges[position[ends]] = edge
                    self._draft.carries[position[ends]] = carried

    def _edge(self, line: Wire, target: int, *, main: bool) -> Edge:
        source, end = self._vertex_of[line.source], self._vertex_of[target]
        kind = self._shortcuts.kind(line, target)
        shape = shape_text(self._nodes[line.via[-1] if line.via else line.source].shape)
        if not self._plan.every_shape and not self._is_news(line, kind, target, shape):
            shape = ""
        if kind is EdgeKind.FLOW and source != end:
            self._told.setdefault(end, shape or self._told.get(source, ""))
        note = listing(telling(self._nodes[node] for node in line.via))
        idle = target in self._plan.wiring.idle
        auxiliary = idle or target in self._plan.wiring.training_only
        return Edge(source, end, kind, shape, note, auxiliary, idle, main)

    def _is_news(self, line: Wire, kind: EdgeKind, target: int, shape: str) -> bool:
        """Whether a line's shape says what the picture does not say already."""
        source, end = self._vertex_of[line.source], self._vertex_of[target]
        if kind is not EdgeKind.FLOW:
            return self._shortcuts.is_long(line, target)
        frame = self._frame_of[source]
        if frame != self._frame_of[end]:
            return True
        # The operands of a join are the business of its block; what it makes of them is told.
        if self._is_join[end]:
            return False
        return shape not in (self._told.get(source), self._shown_shape.get(frame or ""))

    def _add_outputs(self) -> None:
        network = self._plan.wiring.network
        if network.output >= 0:
            self._add_output(network.output, "output", auxiliary=False)
        for entry in network.auxiliary:
            self._add_output(entry.node, entry.name, auxiliary=True)

    def _add_output(self, node: int, text: str, *, auxiliary: bool) -> None:
        name = self._names.unique(text)
        lines = [Line(text, Tone.TITLE)]
        if auxiliary:
            lines.append(Line("training only", Tone.QUIET))
        self._draft.vertices.append(
            Vertex(name, VertexKind.TERMINAL, tuple(lines), tooltip=text, auxiliary=auxiliary)
        )
        shape = shape_text(self._nodes[node].shape)
        self._draft.edges.append(Edge(self._vertex_of[node], name, shape=shape, auxiliary=auxiliary))
        self._draft.carries.append((shape, ()))


def _count_lines(run: Run) -> tuple[Line, ...]:
    lines = [Line(f"× {run.times:,}", Tone.TITLE)]
    if run.growth:
        lines.append(Line(f"{run.growth:+,} channels each", Tone.QUIET))
    return tuple(lines)
