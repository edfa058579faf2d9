"""The arguments and options that several commands share, so that they look alike everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

# Defaults of options that may be given again: never changed, as typer hands a copy to the command.
NO_TEXTS: list[str] = []
NO_FOLDERS: list[Path] = []

Spec = Annotated[
    Path,
    typer.Argument(metavar="SPEC", help="A .rdl file.", show_default=False),
]
Specs = Annotated[
    list[Path],
    typer.Argument(metavar="SPEC...", help="One or more .rdl files.", show_default=False),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model", "-m", metavar="NAME", help="One model of the file; default: each that it declares."
    ),
]
Overrides = Annotated[
    list[str],
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="A model parameter, as in `--set classes=10`; may be given again.",
        show_default=False,
    ),
]
Include = Annotated[
    list[Path],
    typer.Option(
        "--include",
        "-I",
        metavar="DIR",
        help="A folder that imports may come from, beside the spec's own; may be given again.",
        exists=True,
        file_okay=False,
        show_default=False,
    ),
]
WithoutShortcuts = Annotated[
    bool,
    typer.Option("--without-shortcuts", help="The plain twin: leave out what `shortcut` statements bind."),
]
DeleteBlocks = Annotated[
    list[str],
    typer.Option(
        "--delete-block",
        metavar="PATH",
        help="Replace a block by the identity, as in `--delete-block layer3.2`; may be given again.",
        show_default=False,
    ),
]
Rename = Annotated[
    list[str],
    typer.Option(
        "--rename",
        metavar="OLD=NEW",
        help="A rule for the checkpoint's keys, as in `module.=` or `downsample.1=downsample.2`; may be given again.",
        show_default=False,
    ),
]
FoldBatchNorms = Annotated[
    bool,
    typer.Option(
        "--fold-bn",
        help="For inference: fold batch norms into the convolutions and linear layers before them.",
    ),
]
