"""Pictures as files, whatever they show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from resnet_dsl.cli.terminal import tell

SUFFIXES = (".svg", ".png", ".pdf", ".dot")

Drawing = tuple[str, str]  # a level, and the DOT text of the picture at it


def write_picture(file: Path, drawings: Iterator[Drawing]) -> str | None:
    """Draws the first of some texts that can be drawn, in the form that the file's suffix names.

    The suffix is one of `SUFFIXES`. The answer is the level that was drawn. Where nothing can draw
    any, the first text is written beside the file as ``.dot``, the reason is told, and the answer
    is None.
    """
    from resnet_dsl.backends.graphviz import RenderError
    from resnet_dsl.cli.output import write_atomic
    from resnet_dsl.diagnostics.visible import visible

    form = file.suffix.lower().removeprefix(".")
    level, text = next(drawings)
    if form == "dot":
        write_atomic(file, text)
        return level
    try:
        level, picture = drawn(chain([(level, text)], drawings), form)
    except RenderError as error:
        beside = file.with_suffix(".dot")
        write_atomic(beside, text)
        tell(f"error: no {file}: {visible(str(error))}\n  the diagram as text is in {beside}")
        return None
    write_atomic(file, picture)
    return level


def drawn(drawings: Iterable[Drawing], form: str) -> tuple[str, bytes]:
    """The first picture that can be drawn, with its level; why it is not the first of all is told.

    Raises the `RenderError` of the first where there is none, at once where there is no engine.
    """
    from resnet_dsl.backends.graphviz import RenderError, RenderUnavailable, render
    from resnet_dsl.diagnostics.visible import visible

    failed: list[tuple[str, RenderError]] = []
    for level, text in drawings:
        try:
            picture = render(text, form)
        except RenderUnavailable:
            raise
        except RenderError as error:
            failed.append((level, error))
            continue
        for finer, reason in failed:
            tell(f"warning: no picture at level {finer}, this is level {level}: {visible(str(reason))}")
        return level, picture
    raise failed[0][1]
