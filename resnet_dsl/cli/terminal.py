"""Where text goes: data to stdout, messages to stderr, colour only to terminals that want it."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resnet_dsl.diagnostics.model import Diagnostic


def wants_color(stream: TextIO) -> bool:
    """Whether colour may be written to `stream`: a terminal, and no `NO_COLOR` (no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def put(text: str) -> None:
    """Data, to stdout."""
    print(text)


def tell(text: str) -> None:
    """A message, to stderr. What was put before it comes out before it."""
    with suppress(OSError):  # what is wrong with stdout shows when it is written to
        sys.stdout.flush()
    print(text, file=sys.stderr, flush=True)


def tell_diagnostics(diagnostics: Sequence[Diagnostic]) -> None:
    """Diagnostics with their source lines, to stderr, and how many there were."""
    if not diagnostics:
        return
    from resnet_dsl.diagnostics.render import render_text

    tell(render_text(diagnostics, color=wants_color(sys.stderr)))
    if len(diagnostics) > 1:
        tell(f"\n{tally(diagnostics)}")


def tally(diagnostics: Sequence[Diagnostic]) -> str:
    """``2 errors, 1 warning``."""
    counts: dict[str, int] = {}
    for entry in diagnostics:
        counts[entry.severity.value] = counts.get(entry.severity.value, 0) + 1
    return ", ".join(counted(counts[word], word) for word in ("error", "warning", "note") if word in counts)


def counted(count: int, noun: str) -> str:
    """``1 file``, ``2 files``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def prepare_streams() -> None:
    """Streams that take any text: a letter that a terminal cannot show becomes an escape.

    A stream that was closed before we started swallows what it is given.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - open to the end
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def drop_output() -> None:
    """After the reader of stdout went away: nothing more is written there, at exit neither."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
