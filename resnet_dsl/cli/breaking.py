"""``resnet-dsl breaking``: what a change of a spec breaks for those who use its models."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from resnet_dsl.cli.loading import parse_overrides
from resnet_dsl.cli.options import NO_FOLDERS, NO_TEXTS, Include, Overrides, Spec
from resnet_dsl.cli.terminal import put

if TYPE_CHECKING:
    from resnet_dsl.analysis.breaking import Break, Model

_GIT = "git#"


class FailOn(StrEnum):
    """The mildest break that is an error."""

    API = "API"
    KEYS = "KEYS"
    SHAPES = "SHAPES"
    GRAPH = "GRAPH"


class Form(StrEnum):
    """How breaks are printed."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"  # workflow commands: notes on the lines of a pull request


def register(app: typer.Typer) -> None:
    app.command("breaking")(breaking)


def breaking(
    spec: Spec,
    against: Annotated[
        str,
        typer.Option(
            metavar="FILE|git#REV",
            help="The version before: a file, or this file in a revision, as in git#main.",
            show_default=False,
        ),
    ],
    fail_on: Annotated[
        FailOn | None,
        typer.Option(help="Exit with 1 where this breaks, or anything worse.", case_sensitive=False),
    ] = None,
    overrides: Overrides = NO_TEXTS,
    include: Include = NO_FOLDERS,
    form: Annotated[Form, typer.Option("--format", help="The output's form.")] = Form.TEXT,
) -> None:
    """Class a change: API, KEYS, SHAPES, GRAPH or NONE, from worst to harmless."""
    from resnet_dsl.analysis.breaking import Level, worst
    from resnet_dsl.analysis.breaking import breaking as breaks_between
    from resnet_dsl.diagnostics.catalog import diagnose
    from resnet_dsl.diagnostics.model import SpecError

    after = _models(spec, overrides, include)
    found = breaks_between(_before(spec, against, overrides, include), after)
    if form is Form.GITHUB:
        put(_github(found, against, spec, fail_on))
    else:
        put((_json if form is Form.JSON else _text)(found, against))
    level = worst(found)
    if fail_on is not None and level >= Level[fail_on.value]:
        first = f"{found[0].model}: {found[0].message}"
        raise SpecError(
            [diagnose("RDL980", None, path=str(spec), level=level.name, against=against, first=first)]
        )


def _before(spec: Path, against: str, overrides: Sequence[str], include: Sequence[Path]) -> dict[str, Model]:
    if not against.startswith(_GIT):
        return _models(Path(against), overrides, include)
    from resnet_dsl.cli.revision import restore
    from resnet_dsl.diagnostics.catalog import diagnose
    from resnet_dsl.diagnostics.model import SpecError

    revision = against.removeprefix(_GIT)
    with TemporaryDirectory(prefix="resnet-dsl-") as folder:
        file = restore(spec, revision, Path(folder))
        try:
            return _models(file, overrides, include)
        except SpecError as error:
            first = next(entry for entry in error.diagnostics if entry.is_error)
            line = f" (line {first.span.start_position.line})" if first.span is not None else ""
            reason = (first.message + line).replace(folder, ".")
            raise SpecError(
                [diagnose("RDL984", None, path=str(spec), revision=revision, reason=reason)]
            ) from None


def _models(spec: Path, overrides: Sequence[str], include: Sequence[Path]) -> dict[str, Model]:
    """What a file declares: every model's parameters, and the networks of the complete ones."""
    from resnet_dsl.analysis.breaking import Model, Parameter
    from resnet_dsl.compiler import load
    from resnet_dsl.semantics.declared import declared_models

    program = load(spec, overrides=parse_overrides(overrides), include=include)
    return {
        name: Model(
            {key: Parameter(*parameter) for key, parameter in parameters.items()},
            program[name].network if name in program.models else None,
        )
        for name, parameters in declared_models(spec, include).items()
    }


def _text(found: Sequence[Break], against: str) -> str:
    from resnet_dsl.analysis.breaking import worst
    from resnet_dsl.backends.report.escape import printable

    width = max((len(entry.model) for entry in found), default=0)
    lines = [
        f"{entry.level.name:<6}  {entry.model:<{width}}  {printable(entry.message)}"
        + (f" (line {entry.line})" if entry.line is not None else "")
        for entry in found
    ]
    return "\n".join([*lines, f"{worst(found).name} against {printable(against)}"])


def _json(found: Sequence[Break], against: str) -> str:
    from resnet_dsl.analysis.breaking import worst
    from resnet_dsl.ir.data import json_text

    rows = [
        {
            "level": entry.level.name,
            "model": entry.model,
            "path": entry.path or None,
            "line": entry.line,
            "message": entry.message,
        }
        for entry in found
    ]
    return json_text({"version": 1, "against": against, "level": worst(found).name, "breaks": rows})


def _github(found: Sequence[Break], against: str, spec: Path, fail_on: FailOn | None) -> str:
    """A workflow command for each break: an error where it fails the run, else a warning or a notice.

    See "Workflow commands for GitHub Actions" in GitHub's documentation.
    """
    from resnet_dsl.analysis.breaking import Level, worst
    from resnet_dsl.backends.report.escape import printable

    limit = Level[fail_on.value] if fail_on is not None else None
    lines = []
    for entry in found:
        fails = limit is not None and entry.level >= limit
        command = "error" if fails else "warning" if entry.level else "notice"
        place = f"file={_property(printable(spec.as_posix()))}"
        if entry.line is not None:
            place += f",line={entry.line}"
        title = _property(f"{entry.level.name}: {printable(entry.model)}")
        lines.append(f"::{command} {place},title={title}::{_message(printable(entry.message))}")
    return "\n".join([*lines, f"{worst(found).name} against {printable(against)}"])


def _message(text: str) -> str:
    """Text as the data of a workflow command, which ends with the line."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Text as a property of a workflow command, which a comma ends."""
    return _message(text).replace(":", "%3A").replace(",", "%2C")
