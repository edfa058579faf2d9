"""How far reading has come: a bar on a terminal, a line a part elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn


@contextmanager
def watched(stream: IO[str], *, color: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Gives what is to be told the part, the images read of it, and how many there are."""
    if not stream.isatty():
        yield lambda name, done, total: _line(stream, name, done, total)
        return
    console = Console(file=stream, no_color=not color, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(None), MofNCompleteColumn(), TimeRemainingColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=console, expand=True) as progress:

        def hear(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(name, total=total)
            progress.update(tasks[name], completed=done)

        yield hear


def _line(stream: IO[str], name: str, done: int, total: int) -> None:
    if done == total:
        print(f"{name}: {done:,} images read", file=stream, flush=True)
