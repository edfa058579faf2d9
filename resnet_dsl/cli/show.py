"""``resnet-dsl show``: the elaborated graph as text; nothing the compiler worked out is hidden."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from resnet_dsl.cli.loading import LeftOut, load_models, raise_unmet
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

if TYPE_CHECKING:
    from resnet_dsl.diagnostics.model import Diagnostic
    from resnet_dsl.ir.graph import Network


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
    """Print the graph: paths, operators, attributes and shapes.

    Ends with 1 where expectations do not hold.
    """
    left_out = LeftOut(without_shortcuts, delete_blocks)
    unmet: list[Diagnostic] = []
    compiled = load_models(spec, model, overrides, include, left_out=left_out, unmet=unmet)
    put(_text([entry.network for entry in compiled], form))
    raise_unmet(unmet)


def _text(networks: list[Network], form: Form) -> str:
    if form is Form.JSON:
        from resnet_dsl.ir.data import json_text, network_data

        objects = [json_text(network_data(network)) for network in networks]
        return objects[0] if len(objects) == 1 else "[\n" + ",\n".join(objects) + "\n]"
    from resnet_dsl.ir.text import print_network

    return "\n".join(print_network(network) for network in networks).rstrip("\n")
