"""``resnet-dsl compile``: a model's folder of PyTorch, diagram and report, written whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from resnet_dsl.cli.faults import WRONG_INPUT
from resnet_dsl.cli.loading import LeftOut, load_all
from resnet_dsl.cli.options import (
    NO_FOLDERS,
    NO_TEXTS,
    DeleteBlocks,
    FoldBatchNorms,
    Include,
    Model,
    Overrides,
    Rename,
    Specs,
    WithoutShortcuts,
)
from resnet_dsl.cli.terminal import counted, put, tell, tell_diagnostics

if TYPE_CHECKING:
    from resnet_dsl.compiled import CompiledNetwork
    from resnet_dsl.program import Program

_PICTURE = "graph.svg"
_WEIGHTS = "weights.safetensors"


class Phase(StrEnum):
    """The compiler's phases, in order; the same as `compiler.PHASES`, which tests compare."""

    PARSE = "parse"
    RESOLVE = "resolve"
    ELABORATE = "elaborate"
    VERIFY = "verify"
    EXPECT = "expect"


def register(app: typer.Typer) -> None:
    app.command("compile")(compile_specs)


def compile_specs(
    specs: Specs,
    model: Model = None,
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="DIR", help="Where the models' folders go.", file_okay=False),
    ] = Path("generated"),
    overrides: Overrides = NO_TEXTS,
    without_shortcuts: WithoutShortcuts = False,
    delete_blocks: DeleteBlocks = NO_TEXTS,
    include: Include = NO_FOLDERS,
    weights: Annotated[
        Path | None,
        typer.Option(
            "--weights",
            metavar="FILE",
            help="A checkpoint that fits the one model: weights.safetensors is written beside it.",
            show_default=False,
        ),
    ] = None,
    rename: Rename = NO_TEXTS,
    fold_bn: FoldBatchNorms = False,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail where a file would change.")
    ] = False,
    stop_after: Annotated[
        Phase | None, typer.Option("--stop-after", help="Go no further than this phase; write nothing.")
    ] = None,
    dump: Annotated[
        Phase | None, typer.Option("--dump", help="Print what this phase made; write nothing.")
    ] = None,
) -> None:
    """Compile specs to PyTorch, a diagram and a report.

    Each model gets a folder in DIR with model.py, graph.dot, graph.svg, report.md and report.json, and
    with --weights also weights.safetensors, written whole or not at all.
    """
    left_out = LeftOut(without_shortcuts, delete_blocks)
    if dump is not None:
        from resnet_dsl.cli.dump import dump as dumped

        for spec in specs:
            put(dumped(dump.value, spec, model, overrides, include, left_out))
        return
    programs = load_all(specs, model, overrides, include, stop_after and stop_after.value, left_out)
    for _, program in programs:
        tell_diagnostics(program.diagnostics)
    if stop_after is not None:
        for spec, _ in programs:
            put(f"{spec}: no mistakes up to {stop_after.value}")
        return

    folders = _folders(programs, out)
    whole = list(folders.values())
    if fold_bn:
        folders = {folder: _folded(net) for folder, net in folders.items()}
    artefacts = {folder: _artefacts(net) for folder, net in folders.items()}
    _check_destinations(artefacts, specs, weights if fold_bn else None)
    if weights is not None:
        _add_weights(artefacts, whole, list(folders.values()), weights, rename)
    if check:
        _compare(artefacts)
        return
    for folder, net in folders.items():
        _write(folder, net, artefacts[folder])


def _folders(programs: Sequence[tuple[Path, Program]], out: Path) -> dict[Path, CompiledNetwork]:
    """Each model's folder; two models may not share one, also where letter case does not count."""
    folders: dict[Path, CompiledNetwork] = {}
    taken: dict[str, Path] = {}
    for spec, program in programs:
        for net in program.models.values():
            first = taken.setdefault(net.name.casefold(), spec)
            if first != spec or out / net.name in folders:
                raise typer.BadParameter(
                    f"{first} and {spec} both declare {net.name!r}: compile them apart, each with its own --out"
                )
            folders[out / net.name] = net
    return folders


def _check_destinations(
    artefacts: Mapping[Path, Mapping[str, str | bytes]], specs: Sequence[Path], whole: Path | None
) -> None:
    """A usage error where a file to be written is a spec, or weights that folding takes apart."""
    from resnet_dsl.cli.output import check_destination

    for folder, files in artefacts.items():
        for name in (*files, _PICTURE):
            check_destination(folder / name, specs)
        if whole is not None:
            check_destination(folder / _WEIGHTS, [whole])


def _folded(net: CompiledNetwork) -> CompiledNetwork:
    folded = net.folded()
    if not folded.folds:
        tell(f"note: {net.name} has no batch norm to fold")
    return folded


def _artefacts(net: CompiledNetwork) -> dict[str, str | bytes]:
    """What a model is compiled to, by file name; the picture, made from graph.dot, comes later."""
    from resnet_dsl.analysis.resources import measured
    from resnet_dsl.backends.graphviz import automatic_level
    from resnet_dsl.backends.report import render

    report = measured(net.network, net.report())
    return {
        "model.py": net.to_pytorch(),
        "graph.dot": net.to_dot(automatic_level(net.network)),
        "report.md": render(report, "md"),
        "report.json": render(report, "json"),
    }


def _add_weights(
    artefacts: Mapping[Path, dict[str, str | bytes]],
    whole: Sequence[CompiledNetwork],
    written: Sequence[CompiledNetwork],
    file: Path,
    rename: Sequence[str],
) -> None:
    """The checkpoint under the model's keys, as one more file of its folder.

    It is one of the `whole` network, also where the one `written` has its batch norms folded.
    """
    from resnet_dsl.cli.weights import best_fit
    from resnet_dsl.weights.folded import folded_safetensors

    if len(whole) != 1:
        raise typer.BadParameter(
            f"{counted(len(whole), 'model')} cannot share weights; choose one with --model",
            param_hint="--weights",
        )
    found = best_fit(whole, file, rename)
    tell_diagnostics(found.diagnostics)
    if not found.loads:
        raise typer.Exit(WRONG_INPUT)
    network, folds = written[0].network, written[0].folds
    for files in artefacts.values():
        files[_WEIGHTS] = folded_safetensors(found, network, folds) if folds else found.safetensors()


def _write(folder: Path, net: CompiledNetwork, artefacts: Mapping[str, str | bytes]) -> None:
    from resnet_dsl.cli.output import would_change, write_folder

    files = dict(artefacts)
    stale: list[str] = []
    dot = artefacts["graph.dot"]
    assert isinstance(dot, str)
    if would_change(folder, {"graph.dot": dot}) or not (folder / _PICTURE).is_file():
        picture = _picture(folder, dot)
        if picture is not None:
            files[_PICTURE] = picture
        else:
            stale.append(_PICTURE)
    changed = write_folder(folder, files, remove=stale)
    what = ", ".join(changed) if changed else "up to date"
    put(f"{folder}: {what} ({net.params:,} parameters, {net.macs:,} MACs, depth {net.depth})")


def _picture(folder: Path, dot: str) -> bytes | None:
    """The SVG, or None with a word about what is missing: the rest is worth having without it."""
    from resnet_dsl.backends.graphviz import RenderError, render
    from resnet_dsl.diagnostics.visible import visible

    try:
        return render(dot, "svg")
    except RenderError as error:
        tell(f"warning: no {folder / _PICTURE}: {visible(str(error))}")
        return None


def _compare(artefacts: Mapping[Path, Mapping[str, str | bytes]]) -> None:
    """Fails where a file would change. Pictures depend on the Graphviz that drew them: not compared."""
    from resnet_dsl.cli.output import would_change

    count = 0
    for folder, files in artefacts.items():
        for name in would_change(folder, files):
            put(f"would change: {folder / name}")
            count += 1
    if count:
        tell(f"{counted(count, 'file')} would change")
        raise typer.Exit(WRONG_INPUT)
