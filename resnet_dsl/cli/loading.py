"""From the words of a command line to compiled models."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from resnet_dsl.cli.conditions import check_shape, reads_otherwise
from resnet_dsl.cli.terminal import tell_diagnostics

if TYPE_CHECKING:
    from resnet_dsl.cli.literal import Value
    from resnet_dsl.compiled import CompiledNetwork
    from resnet_dsl.diagnostics.model import Diagnostic
    from resnet_dsl.program import Program

_NO_SUCH_MODEL = "RDL222"
_UNMET = "RDL601"


class LeftOut(NamedTuple):
    """What a command leaves out of the networks: see `compiler.load`."""

    without_shortcuts: bool = False
    delete_blocks: Sequence[str] = ()


_NOTHING = LeftOut()


class NoSuchModel(typer.BadParameter):
    """A model that the file does not have; `told` says so without naming file or option."""

    def __init__(self, spec: Path, told: str) -> None:
        super().__init__(f"{spec}: {told}", param_hint="--model")
        self.told = told


def load_models(
    spec: Path,
    model: str | None = None,
    overrides: Sequence[str] = (),
    include: Iterable[Path] = (),
    input_shape: Sequence[int] | None = None,
    recipe: str | None = None,
    left_out: LeftOut = _NOTHING,
    unmet: list[Diagnostic] | None = None,
    stop_after: str | None = None,
) -> list[CompiledNetwork]:
    """The models that `spec` declares, or the one named `model`; warnings go to stderr.

    `overrides` are ``name=value`` texts, `input_shape` replaces the input's. Expectations that do not
    hold are put into `unmet`, where it is given: see `raise_unmet`; `stop_after` ``verify`` asks for
    none. Raises `SpecError`
    where the spec is wrong (`faults` tells it and ends with 1), and typer's usage error where the
    file has no such model or an override is malformed.
    """
    values = parse_overrides(overrides)
    program = load_program(
        spec, model, values, include, input_shape, stop_after, recipe, left_out=left_out, unmet=unmet
    )
    tell_diagnostics(program.diagnostics)
    return list(program.models.values())


def load_all(
    specs: Sequence[Path],
    model: str | None = None,
    overrides: Sequence[str] = (),
    include: Iterable[Path] = (),
    stop_after: str | None = None,
    left_out: LeftOut = _NOTHING,
    unmet: list[Diagnostic] | None = None,
) -> list[tuple[Path, Program]]:
    """Every spec's program, in order, without a word; the mistakes of all in one `SpecError`.

    Expectations that do not hold are put into `unmet`, where it is given.
    """
    from resnet_dsl.diagnostics.model import SpecError

    values = parse_overrides(overrides)
    programs: list[tuple[Path, Program]] = []
    mistakes: list[Diagnostic] = []
    for spec in specs:
        try:
            program = load_program(
                spec, model, values, include, stop_after=stop_after, left_out=left_out, unmet=unmet
            )
            programs.append((spec, program))
        except SpecError as error:
            mistakes.extend(error.diagnostics)
    if mistakes:
        warnings = [entry for _, program in programs for entry in program.diagnostics]
        raise SpecError([*warnings, *mistakes])
    return programs


def load_program(
    spec: Path,
    model: str | None,
    overrides: dict[str, Value],
    include: Iterable[Path] = (),
    input_shape: Sequence[int] | None = None,
    stop_after: str | None = None,
    recipe: str | None = None,
    left_out: LeftOut = _NOTHING,
    unmet: list[Diagnostic] | None = None,
) -> Program:
    """One spec, compiled; a model that it does not have is a mistake in the command.

    Expectations that do not hold are put into `unmet`, where it is given.
    """
    from resnet_dsl.compiler import PHASES, load
    from resnet_dsl.diagnostics.model import SpecError

    compiled = partial(
        load,
        spec,
        model=model,
        overrides=overrides,
        input_shape=input_shape,
        include=include,
        recipe=recipe,
        without_shortcuts=left_out.without_shortcuts,
        delete_blocks=left_out.delete_blocks,
    )
    if input_shape is not None and reads_otherwise(input_shape):
        with suppress(SpecError):  # what is wrong is told below
            for network in compiled(input_shape=None, stop_after="elaborate").models.values():
                graph = network.network
                check_shape(input_shape, graph.node(graph.inputs[0]).shape.plain())
    try:
        return compiled(stop_after=stop_after or PHASES[-1])
    except SpecError as error:
        mistakes = [entry for entry in error.diagnostics if entry.is_error]
        if unmet is not None and {entry.code for entry in mistakes} == {_UNMET}:
            unmet += mistakes
            return compiled(stop_after="verify")
        unknown = [entry for entry in error.diagnostics if entry.code == _NO_SUCH_MODEL]
        if not unknown:
            raise
        parts = [part for part in (unknown[0].message, unknown[0].help) if part]
        raise NoSuchModel(spec, "; ".join(parts)) from None


def raise_unmet(unmet: Sequence[Diagnostic]) -> None:
    """Ends a command that has shown its figures, where expectations do not hold."""
    if unmet:
        from resnet_dsl.diagnostics.model import SpecError

        raise SpecError(unmet)


def parse_overrides(assignments: Sequence[str]) -> dict[str, Value]:
    """``["classes=10", "depths=[2, 2]"]`` as a mapping; each name once."""
    if not assignments:
        return {}
    from resnet_dsl.cli.literal import parse_assignment

    values: dict[str, Value] = {}
    for text in assignments:
        try:
            name, value = parse_assignment(text)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--set") from None
        if name in values:
            raise typer.BadParameter(f"`{name}` is set twice", param_hint="--set")
        values[name] = value
    return values
