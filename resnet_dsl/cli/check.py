"""``resnet-dsl check``: is the spec right? Every mistake of every file in one run."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from resnet_dsl.cli.faults import WRONG_INPUT
from resnet_dsl.cli.loading import LeftOut, load_program, parse_overrides
from resnet_dsl.cli.options import (
    NO_FOLDERS,
    NO_TEXTS,
    DeleteBlocks,
    Include,
    Model,
    Overrides,
    Specs,
    WithoutShortcuts,
)
from resnet_dsl.cli.terminal import counted, put, tell, tell_diagnostics

if TYPE_CHECKING:
    from resnet_dsl.diagnostics.model import Diagnostic


class Form(StrEnum):
    """How diagnostics are printed: for people to stderr, for programs to stdout."""

    TEXT = "text"
    SHORT = "short"
    JSON = "json"
    GITHUB = "github"


def register(app: typer.Typer) -> None:
    app.command("check")(check)


def check(
    specs: Specs,
    model: Model = None,
    overrides: Overrides = NO_TEXTS,
    without_shortcuts: WithoutShortcuts = False,
    delete_blocks: DeleteBlocks = NO_TEXTS,
    include: Include = NO_FOLDERS,
    form: Annotated[Form, typer.Option("--format", help="The output's form.")] = Form.TEXT,
) -> None:
    """Check specs: syntax, names, shapes and expectations."""
    from resnet_dsl.diagnostics.model import SpecError

    values = parse_overrides(overrides)
    left_out = LeftOut(without_shortcuts, delete_blocks)
    found: list[Diagnostic] = []
    good: list[str] = []
    for spec in specs:
        try:
            program = load_program(spec, model, values, include, left_out=left_out)
            found.extend(program.diagnostics)
            good.append(f"{spec}: {counted(len(program), 'model')}, no mistakes")
        except SpecError as error:
            found.extend(error.diagnostics)

    _show(found, good, form)
    if any(entry.is_error for entry in found):
        raise typer.Exit(WRONG_INPUT)


def _show(found: list[Diagnostic], good: list[str], form: Form) -> None:
    from resnet_dsl.diagnostics.render import render_github, render_json, render_short

    match form:
        case Form.TEXT:
            tell_diagnostics(found)
        case Form.SHORT if found:
            tell(render_short(found))
        case Form.JSON:
            put(render_json(found))
        case Form.GITHUB if found:
            put(render_github(found))
    if form in {Form.TEXT, Form.SHORT}:
        for line in good:
            put(line)
