"""``resnet-dsl weights``: does a checkpoint fit a network, and if not, where and why."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from resnet_dsl.cli.faults import WRONG_INPUT
from resnet_dsl.cli.loading import LeftOut, load_models
from resnet_dsl.cli.options import (
    NO_FOLDERS,
    NO_TEXTS,
    DeleteBlocks,
    Include,
    Model,
    Overrides,
    Rename,
    Spec,
    WithoutShortcuts,
)
from resnet_dsl.cli.terminal import counted, put, tell_diagnostics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resnet_dsl.compiled import CompiledNetwork
    from resnet_dsl.diagnostics.model import Diagnostic
    from resnet_dsl.weights.checkpoint import Checkpoint
    from resnet_dsl.weights.fit import Fit


class Form(StrEnum):
    """How the comparison is printed."""

    TEXT = "text"
    JSON = "json"


def register(app: typer.Typer) -> None:
    app.command("weights")(weights)


def weights(
    spec: Spec,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A checkpoint: .safetensors, or torch's .pth.", show_default=False
        ),
    ],
    model: Model = None,
    rename: Rename = NO_TEXTS,
    partial: Annotated[
        bool, typer.Option("--partial", help="Load what fits, and count what is left at its start.")
    ] = False,
    key: Annotated[
        str | None,
        typer.Option(
            "--key",
            metavar="NAME",
            help="The entry of a .pth file that holds the weights, as in `model_ema`.",
        ),
    ] = None,
    allow_nonfinite: Annotated[
        bool, typer.Option("--allow-nonfinite", help="Take NaN and infinity as they are.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="OUT.safetensors",
            help="Write the weights under the spec's keys, in its order.",
            dir_okay=False,
        ),
    ] = None,
    overrides: Overrides = NO_TEXTS,
    without_shortcuts: WithoutShortcuts = False,
    delete_blocks: DeleteBlocks = NO_TEXTS,
    include: Include = NO_FOLDERS,
    form: Annotated[Form, typer.Option("--format", help="The output's form.")] = Form.TEXT,
) -> None:
    """Check that a checkpoint fits a network: keys, shapes, dtypes.

    A pickle is read as tensors and plain values only; one that asks for more is refused.
    """
    from resnet_dsl.weights.errors import CheckpointError
    from resnet_dsl.weights.report import fit_data, fit_text

    if out is not None:
        from resnet_dsl.cli.output import check_destination

        check_destination(out, [spec, file])
    left_out = LeftOut(without_shortcuts, delete_blocks)
    networks = load_models(spec, model, overrides, include, left_out=left_out)
    try:
        found = best_fit(networks, file, rename, partial=partial, key=key, allow_nonfinite=allow_nonfinite)
    except CheckpointError as error:
        if form is not Form.JSON:
            raise
        put(_json({"file": str(file), "loads": False}, error.diagnostics))
        raise typer.Exit(WRONG_INPUT) from None

    written = None
    if out is not None and found.loads:
        from resnet_dsl.cli.output import write_atomic

        write_atomic(out, found.safetensors())
        written = str(out)
    if form is Form.JSON:
        put(_json({**fit_data(found), "written": written}, found.diagnostics))
    else:
        put(fit_text(found))
        tell_diagnostics(found.diagnostics)
        if written is not None:
            put(f"{written}: {counted(found.loaded, 'tensor')}")
    if not found.loads:
        raise typer.Exit(WRONG_INPUT)


def best_fit(
    networks: Sequence[CompiledNetwork],
    file: Path,
    rename: Sequence[str],
    *,
    partial: bool = False,
    key: str | None = None,
    allow_nonfinite: bool = False,
) -> Fit:
    """The checkpoint beside the one network; of several, beside the only one that it fits.

    Where it fits none or several of them, typer's usage error says which model comes nearest.
    """
    from resnet_dsl.weights.fit import fit
    from resnet_dsl.weights.opening import open_checkpoint
    from resnet_dsl.weights.rename import RenameError

    try:
        checkpoint = open_checkpoint(file, key)
        network = networks[0] if len(networks) == 1 else _meant(networks, checkpoint, rename)
        return fit(
            network.network, checkpoint, rename=rename, partial=partial, allow_nonfinite=allow_nonfinite
        )
    except RenameError as error:
        from resnet_dsl.diagnostics.visible import visible

        raise typer.BadParameter(visible(str(error)), param_hint="--rename") from None


def _meant(
    networks: Sequence[CompiledNetwork], checkpoint: Checkpoint, rename: Sequence[str]
) -> CompiledNetwork:
    """The only network with all of the checkpoint's keys, else the only one with all of its shapes."""
    from resnet_dsl.analysis.keys import state_dict_entries
    from resnet_dsl.weights.compare import compare, share_of_shapes
    from resnet_dsl.weights.rename import parse_rules

    rules = parse_rules(rename)
    sides = [(network, state_dict_entries(network.network)) for network in networks]
    fitting = [network for network, entries in sides if compare(entries, checkpoint.tensors, rules).fits]
    shares = {network.name: share_of_shapes(entries, checkpoint.tensors) for network, entries in sides}
    alike = fitting or [network for network in networks if shares[network.name] == 1]
    if len(alike) == 1:
        return alike[0]
    names = [network.name for network in alike] or [max(shares, key=lambda name: shares[name])]
    advice = (
        f"the checkpoint may be of {', '.join(names[:8])}" if shares[names[0]] else "it fits none of them"
    )
    raise typer.BadParameter(f"the spec has {len(networks):,} models; {advice}", param_hint="--model")


def _json(data: dict[str, Any], diagnostics: Sequence[Diagnostic]) -> str:
    from json import dumps

    from resnet_dsl.diagnostics.render import JSON_VERSION, as_json

    return dumps(
        {"version": JSON_VERSION, **data, "diagnostics": [as_json(entry) for entry in diagnostics]}, indent=2
    )
