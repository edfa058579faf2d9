"""``resnet-dsl diff``: what changed from one network to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from resnet_dsl.cli.loading import load_models
from resnet_dsl.cli.options import Include, Overrides
from resnet_dsl.cli.terminal import put, tell

if TYPE_CHECKING:
    from resnet_dsl.program import CompiledNetwork


class Form(StrEnum):
    """How a comparison is printed."""

    TEXT = "text"
    JSON = "json"
    MD = "md"


_Side = Annotated[
    str, typer.Argument(help="A .rdl file, or one model of it: FILE:MODEL.", show_default=False)
]


def register(app: typer.Typer) -> None:
    app.command("diff")(diff)


def diff(
    before: _Side,
    after: _Side,
    overrides: Overrides = [],  # noqa: B006 - typer copies it
    include: Include = [],  # noqa: B006
    form: Annotated[Form, typer.Option("--format", help="The output's form.")] = Form.TEXT,
) -> None:
    """Compare two networks: operators, costs and keys.

    Without model names, models of one name are compared, or the only model of each file.
    """
    from resnet_dsl.analysis.compare import compare
    from resnet_dsl.backends.report.difference import render_difference

    sides = [load_models(*file_and_model(text), overrides, include) for text in (before, after)]
    pairs = _pairs(*sides)
    found = [compare(old.network, new.network) for old, new in pairs]
    if any(entry.before == entry.after for entry in found):
        files = [file_and_model(text)[0] for text in (before, after)]
        found = [
            replace(entry, before=f"{files[0]}:{entry.before}", after=f"{files[1]}:{entry.after}")
            for entry in found
        ]
    put(render_difference(found, form.value).rstrip("\n"))


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
