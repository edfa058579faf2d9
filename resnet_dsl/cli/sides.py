"""The two sides that `diff` compares: files, models of them, and revisions of both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from resnet_dsl.cli.loading import NoSuchModel, load_models

if TYPE_CHECKING:
    from resnet_dsl.compiled import CompiledNetwork
    from resnet_dsl.diagnostics.model import Diagnostic


class Side(NamedTuple):
    """A file, its model where one is named, the revision that it is read from, and its argument."""

    file: Path
    model: str | None
    revision: str | None
    argument: str

    @property
    def label(self) -> str:
        """What a comparison calls the file."""
        return str(self.file) if self.revision is None else f"git#{self.revision}:{self.file}"


def sides_of(before: str, after: str) -> tuple[Side, Side]:
    """What the command line names; a revision without a file is one of the other side's file."""
    read = [_words(before, "BEFORE"), _words(after, "AFTER")]
    found: list[Side] = []
    for (file, model, revision), other, argument in zip(
        read, reversed(read), ("BEFORE", "AFTER"), strict=True
    ):
        place = file or other[0]
        if place is None:
            raise typer.BadParameter(
                f"which spec of the revision? Write `git#{revision}:FILE`", param_hint=argument
            )
        found.append(Side(place, model, revision, argument))
    return found[0], found[1]


def models_of(
    side: Side, overrides: Sequence[str], include: Iterable[Path], unmet: list[Diagnostic] | None
) -> list[CompiledNetwork]:
    """A side's models. Its expectations are checked where there is a list `unmet` to put them into."""
    from resnet_dsl.cli.revision import restored

    last = "verify" if unmet is None else None
    place = nullcontext(side.file) if side.revision is None else restored(side.file, side.revision)
    with place as file:
        try:
            return load_models(file, side.model, overrides, include, unmet=unmet, stop_after=last)
        except NoSuchModel as error:
            raise typer.BadParameter(f"{side.label}: {error.told}", param_hint=side.argument) from None


def file_and_model(text: str) -> tuple[Path, str | None]:
    """``specs/family.rdl:small`` as its parts; a file whose name has a colon stays whole."""
    path, colon, model = text.rpartition(":")
    if colon and path and model.isidentifier() and not Path(text).exists():
        return Path(path), model
    return Path(text), None


def _words(text: str, argument: str) -> tuple[Path | None, str | None, str | None]:
    """File, model and revision of one argument, each where it is named."""
    from resnet_dsl.cli.revision import check_file, past

    named = past(text)
    if named is not None:
        return named.file, named.model, named.revision
    file, model = file_and_model(text)
    check_file(str(file), argument)
    return file, model, None
