"""What decides about a picture, and the picture in the making."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from resnet_dsl.backends.graphviz.contract import Fragment
from resnet_dsl.backends.graphviz.fold import Run
from resnet_dsl.backends.graphviz.groups import Container, Unit
from resnet_dsl.backends.graphviz.markup import safe_name
from resnet_dsl.backends.graphviz.model import Arms, Cluster, Content, Edge, Level, Vertex
from resnet_dsl.backends.graphviz.wiring import Wiring
from resnet_dsl.ir.graph import Node

BoxContent = Callable[[Unit, Sequence[Node]], tuple[Content, ...]]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that decides about a picture, ready to be put together.

    With `every_shape` each line says its tensor's shape, else only where that is news.
    """

    wiring: Wiring
    root: Container
    fragments: Mapping[Unit, Fragment]
    runs: Mapping[Container, Sequence[Run]]
    level: Level
    box_content: BoxContent
    every_shape: bool


@dataclass(slots=True)
class Draft:
    """A diagram in the making.

    `holds` tells the operators that each vertex stands for, those of blocks that are not drawn
    included, `scopes` the scope of each frame and whether the frame is that of a run. `carries`
    tells of each line its tensor's shape, shown or not, and the operators on it.
    """

    vertices: list[Vertex] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    clusters: list[Cluster] = field(default_factory=list)
    arms: Arms = field(default_factory=Arms)
    unsaid: tuple[str, ...] = ()  # see `Diagram`
    holds: dict[str, list[int]] = field(default_factory=dict)
    scopes: dict[str, tuple[int, bool]] = field(default_factory=dict)
    carries: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)


class Names:
    """Unique identifiers that stay readable: a path, with a number where it is taken."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def unique(self, path: str) -> str:
        name = wanted = safe_name(path)
        while name in self._taken:
            self._taken[wanted] += 1
            name = f"{wanted}~{self._taken[wanted]}"
        self._taken[name] = 1
        return name
