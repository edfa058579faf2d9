"""Pictures as files, whatever they show."""

from __future__ import annotations

from pathlib import Path

from resnet_dsl.cli.terminal import tell

SUFFIXES = (".svg", ".png", ".pdf", ".dot")


def write_picture(file: Path, text: str) -> bool:
    """Draws DOT text in the form that the file's suffix names, one of `SUFFIXES`.

    Where nothing can draw it, the text is written beside it as ``.dot``, the reason is told, and
    the answer is False.
    """
    from resnet_dsl.backends.graphviz import RenderError, render
    from resnet_dsl.cli.output import write_atomic
    from resnet_dsl.diagnostics.visible import visible

    file.parent.mkdir(parents=True, exist_ok=True)
    form = file.suffix.lower().removeprefix(".")
    if form == "dot":
        write_atomic(file, text)
        return True
    try:
        picture = render(text, form)
    except RenderError as error:
        beside = file.with_suffix(".dot")
        write_atomic(beside, text)
        tell(f"error: no {file}: {visible(str(error))}\n  the diagram as text is in {beside}")
        return False
    write_atomic(file, picture)
    return True
