"""``resnet-dsl diff``: what changed from one network to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from resnet_dsl.cli.draw import Direction
from resnet_dsl.cli.faults import WRONG_INPUT
from resnet_dsl.cli.loading import load_models
from resnet_dsl.cli.options import NO_FOLDERS, NO_TEXTS, Include, Overrides
from resnet_dsl.cli.picture import SUFFIXES, write_picture
from resnet_dsl.cli.terminal import put, tell

if TYPE_CHECKING:
    from resnet_dsl.analysis.compare import Comparison
    from resnet_dsl.backends.report.difference import DifferenceForm
    from resnet_dsl.program import CompiledNetwork


class Form(StrEnum):
    """How a comparison is printed."""

    TEXT = "text"
    JSON = "json"
    MD = "md"
    HTML = "html"


class Level(StrEnum):
    """What one shape of a picture stands for."""

    OP = "op"
    BLOCK = "block"
    STAGE = "stage"


_PAGE = ".html"
_PRINTED: dict[Form, DifferenceForm] = {Form.TEXT: "text", Form.JSON: "json", Form.MD: "md"}
_Side = Annotated[
    str, typer.Argument(help="A .rdl file, or one model of it: FILE:MODEL.", show_default=False)
]


def register(app: typer.Typer) -> None:
    app.command("diff")(diff)


def diff(
    before: _Side,
    after: _Side,
    overrides: Overrides = NO_TEXTS,
    include: Include = NO_FOLDERS,
    form: Annotated[
        Form | None,
        typer.Option("--format", help="What is printed; default: text, or nothing beside --out."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="A picture of both (.svg, .png, .pdf or .dot), or a page with it (.html).",
            dir_okay=False,
            show_default=False,
        ),
    ] = None,
    level: Annotated[Level, typer.Option(help="What one shape of the picture stands for.")] = Level.BLOCK,
    direction: Annotated[
        Direction, typer.Option(help="Picture: top to bottom, or left to right.", case_sensitive=False)
    ] = Direction.TB,
) -> None:
    """Compare two networks: operators, costs and keys, as text, a page or a picture.

    Without model names, models of one name are compared, or the only model of each file.
    """
    from resnet_dsl.analysis.compare import compare
    from resnet_dsl.backends.report.difference import render_difference

    if out is not None and out.suffix.lower() not in (*SUFFIXES, _PAGE):
        raise typer.BadParameter(
            f"{out.name!r} is neither picture nor page: use {', '.join((*SUFFIXES, _PAGE))}",
            param_hint="--out",
        )
    sides = [load_models(*file_and_model(text), overrides, include) for text in (before, after)]
    pairs = _pairs(*sides)
    single = "a picture" if out is not None else "a page" if form is Form.HTML else ""
    if single and len(pairs) > 1:
        names = ", ".join(old.name for old, _ in pairs)
        raise typer.BadParameter(
            f"{single} shows two networks, and both files have {names}: name the models, FILE:MODEL",
            param_hint="BEFORE AFTER",
        )
    found = [compare(old.network, new.network) for old, new in pairs]
    if any(entry.before == entry.after for entry in found):
        files = [file_and_model(text)[0] for text in (before, after)]
        found = [
            replace(entry, before=f"{files[0]}:{entry.before}", after=f"{files[1]}:{entry.after}")
            for entry in found
        ]
    printed = form or (Form.TEXT if out is None else None)
    if printed is Form.HTML:
        put(_page(found[0], level, direction).rstrip("\n"))
    elif printed is not None:
        put(render_difference(found, _PRINTED[printed]).rstrip("\n"))
    if out is not None:
        if not _write(out, found[0], level, direction):
            raise typer.Exit(WRONG_INPUT)
        (put if form is None else tell)(f"{out}: {found[0].before} -> {found[0].after}")


def _write(file: Path, found: Comparison, level: Level, direction: Direction) -> bool:
    """Writes the page or the picture; False where the picture could not be drawn."""
    from resnet_dsl.cli.output import write_atomic

    if file.suffix.lower() == _PAGE:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(file, _page(found, level, direction))
        return True
    return write_picture(file, _dot(found, level, direction))


def _dot(found: Comparison, level: Level, direction: Direction) -> str:
    from resnet_dsl.backends.graphviz import dot
    from resnet_dsl.backends.graphviz.difference import difference_diagram
    from resnet_dsl.backends.report.difference import headline

    return dot(difference_diagram(found, level.value, headline(found)), direction.value)


def _page(found: Comparison, level: Level, direction: Direction) -> str:
    """The page; where nothing can draw, it says why in the picture's place, and so does this command."""
    from resnet_dsl.backends.graphviz import RenderError, render
    from resnet_dsl.backends.html.difference import difference_page
    from resnet_dsl.diagnostics.visible import visible

    try:
        picture = render(_dot(found, level, direction), "svg").decode("utf-8")
    except RenderError as error:
        tell(f"warning: the page has no picture: {visible(str(error))}")
        return difference_page(found, None, str(error))
    return difference_page(found, picture)


def file_and_model(text: str) -> tuple[Path, str | None]:
    """``specs/family.rdl:small`` as its parts; a file whose name has a colon stays whole."""
    path, colon, model = text.rpartition(":")
    if colon and path and model.isidentifier() and not Path(text).exists():
        return Path(path), model
    return Path(text), None


def _pairs(
    before: Sequence[CompiledNetwork], after: Sequence[CompiledNetwork]
) -> list[tuple[CompiledNetwork, CompiledNetwork]]:
    if len(before) == len(after) == 1:
        return [(before[0], after[0])]
    named = {network.name: network for network in after}
    pairs = [(network, named[network.name]) for network in before if network.name in named]
    names = [[network.name for network in side] for side in (before, after)]
    if not pairs:
        listed = "; ".join(", ".join(side) for side in names)
        raise typer.BadParameter(
            f"no model has one name in both files ({listed}); name the models: FILE:MODEL",
            param_hint="BEFORE AFTER",
        )
    for side, place in zip(names, ("first", "second"), strict=True):
        alone = [name for name in side if name not in {network.name for network, _ in pairs}]
        if alone:
            tell(f"only in the {place} file: {', '.join(alone)}")
    return pairs
