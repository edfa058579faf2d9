"""``resnet-dsl train --eject``: a run as a script of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from resnet_dsl.cli.output import write_atomic
from resnet_dsl.cli.running import needing_torch
from resnet_dsl.cli.terminal import put

if TYPE_CHECKING:
    from resnet_dsl.compiled import CompiledNetwork
    from resnet_dsl.semantics.recipe import Recipe


def write_script(network: CompiledNetwork, recipe: Recipe, seed: int | None, file: Path, force: bool) -> None:
    """Writes the script; an edited one is replaced only with `force`."""
    with needing_torch():
        from resnet_dsl.training.eject import Form as Shapes
        from resnet_dsl.training.eject import eject

    if seed is not None:
        recipe = replace(recipe, seed=seed)
    graph = network.network
    ends = (graph.inputs[0], graph.output, *(each.node for each in graph.auxiliary))
    image, output, *heads = (tuple(graph.node(end).shape.plain()) for end in ends)
    origin = f"{network.spec} (sha256 {network.spec_sha256[:12]})"
    text = eject(recipe, network.to_pytorch(), Shapes(image, output, tuple(heads)), origin)
    if file.exists() and not force and file.read_bytes() != text.encode():
        raise typer.BadParameter(
            f"{file} is there already, and differs from what would be written; `--force` replaces it",
            param_hint="--eject",
        )
    write_atomic(file, text)
    put(f"{file}: trains {network.name} as the recipe {recipe.name} says; run it with `python {file}`")
