"""``resnet-dsl export``: a network as a file for other programs, checked before it is written."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from resnet_dsl.cli.faults import WRONG_INPUT
from resnet_dsl.cli.loading import LeftOut, load_models
from resnet_dsl.cli.options import (
    NO_FOLDERS,
    NO_TEXTS,
    DeleteBlocks,
    FoldBatchNorms,
    Include,
    Overrides,
    Rename,
    WithoutShortcuts,
)
from resnet_dsl.cli.running import failures_told, needing_torch
from resnet_dsl.cli.terminal import counted, put, tell, tell_diagnostics
from resnet_dsl.cli.trained import fitting, is_trained, need_spec, open_trained

if TYPE_CHECKING:
    import torch

    from resnet_dsl.compiled import CompiledNetwork


class Form(StrEnum):
    """What is written."""

    TORCH = "torch"
    ONNX = "onnx"


_ENDINGS = {".onnx": Form.ONNX, ".pt2": Form.TORCH, ".pt": Form.TORCH, ".pth": Form.TORCH}


def register(app: typer.Typer) -> None:
    app.command("export")(export)


def export(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SPEC|RUN", help="A .rdl file, a run's folder, or weights of a run.", show_default=False
        ),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="FILE", help="The file to write.", dir_okay=False),
    ],
    form: Annotated[
        Form | None,
        typer.Option(
            "--format",
            help="A program for torch.export.load, or ONNX; default: by FILE's ending, else torch.",
        ),
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", metavar="NAME", help="One model of a spec with several.")
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(
            "--weights", metavar="FILE", help="A checkpoint that fits the spec's model.", show_default=False
        ),
    ] = None,
    rename: Rename = NO_TEXTS,
    fold_bn: FoldBatchNorms = False,
    batch: Annotated[
        int | None,
        typer.Option("--batch", metavar="N", min=1, help="Fix the batch size; default: any size."),
    ] = None,
    opset: Annotated[
        int | None, typer.Option("--opset", metavar="N", min=1, help="The ONNX opset; default: PyTorch's.")
    ] = None,
    overrides: Overrides = NO_TEXTS,
    without_shortcuts: WithoutShortcuts = False,
    delete_blocks: DeleteBlocks = NO_TEXTS,
    include: Include = NO_FOLDERS,
) -> None:
    """Export a network for inference, with its weights.

    The file is read back and run beside the network on random inputs before it is written.
    """
    from resnet_dsl.cli.output import check_destination

    form = _form(out, form)
    if opset is not None and form is not Form.ONNX:
        raise typer.BadParameter("only ONNX has opsets; add `--format onnx`", param_hint="--opset")
    check_destination(out, [source, *filter(None, [weights])])
    state: dict[str, torch.Tensor] | None
    if not source.exists() and source.suffix != ".rdl":
        raise typer.BadParameter(f"there is no spec, no run's folder and no file of weights {source}")
    if is_trained(source):
        need_spec(model, weights, rename, overrides, include, delete_blocks, without_shortcuts)
        network, state = _of_run(source)
    else:
        left_out = LeftOut(without_shortcuts, delete_blocks)
        network, state = _of_spec(source, model, overrides, include, left_out, weights, rename)
    with failures_told():
        _export(network, state, out, form, fold_bn, batch, opset)


def _form(out: Path, form: Form | None) -> Form:
    """What FILE's ending says, and `--format`; a usage error where they contradict each other."""
    named = _ENDINGS.get(out.suffix.lower())
    if form is not None and named is not None and named is not form:
        raise typer.BadParameter(
            f"{out} has the ending of `--format {named}`, and `--format {form}` is asked for",
            param_hint="--out",
        )
    return form or named or Form.TORCH


def _of_run(source: Path) -> tuple[CompiledNetwork, dict[str, torch.Tensor]]:
    trained = open_trained(source, "export")
    return trained.network, trained.network.weights(trained.weights).state_dict()


def _of_spec(
    spec: Path,
    model: str | None,
    overrides: list[str],
    include: list[Path],
    left_out: LeftOut,
    weights: Path | None,
    rename: list[str],
) -> tuple[CompiledNetwork, dict[str, torch.Tensor] | None]:
    networks = load_models(spec, model, overrides, include, left_out=left_out)
    if weights is None:
        if len(networks) != 1:
            names = ", ".join([network.name for network in networks[:8]])
            raise typer.BadParameter(f"{spec} has several models: {names}", param_hint="--model")
        return networks[0], None
    network, found = fitting(networks, weights, rename)
    tell_diagnostics(found.diagnostics)
    if not found.loads:
        raise typer.Exit(WRONG_INPUT)
    return network, found.state_dict()


def _export(
    network: CompiledNetwork,
    state: dict[str, torch.Tensor] | None,
    out: Path,
    form: Form,
    fold_bn: bool,
    batch: int | None,
    opset: int | None,
) -> None:
    from resnet_dsl.cli.output import write_atomic

    with needing_torch():
        from resnet_dsl.training.exporting import Input
        from resnet_dsl.training.exporting import export as make

    module, reference = _modules(network, state, fold_bn)
    nodes = [network.network.node(node) for node in network.network.inputs]
    inputs = [Input(node.name, tuple(node.shape.plain())) for node in nodes]
    made = make(module, inputs, form.value, name=network.name, batch=batch, opset=opset, reference=reference)
    write_atomic(out, made.content)
    if state is None:
        tell(
            f"note: {network.name} has the weights that training starts from; `--weights FILE` brings others"
        )
    what = "torch.export" if made.opset is None else f"ONNX, opset {made.opset}"
    size = "any batch size" if batch is None else f"batch {batch}"
    put(
        f"{out}: {network.name}, {what}, {size}, {counted(len(made.content), 'byte')}; "
        f"outputs agree within {made.difference:.1g} ({made.checked_by})"
    )


def _modules(
    network: CompiledNetwork, state: dict[str, torch.Tensor] | None, fold_bn: bool
) -> tuple[torch.nn.Module, torch.nn.Module]:
    """The module to export and the one that says what is right: the whole network."""
    whole = network.build()
    if state is not None:
        whole.load_state_dict(state)
    if not fold_bn:
        return whole, whole
    from resnet_dsl.passes.folded_weights import folded_weights

    folded = network.folded()
    if not folded.folds:
        tell(f"note: {network.name} has no batch norm to fold")
    module = folded.build()
    module.load_state_dict(folded_weights(whole.state_dict(), folded.folds))
    return module, whole
