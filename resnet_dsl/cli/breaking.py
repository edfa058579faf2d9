"""``resnet-dsl breaking``: what a change of a spec breaks for those who use its models."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from resnet_dsl.cli.faults import annotated
from resnet_dsl.cli.loading import load_program, parse_overrides, raise_unmet
from resnet_dsl.cli.options import NO_FOLDERS, NO_TEXTS, Include, Overrides, Spec
from resnet_dsl.cli.terminal import put

if TYPE_CHECKING:
    from resnet_dsl.analysis.breaking import Break, Model
    from resnet_dsl.cli.literal import Value
    from resnet_dsl.diagnostics.model import Diagnostic


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
            metavar="FILE|git#REV[:FILE]",
            help="The version before: a file, or this or another file in a revision, as in git#main.",
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
    """Class a change: API, KEYS, SHAPES, GRAPH or NONE.

    API is the worst, GRAPH the mildest. Ends with 1 also where expectations of the new version do not hold.
    """
    with annotated(form is Form.GITHUB):
        _compare(spec, against, fail_on, parse_overrides(overrides), include, form)


def _compare(
    spec: Path,
    against: str,
    fail_on: FailOn | None,
    overrides: dict[str, Value],
    include: Sequence[Path],
    form: Form,
) -> None:
    from resnet_dsl.analysis.breaking import Level, breaking, worst
    from resnet_dsl.analysis.gathered import gathered
    from resnet_dsl.diagnostics.catalog import diagnose

    unmet: list[Diagnostic] = []
    before = _before(spec, against, overrides, include)
    found = breaking(before, _models(spec, overrides, include, unmet))
    if form is Form.GITHUB:
        put(_github(found, against, spec, fail_on))
    else:
        put((_json if form is Form.JSON else _text)(found, against))
    level = worst(found)
    if fail_on is not None and level >= Level[fail_on.value]:
        worst_one = gathered(found)[0]
        first = f"{worst_one.model}: {worst_one.message}"
        unmet.append(diagnose("RDL980", None, path=str(spec), level=level.name, against=against, first=first))
    raise_unmet(unmet)


def _before(
    spec: Path, against: str, overrides: dict[str, Value], include: Sequence[Path]
) -> dict[str, Model]:
    """The models of the version before; what that one expects of them does not matter."""
    from resnet_dsl.cli.revision import check_file, past, restored

    named = past(against)
    if named is None:
        check_file(against, "--against")
        return _models(Path(against), overrides, include)
    if named.model is not None:
        raise typer.BadParameter(
            f"all models of the spec are compared; leave out `:{named.model}`", param_hint="--against"
        )
    with restored(named.file or spec, named.revision) as file:
        return _models(file, overrides, include)


def _models(
    spec: Path,
    overrides: dict[str, Value],
    include: Sequence[Path],
    unmet: list[Diagnostic] | None = None,
) -> dict[str, Model]:
    """What a file declares: every model's parameters, and the networks of the complete ones.

    Expectations are checked where there is a list `unmet` to put them into.
    """
    from resnet_dsl.analysis.breaking import Model, Parameter
    from resnet_dsl.semantics.declared import declared_models

    last = "verify" if unmet is None else None
    program = load_program(spec, None, overrides, include, stop_after=last, unmet=unmet)
    return {
        name: Model(
            {key: Parameter(*parameter) for key, parameter in parameters.items()},
            program[name].network if name in program.models else None,
        )
        for name, parameters in declared_models(spec, include).items()
    }


def _text(found: Sequence[Break], against: str) -> str:
    from resnet_dsl.analysis.breaking import worst
    from resnet_dsl.analysis.gathered import gathered
    from resnet_dsl.backends.report.escape import printable

    width = max((len(entry.model) for entry in found), default=0)
    lines = [
        f"{entry.level.name:<6}  {entry.model:<{width}}  {printable(entry.message)}{_places(entry.lines)}"
        for entry in gathered(found)
    ]
    return "\n".join([*lines, f"{worst(found).name} against {printable(against)}"])


def _places(lines: Sequence[int]) -> str:
    from resnet_dsl.analysis.breaking import SHOWN

    told = ", ".join(str(line) for line in lines[:SHOWN])
    if len(lines) > SHOWN:
        told = f"{told} and {len(lines) - SHOWN:,} more"
    return f" (line{'s' if len(lines) > 1 else ''} {told})" if lines else ""


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
    """An annotation for each break: an error where it fails the run, else a warning or a notice."""
    from resnet_dsl.analysis.breaking import Level, worst
    from resnet_dsl.analysis.gathered import gathered
    from resnet_dsl.backends.report.escape import printable
    from resnet_dsl.diagnostics.model import Severity
    from resnet_dsl.diagnostics.render import workflow_command

    limit = Level[fail_on.value] if fail_on is not None else None
    lines = []
    for entry in gathered(found, by_line=True):  # a note stands at one line
        fails = limit is not None and entry.level >= limit
        severity = Severity.ERROR if fails else Severity.WARNING if entry.level else Severity.NOTE
        title = f"{entry.level.name}: {entry.model}"
        lines.append(
            workflow_command(
                severity, entry.message, title, spec.as_posix(), line=entry.lines[0] if entry.lines else None
            )
        )
    return "\n".join([*lines, f"{worst(found).name} against {printable(against)}"])
