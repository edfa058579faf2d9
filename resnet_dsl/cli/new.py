"""``resnet-dsl new NAME``: a small residual net to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from resnet_dsl.cli.terminal import put


def register(app: typer.Typer) -> None:
    app.command("new")(new)


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The model's name; the file is NAME.rdl.")],
) -> None:
    """Write NAME.rdl, a small residual net to start from."""
    from resnet_dsl.cli.output import write_new
    from resnet_dsl.compiler import loads
    from resnet_dsl.diagnostics.model import SpecError
    from resnet_dsl.ops.registry import operators

    if not (name.isascii() and name.isidentifier()):
        raise typer.BadParameter(
            f"{name!r} is no name for a model: use letters, digits and `_`, as in `my_net`", param_hint="NAME"
        )
    path = Path(f"{name}.rdl")
    text = Path(__file__).with_name("new.rdl").read_text(encoding="utf-8").replace("NAME", name)
    try:
        loads(text, name=str(path))
    except SpecError as error:  # the name is an operator's, or a word of the language
        reason = f"`{name}` is an operator" if name in operators() else error.diagnostics[0].message
        raise typer.BadParameter(f"a model cannot be called {name!r}: {reason}", param_hint="NAME") from None
    try:
        write_new(path, text)
    except FileExistsError:
        raise typer.BadParameter(f"{path} is there already; nothing was written", param_hint="NAME") from None
    put(f"{path}: try `resnet-dsl compile {path}`")
