"""``resnet-dsl show``: the elaborated graph as text; nothing the compiler worked out is hidden."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from resnet_dsl.cli.loading import LeftOut, load_models
from resnet_dsl.cli.options import (
    NO_FOLDERS,
    NO_TEXTS,
    DeleteBlocks,
    Include,
    Model,
    Overrides,
    Spec,
    WithoutShortcuts,
)
from resnet_dsl.cli.terminal import put


class Form(StrEnum):
    """How a graph is printed."""

    TEXT = "text"
    JSON = "json"


def register(app: typer.Typer) -> None:
    app.command("show")(show)


def show(
    spec: Spec,
    model: Model = None,
    overrides: Overrides = NO_TEXTS,
    without_shortcuts: WithoutShortcuts = False,
    delete_blocks: DeleteBlocks = NO_TEXTS,
    include: Include = NO_FOLDERS,
    form: Annotated[Form, typer.Option("--format", help="The output's form.")] = Form.TEXT,
) -> None:
    """Print the elaborated graph: paths, operators, attributes and shapes."""
    left_out = LeftOut(without_shortcuts, delete_blocks)
    compiled = load_models(spec, model, overrides, include, left_out=left_out)
    networks = [entry.network for entry in compiled]
    if form is Form.JSON:
        from resnet_dsl.ir.data import json_text, network_data

        objects = [json_text(network_data(network)) for network in networks]
        put(objects[0] if len(objects) == 1 else "[\n" + ",\n".join(objects) + "\n]")
        return
    from resnet_dsl.ir.text import print_network

    put("\n".join(print_network(network) for network in networks).rstrip("\n"))
