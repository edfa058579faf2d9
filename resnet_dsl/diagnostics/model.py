"""What a diagnostic is: data with a code, spans and the edit that mends it.

Rendering lives in `render`, message text in `catalog`; this file holds only values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple

from resnet_dsl.source import Span

MAX_MISTAKES = 100  # of one compilation


class Severity(Enum):
    """`ERROR` stops a compilation, `WARNING` and `NOTE` never change the graph."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Label(NamedTuple):
    """A second place that a message talks about, and what to say there."""

    span: Span
    text: str


class Diagnostic(NamedTuple):
    """One mistake of the user's, told once.

    `where` is the instantiation path (``layer2.0 = bottleneck(width = 128)``) and `instances`
    how many instances of the same block run into the same mistake.
    """

    code: str
    message: str
    span: Span | None = None
    severity: Severity = Severity.ERROR
    label: str = ""
    help: str = ""
    related: tuple[Label, ...] = ()
    where: str = ""
    instances: int = 1

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR


class SpecError(Exception):
    """The user's spec is wrong. `diagnostics` says how; `str()` prints like the command line."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)
        super().__init__(f"{len(self.diagnostics)} diagnostic(s)")

    def __str__(self) -> str:
        from resnet_dsl.diagnostics.render import render_text

        return render_text(self.diagnostics)


class InternalError(Exception):
    """A bug of ours: an invariant that the compiler itself broke."""


class TooManyMistakes(Exception):
    """There are more mistakes than anybody reads; the compilation ends here."""


class DiagnosticBag:
    """Collects diagnostics; the same mistake at the same place is kept once and counted."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, int, int, int], Diagnostic] = {}
        self._errors = 0

    def add(self, diagnostic: Diagnostic) -> None:
        """Keeps a diagnostic. Raises `TooManyMistakes` for an error too many; drops such a warning."""
        span = diagnostic.span
        key = (
            (diagnostic.code, id(span.source), span.start, span.end)
            if span is not None
            else (diagnostic.code, hash(diagnostic.message), 0, 0)
        )
        seen = self._entries.get(key)
        if seen is None:
            if diagnostic.is_error and self._errors >= MAX_MISTAKES:
                raise TooManyMistakes
            if not diagnostic.is_error and len(self._entries) - self._errors >= MAX_MISTAKES:
                return
            self._entries[key] = diagnostic
            self._errors += diagnostic.is_error
        else:
            self._entries[key] = seen._replace(instances=seen.instances + diagnostic.instances)

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        for diagnostic in diagnostics:
            self.add(diagnostic)

    def __iter__(self) -> Iterator[Diagnostic]:
        """In reading order: by file as first seen, then by place."""
        order: dict[int, int] = {}
        for entry in self._entries.values():
            if entry.span is not None:
                order.setdefault(id(entry.span.source), len(order))

        def place(entry: Diagnostic) -> tuple[int, int]:
            return (-1, 0) if entry.span is None else (order[id(entry.span.source)], entry.span.start)

        return iter(sorted(self._entries.values(), key=place))

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def error_count(self) -> int:
        """Distinct errors; more instances of a known one do not count."""
        return self._errors

    @property
    def has_errors(self) -> bool:
        return self._errors > 0

    def raise_if_errors(self) -> None:
        """Raises `SpecError` with everything collected when one of them is an error."""
        if self.has_errors:
            raise SpecError(self)
