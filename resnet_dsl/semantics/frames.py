"""Where names live while a body is elaborated, and how much work is left."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import DiagnosticBag
from resnet_dsl.ops.registry import operators
from resnet_dsl.semantics.modules import Module
from resnet_dsl.semantics.values import Entity, Tensor, show
from resnet_dsl.source import Span

MAX_STEPS = 2_000_000
_MODEL_STEPS = 2_000
MAX_NODES = 250_000
MAX_CALLS = 64  # nested calls of blocks, or of functions
MAX_REPEAT = 100_000
MAX_LIST = 10_000


class LimitReached(Exception):
    """A limit was passed and reported; what was being computed ends."""


class Budget:
    """Counts the work of one compilation, so that every spec ends."""

    def __init__(self, bag: DiagnosticBag, steps: int = 0, nodes: int = 0) -> None:
        self.bag = bag
        self.steps = steps
        self.nodes = nodes
        self.constants: dict[int, Any] = {}  # values by definition, computed once

    def step(self, span: Span, count: int = 1) -> None:
        self.steps += count
        if self.steps > MAX_STEPS:
            self.stop("RDL808", span, limit=MAX_STEPS)

    def node(self, span: Span, count: int = 1) -> None:
        self.nodes += count
        if self.nodes > MAX_NODES:
            self.stop("RDL806", span, limit=MAX_NODES)

    def model(self, span: Span) -> None:
        """A model is work even when it is small: a file of many thousands would never end."""
        self.step(span, _MODEL_STEPS)

    @property
    def is_spent(self) -> bool:
        return self.steps > MAX_STEPS or self.nodes > MAX_NODES

    def stop(self, code: str, span: Span, **fields: Any) -> None:
        """Reports a limit and ends the elaboration."""
        self.bag.add(diagnose(code, span, **fields))
        raise LimitReached


@dataclass(slots=True, eq=False)
class Frame:
    """The names of one body: its parameters, `let` values and tensors, over its file's names.

    `title` and `path` say which instance this is, for messages.
    """

    module: Module
    title: str = ""
    path: str = ""
    depth: int = 0
    names: MutableMapping[str, Any] = field(default_factory=dict)
    parent: Frame | None = None  # the caller's, for messages

    def lookup(self, name: str) -> Any:
        """The value of a local name, else the entity of the file or the language, else None."""
        if name in self.names:
            return self.names[name]
        return self.entity(name)

    def entity(self, name: str) -> Entity | None:
        return self.module.names.get(name) or operators().get(name)

    def child(self) -> Frame:
        """A frame that sees the same names and binds its own: an arm of an `if`, a loop's body."""
        return Frame(self.module, self.title, self.path, self.depth, dict(self.names), self.parent)

    def where(self) -> str:
        """The instantiation path: `layer2.0 = bottleneck(width = 128, stride = 2)`."""
        if not self.title:
            return ""
        return f"{self.path} = {self.title}" if self.path else self.title


def title(name: str, arguments: dict[str, Any]) -> str:
    """A block application for messages: its name and its compile-time arguments."""
    shown = [f"{key} = {show(value)}" for key, value in arguments.items() if not isinstance(value, Tensor)]
    text = ", ".join(shown)
    return f"{name}({text if len(text) <= 120 else text[:117] + '...'})"
