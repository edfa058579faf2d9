"""Taps: the points inside a frame where lines part that entered it as one.

A residual block's shortcut leaves the main path right in front of the block. Where that is the
first thing in a stage, the path enters the stage as one line and parts inside. The tap is also
what a frame's title stands beside when its first shape lies in a frame of its own.
"""

from __future__ import annotations

from dataclasses import replace

from resnet_dsl.backends.graphviz.model import Cluster, Edge, EdgeKind, Mark, Vertex, VertexKind
from resnet_dsl.backends.graphviz.plan import Draft


def add_taps(draft: Draft) -> None:
    """Adds taps to a draft, outer frames first, and gives every frame its anchor."""
    around = _frames_around(draft)
    frame_of = {vertex.id: vertex.cluster for vertex in draft.vertices}
    entering: dict[str, list[int]] = {}
    for index, edge in enumerate(draft.edges):
        left = set(around[frame_of[edge.source]])
        for frame in around[frame_of[edge.target]]:
            if frame not in left:
                entering.setdefault(frame, []).append(index)
    first_in: dict[str, Vertex] = {}
    on_path: dict[str, Vertex] = {}  # the first that is not on a shortcut
    reached = {edge.target for edge in draft.edges if not edge.skips}
    for vertex in draft.vertices:
        for frame in around[vertex.cluster]:
            first_in.setdefault(frame, vertex)
            if vertex.id in reached:
                on_path.setdefault(frame, vertex)
    taps_before: dict[str, list[Vertex]] = {}
    edges_before: dict[int, list[Edge]] = {}
    for position, cluster in enumerate(draft.clusters):
        first = first_in[cluster.id]
        beside = on_path.get(cluster.id, first)
        anchor = beside.id if beside.cluster == cluster.id else None
        for group in _groups(draft.edges, entering.get(cluster.id, [])):
            if len(group) < 2 and anchor is not None:
                continue
            tap = _tap(cluster, draft.edges, group, edges_before)
            taps_before.setdefault(first.id, []).append(tap)
            anchor = anchor or tap.id
        draft.clusters[position] = replace(cluster, anchor=anchor)
    draft.vertices[:] = [
        entry for vertex in draft.vertices for entry in (*taps_before.get(vertex.id, ()), vertex)
    ]
    draft.edges[:] = [
        entry for index, edge in enumerate(draft.edges) for entry in (*edges_before.get(index, ()), edge)
    ]


def _frames_around(draft: Draft) -> dict[str | None, tuple[str, ...]]:
    """For each frame: the frames around and including it, outermost first."""
    around: dict[str | None, tuple[str, ...]] = {None: ()}
    for cluster in draft.clusters:
        around[cluster.id] = (*around[cluster.parent], cluster.id)
    return around


def _groups(edges: list[Edge], entering: list[int]) -> list[list[int]]:
    """The edges into a frame by the place they come from now, taps of outer frames included."""
    groups: dict[str, list[int]] = {}
    for index in entering:
        groups.setdefault(edges[index].source, []).append(index)
    return list(groups.values())


def _tap(
    cluster: Cluster, edges: list[Edge], group: list[int], edges_before: dict[int, list[Edge]]
) -> Vertex:
    """Lets the edges of a group start at a new tap, and one edge lead to it."""
    entry = [edges[index] for index in group]
    source = entry[0].source
    auxiliary, idle = all(edge.auxiliary for edge in entry), all(edge.idle for edge in entry)
    mark = entry[0].mark if len({edge.mark for edge in entry}) == 1 else Mark.SAME
    name = f"{source} into {cluster.id}"
    tap = Vertex(name, VertexKind.TAP, cluster=cluster.id, auxiliary=auxiliary, idle=idle, mark=mark)
    flows = any(edge.kind is EdgeKind.FLOW for edge in entry)
    lead = Edge(
        source,
        tap.id,
        EdgeKind.FLOW if flows else entry[0].kind,
        shape=next((edge.shape for edge in entry if edge.shape), ""),
        auxiliary=auxiliary,
        idle=idle,
        mark=mark,
    )
    edges_before.setdefault(group[0], []).append(lead)
    for index in group:
        edges[index] = replace(edges[index], source=tap.id, shape="")
    return tap
