"""The diagram as data: what a picture shows, before anybody decides how it is drawn.

Texts are as the network has them, not yet escaped or shortened; `dot` does both. Identifiers are
unique within a diagram and stand in the order they were made, which follows execution.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

from resnet_dsl.ir.contract import Category


class Level(StrEnum):
    """How much one shape of the picture stands for."""

    OP = "op"
    BLOCK = "block"
    STAGE = "stage"
    MODEL = "model"


class Mark(StrEnum):
    """What became of a part on the way from one network to another."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Tone(Enum):
    """How loud a line of text is."""

    NORMAL = "normal"
    TITLE = "title"
    QUIET = "quiet"
    ACCENT = "accent"  # in the colour of shortcuts


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text in a box or a title; `mark` where only one of two networks has it."""

    text: str
    tone: Tone = Tone.NORMAL
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """A line that two networks tell differently: `before` became `after` between equal ends."""

    start: str
    before: str
    after: str
    end: str
    tone: Tone = Tone.NORMAL

    @property
    def text(self) -> str:
        """In one voice: ``3×3 conv, 64 → 128``."""
        if not (self.before and self.after):
            return f"{self.start} {'−' if self.before else '+'}{self.before or self.after}{self.end}"
        return f"{self.start}{self.before} → {self.after}{self.end}"


@dataclass(frozen=True, slots=True)
class Matrix:
    """The layers of one block in brackets, as in table 1 of He et al. 2015.

    `shortcut` draws a line around the layers in the colour of shortcuts.
    """

    rows: tuple[str, ...]
    shortcut: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under a heading; the last row is the total."""

    heading: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...]


Content = Line | Revision | Matrix | Table


class VertexKind(Enum):
    BOX = "box"
    JOIN = "join"  # a merge: a circle with its sign, or a pill with its word
    TERMINAL = "terminal"  # an input or an output: bare text
    TAP = "tap"  # a point on a line where a shortcut leaves it


@dataclass(frozen=True, slots=True)
class Vertex:
    """One shape. `category` colours it; `auxiliary` says that inference leaves it out.

    `idle` says that training does so, too: no output needs it, and it never runs. `pixels` is the number of pixels of the map that it makes, 0 where it makes none. `mark` is set
    in pictures of two networks, here and below.
    """

    id: str
    kind: VertexKind
    content: tuple[Content, ...] = ()
    category: Category = Category.IDENTITY
    cluster: str | None = None
    tooltip: str = ""
    auxiliary: bool = False
    idle: bool = False
    pixels: int = 0
    mark: Mark | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """The lines of text alone, for tests and for people."""
        return tuple(entry.text for entry in self.content if isinstance(entry, Line | Revision))


class EdgeKind(Enum):
    FLOW = "flow"
    IDENTITY = "identity"  # a shortcut without operators
    PROJECTION = "projection"  # a shortcut with weights
    BRANCH = "branch"  # a shortcut with weights that has a join of its own, as a residual unit has
    PARAMETER_FREE = "parameter-free"  # a shortcut with operators but no weights: option A
    CARRY = "carry"  # an earlier tensor that a concatenation takes along


SHORTCUTS = frozenset({EdgeKind.IDENTITY, EdgeKind.PROJECTION, EdgeKind.BRANCH, EdgeKind.PARAMETER_FREE})


@dataclass(frozen=True, slots=True)
class Edge:
    """One line.

    `shape` is the tensor on it, `note` the operators that were contracted into it; `auxiliary` and
    `idle` are as in `Vertex`. `main` says
    that the main path may lead along it, which it does not along a gate. `revised` is the note of
    a line whose operators are others in one network than in the other.
    """

    source: str
    target: str
    kind: EdgeKind = EdgeKind.FLOW
    shape: str = ""
    note: str = ""
    auxiliary: bool = False
    idle: bool = False
    main: bool = True
    mark: Mark | None = None
    revised: tuple[Line | Revision, ...] = ()

    @property
    def skips(self) -> bool:
        """Whether the line goes around the main path."""
        return self.kind is not EdgeKind.FLOW


@dataclass(frozen=True, slots=True)
class Cluster:
    """A frame around shapes: a stage (`strong`) or something smaller.

    `anchor` is the vertex whose left side the title stands at; `times` how many equal instances
    the frame's content stands for.
    """

    id: str
    parent: str | None
    title: tuple[Line | Revision, ...]
    strong: bool
    anchor: str | None = None
    times: int = 1
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Arms:
    """What of a picture has the form of a U.

    `rising` are the vertices of the arm that leads up again, `turns` the lines (source, target)
    from the bottom to it, `level` pairs of vertices that stand at one height, left and right.
    `behind` names the bottom of a U, its end, and what follows on that, which stands below.
    """

    rising: frozenset[str] = frozenset()
    turns: frozenset[tuple[str, str]] = frozenset()
    level: tuple[tuple[str, str], ...] = ()
    behind: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Legend:
    """What stands above a picture of two networks: a title, facts, and what each mark means."""

    title: str
    facts: tuple[str, ...]
    marks: tuple[tuple[Mark, str], ...]


@dataclass(frozen=True, slots=True)
class Diagram:
    """One picture of one network, or of two where it has a legend."""

    name: str
    level: Level
    vertices: tuple[Vertex, ...]
    edges: tuple[Edge, ...]
    clusters: tuple[Cluster, ...] = ()
    arms: Arms = Arms()
    heading: str = ""  # for a network that is not the one its name stands for
    legend: Legend | None = None
    unsaid: tuple[str, ...] = ()  # norms and activations that the picture leaves out
