"""``resnet-dsl diff``: what changed from one network to another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from resnet_dsl.cli.draw import Direction, Theme
from resnet_dsl.cli.faults import WRONG_INPUT
from resnet_dsl.cli.loading import raise_unmet
from resnet_dsl.cli.modes import check_mode
from resnet_dsl.cli.options import NO_FOLDERS, NO_TEXTS, Include, Overrides
from resnet_dsl.cli.picture import SUFFIXES, Drawing, drawn, write_picture
from resnet_dsl.cli.sides import models_of, sides_of
from resnet_dsl.cli.terminal import put, tell

if TYPE_CHECKING:
    from resnet_dsl.analysis.compare import Comparison
    from resnet_dsl.backends.report.difference import DifferenceForm
    from resnet_dsl.compiled import CompiledNetwork
    from resnet_dsl.diagnostics.model import Diagnostic


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
_TEXTS = {".txt": Form.TEXT, ".json": Form.JSON, ".md": Form.MD}
_PRINTED: dict[Form, DifferenceForm] = {Form.TEXT: "text", Form.JSON: "json", Form.MD: "md"}
_DRAWN = {"--out": frozenset({"level", "direction", "theme"})}  # of a picture, or of the one in a page
_Side = Annotated[
    str,
    typer.Argument(
        help="A .rdl file, or one model of it: FILE:MODEL. In a revision: git#REV, git#REV:MODEL, git#REV:FILE.",
        show_default=False,
    ),
]


def register(app: typer.Typer) -> None:
    app.command("diff")(diff)


def diff(
    context: typer.Context,
    before: _Side,
    after: _Side,
    overrides: Overrides = NO_TEXTS,
    include: Include = NO_FOLDERS,
    form: Annotated[
        Form | None,
        typer.Option(
            "--format",
            help="What is printed, and beside a picture or page printed too; of another file in --out its form.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="A picture of both (.svg, .png, .pdf or .dot), a page with it (.html), or the text "
            "(.txt, .json or .md).",
            dir_okay=False,
            show_default=False,
        ),
    ] = None,
    level: Annotated[
        Level | None,
        typer.Option(
            help="What one shape of the picture stands for; default: the finest that stays readable, from block up."
        ),
    ] = None,
    direction: Annotated[
        Direction, typer.Option(help="Picture: top to bottom, or left to right.", case_sensitive=False)
    ] = Direction.TB,
    theme: Annotated[
        Theme, typer.Option(help="Picture: for papers, for light slides, or for dark pages.")
    ] = Theme.PAPER,
) -> None:
    """Compare two networks, as text, a page or a picture.

    Operators, costs and keys. Without model names, models of one name are compared, or the only model of
    each file. What the first one expects does not matter; where expectations of the second do not hold,
    the end is 1.
    """
    from resnet_dsl.analysis.compare import compare

    suffix = "" if out is None else out.suffix.lower()
    if out is not None and suffix not in (*SUFFIXES, _PAGE, *_TEXTS):
        raise typer.BadParameter(
            f"{out.name!r} is neither picture nor page nor text: use {', '.join((*SUFFIXES, _PAGE, *_TEXTS))}",
            param_hint="--out",
        )
    drawn = suffix in (*SUFFIXES, _PAGE) or form is Form.HTML
    check_mode(context, "--out" if drawn else None, _DRAWN, frozenset())
    named = sides_of(before, after)
    if out is not None:
        from resnet_dsl.cli.output import check_destination

        check_destination(out, [side.file for side in named])
    unmet: list[Diagnostic] = []
    sides = [
        models_of(named[0], overrides, include, None),
        models_of(named[1], overrides, include, unmet),
    ]
    pairs = _pairs(*sides)
    single = "a picture" if suffix in SUFFIXES else "a page" if Form.HTML in (form, _form(suffix)) else ""
    if single and len(pairs) > 1:
        names = ", ".join(old.name for old, _ in pairs)
        raise typer.BadParameter(
            f"{single} shows two networks, and both files have {names}: name the models, FILE:MODEL",
            param_hint="BEFORE AFTER",
        )
    found = [compare(old.network, new.network) for old, new in pairs]
    if any(entry.before == entry.after for entry in found):
        found = [
            replace(entry, before=f"{named[0].label}:{entry.before}", after=f"{named[1].label}:{entry.after}")
            for entry in found
        ]
    looks = _Looks(level and level.value, direction.value, theme.value)
    if out is None:
        put(_text(found, form or Form.TEXT, looks).rstrip("\n"))
        raise_unmet(unmet)
        return
    beside = form if suffix in (*SUFFIXES, _PAGE) and form is not _form(suffix) else None
    if beside is not None:
        put(_text(found, beside, looks).rstrip("\n"))
    said = _write(out, found, form, looks)
    if said is not None:
        (put if beside is None else tell)(f"{out}: {said}")
    raise_unmet(unmet)
    if said is None:
        raise typer.Exit(WRONG_INPUT)


class _Looks(NamedTuple):
    """What decides how the picture is drawn; without a level it is the finest that stays readable."""

    level: str | None
    direction: str
    theme: str


def _form(suffix: str) -> Form | None:
    return Form.HTML if suffix == _PAGE else _TEXTS.get(suffix)


def _text(found: Sequence[Comparison], form: Form, looks: _Looks) -> str:
    from resnet_dsl.backends.report.difference import render_difference

    return _page(found[0], looks) if form is Form.HTML else render_difference(found, _PRINTED[form])


def _write(file: Path, found: Sequence[Comparison], form: Form | None, looks: _Looks) -> str | None:
    """Writes the file and says what is in it; None where the picture could not be drawn."""
    from resnet_dsl.cli.output import write_atomic

    names = ", ".join(f"{entry.before} -> {entry.after}" for entry in found)
    suffix = file.suffix.lower()
    if suffix in SUFFIXES:
        level = write_picture(file, _drawings(found[0], looks))
        return None if level is None else f"{names} at level {level}"
    chosen = _form(suffix) if suffix == _PAGE else form or _form(suffix)
    text = _text(found, chosen or Form.TEXT, looks)
    write_atomic(file, text)
    return names


def _drawings(found: Comparison, looks: _Looks) -> Iterator[Drawing]:
    from resnet_dsl.backends.graphviz import dot, theme_named
    from resnet_dsl.backends.graphviz.difference import difference_pictures
    from resnet_dsl.backends.report.difference import headline

    for picture in difference_pictures(found, looks.level, headline(found)):
        yield picture.level.value, dot(picture, looks.direction, theme_named(looks.theme))


def _page(found: Comparison, looks: _Looks) -> str:
    """The page; where nothing can draw, it says why in the picture's place, and so does this command."""
    from resnet_dsl.backends.graphviz import RenderError
    from resnet_dsl.backends.html.difference import difference_page
    from resnet_dsl.diagnostics.visible import visible

    try:
        _, picture = drawn(_drawings(found, looks), "svg")
    except RenderError as error:
        tell(f"warning: the page has no picture: {visible(str(error))}")
        return difference_page(found, None, str(error))
    return difference_page(found, picture.decode("utf-8"))


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
