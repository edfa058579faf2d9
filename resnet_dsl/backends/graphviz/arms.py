"""The two arms of a U: a path that contracts, one that expands, and lines between equal levels.

Encoder-decoder networks (Ronneberger et al. 2015, figure 1) are drawn as a U: down the left arm, up
the right one, what skips the rest of the way straight across. Whether a network has that form is
told by its tensors alone: along the longest path, skips that lie one inside the other, each from
maps of about the size that it arrives at, over maps less than half as large; and each level at less
than half the pixels of the one around it. A single skip over a dip, as a gate has, is no U.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from resnet_dsl.backends.graphviz.model import Arms, Edge, Vertex, VertexKind
from resnet_dsl.backends.graphviz.plan import Draft

MIN_LEVELS = 2
MAX_TAIL = 3  # shapes behind the U that go on upwards where the picture ends with them


@dataclass(frozen=True, slots=True)
class _Skip:
    """A way around a part of the path: places on the path where it leaves and arrives.

    `beside` is the last shape on it, or the one that it leaves from where it is a bare line.
    """

    leaves: int
    arrives: int
    beside: str


def find_arms(draft: Draft) -> Arms:
    """The arms of each U in a draft; none where there is no U."""
    rank = {vertex.id: position for position, vertex in enumerate(draft.vertices)}
    edges = [edge for edge in draft.edges if not edge.auxiliary and rank[edge.source] < rank[edge.target]]
    path = _longest_path(draft.vertices, edges)
    place = {name: position for position, name in enumerate(path)}
    beside = _components(draft.vertices, edges, place)
    skips = _skips(edges, place, beside)
    pixels = _pixels(draft.vertices, path)
    frames = _frames(draft)
    rising: set[str] = set()
    turns: set[tuple[str, str]] = set()
    level: list[tuple[str, str]] = []
    behind: list[tuple[str, str, str]] = []
    for nest in _nests(skips, pixels):
        start, end = _turn(nest[-1], pixels), nest[0].arrives
        around = frames[path[end]]
        while around and end + 1 < len(path) and frames[path[end + 1]][: len(around)] == around:
            end += 1
        if len(path) - 1 - end <= MAX_TAIL:
            end = len(path) - 1
        rising.update(path[start : end + 1])
        turns.add((path[start - 1], path[start]))
        for members, ends in beside:
            if ends and start <= min(ends) and max(ends) <= end:
                rising.update(members)
        level.extend((skip.beside, path[skip.arrives]) for skip in nest)
        if end + 1 < len(path):
            behind.append((path[start - 1], path[end], path[end + 1]))
    return Arms(frozenset(rising), frozenset(turns), tuple(level), tuple(behind))


def _frames(draft: Draft) -> dict[str, tuple[str, ...]]:
    """For each vertex the frames around it, outermost first."""
    around: dict[str | None, tuple[str, ...]] = {None: ()}
    for cluster in draft.clusters:
        around[cluster.id] = (*around[cluster.parent], cluster.id)
    return {vertex.id: around[vertex.cluster] for vertex in draft.vertices}


def lift_titles(draft: Draft) -> None:
    """Puts the title of a frame in a rising arm beside the last of its shapes, which is its uppermost."""
    last = {vertex.cluster: vertex.id for vertex in draft.vertices if vertex.id in draft.arms.rising}
    draft.clusters[:] = [
        replace(cluster, anchor=last.get(cluster.id, cluster.anchor))
        if cluster.anchor in draft.arms.rising
        else cluster
        for cluster in draft.clusters
    ]


def _longest_path(vertices: Sequence[Vertex], edges: Iterable[Edge]) -> list[str]:
    """The longest way to the network's output; of equal ones, along the main path."""
    best: dict[str, tuple[int, bool, str]] = {}
    into: dict[str, list[Edge]] = {}
    for edge in edges:
        into.setdefault(edge.target, []).append(edge)
    last = ""
    for vertex in vertices:
        ways = [(best[edge.source][0] + 1, not edge.skips, edge.source) for edge in into.get(vertex.id, ())]
        best[vertex.id] = max(ways, key=lambda way: way[:2], default=(0, True, ""))
        if vertex.kind is VertexKind.TERMINAL and ways:
            last = vertex.id
    path: list[str] = []
    while last:
        path.append(last)
        last = best[last][2]
    return path[::-1]


def _components(
    vertices: Sequence[Vertex], edges: Iterable[Edge], place: dict[str, int]
) -> list[tuple[list[str], set[int]]]:
    """What hangs together beside the path, with the places on the path that it touches."""
    group = {vertex.id: vertex.id for vertex in vertices if vertex.id not in place}

    def root(name: str) -> str:
        while group[name] != name:
            group[name] = group[group[name]]
            name = group[name]
        return name

    touching: list[tuple[str, int]] = []
    for edge in edges:
        if edge.source in group and edge.target in group:
            group[root(edge.target)] = root(edge.source)
        elif edge.source in group:
            touching.append((edge.source, place[edge.target]))
        elif edge.target in group:
            touching.append((edge.target, place[edge.source]))
    members: dict[str, list[str]] = {}
    ends: dict[str, set[int]] = {}
    for name in group:
        members.setdefault(root(name), []).append(name)
    for name, position in touching:
        ends.setdefault(root(name), set()).add(position)
    return [(names, ends.get(key, set())) for key, names in members.items()]


def _skips(
    edges: Iterable[Edge], place: dict[str, int], around: Iterable[tuple[list[str], set[int]]]
) -> list[_Skip]:
    """Lines, and shapes beside the path, that lead from one place on it to a later one."""
    back: dict[str, str] = {}  # by place of arrival, the last shape beside the path
    found: list[_Skip] = []
    for edge in edges:
        if edge.source in place and edge.target in place:
            if place[edge.target] > place[edge.source] + 1:
                found.append(_Skip(place[edge.source], place[edge.target], edge.source))
        elif edge.target in place:
            back[edge.source] = edge.target
    for members, ends in around:
        last = [name for name in members if name in back]
        if len(ends) == 2 and len(last) == 1 and place[back[last[0]]] == max(ends):
            found.append(_Skip(min(ends), max(ends), last[0]))
    return sorted(found, key=lambda skip: (skip.leaves, -skip.arrives))


def _pixels(vertices: Sequence[Vertex], path: Sequence[str]) -> list[int]:
    """The size of the maps at each place of the path; a tap has what comes to it."""
    own = {vertex.id: vertex.pixels for vertex in vertices}
    sizes: list[int] = []
    for name in path:
        sizes.append(own[name] or (sizes[-1] if sizes else 0))
    return sizes


def _nests(skips: Sequence[_Skip], pixels: Sequence[int]) -> list[list[_Skip]]:
    """Skips that lie one inside the other, the outermost first, level below level."""
    found: list[list[_Skip]] = []
    nest: list[_Skip] = []
    for skip in (skip for skip in skips if _spans_a_dip(skip, pixels)):
        if nest and skip.leaves >= nest[0].arrives:
            found.append(nest)
            nest = []
        inner = nest[-1] if nest else None
        if inner is None:
            nest.append(skip)
        elif skip.leaves >= inner.leaves and skip.arrives <= inner.arrives:
            if 2 * pixels[skip.leaves] >= pixels[inner.leaves]:
                nest.pop()  # of one level, the innermost
            nest.append(skip)
    found.append(nest)
    return [nest for nest in found if len(nest) >= MIN_LEVELS]


def _spans_a_dip(skip: _Skip, pixels: Sequence[int]) -> bool:
    lowest = min(pixels[skip.leaves + 1 : skip.arrives], default=pixels[skip.leaves])
    leaves, arrives = pixels[skip.leaves], pixels[skip.arrives]
    # Unpadded convolutions take off a border, so sizes need not be equal.
    return 2 * lowest < min(leaves, arrives) and max(leaves, arrives) < 4 * min(leaves, arrives)


def _turn(innermost: _Skip, pixels: Sequence[int]) -> int:
    """Where the path begins to rise: at the first larger maps behind the smallest ones."""
    between = range(innermost.leaves + 1, innermost.arrives)
    bottom = max(between, key=lambda position: (-pixels[position], position))
    return bottom + 1
