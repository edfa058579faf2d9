"""The command line of `resnet-dsl`: its commands, and the options before them."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

import typer

from resnet_dsl.cli.faults import Faults, guarded
from resnet_dsl.cli.terminal import put
from resnet_dsl.version import __version__

# Each is a file of this folder with a function `register`, imported when it is called for: what one
# command needs is no part of another's start-up.
COMMANDS = (
    "new",
    "check",
    "compile",
    "report",
    "draw",
    "show",
    "diff",
    "breaking",
    "audit",
    "train",
    "data",
    "bench",
    "evaluate",
    "export",
    "weights",
    "explain",
    "ops",
)


def create_app(only: str | None = None) -> typer.Typer:
    """The command line with every command registered, or one alone, each of them guarded."""
    app = typer.Typer(
        name="resnet-dsl",
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_program)
    for name in COMMANDS if only is None else (only,):
        import_module(f"resnet_dsl.cli.{name}").register(app)
    for info in app.registered_commands:
        if info.callback is not None:
            info.callback = guarded(info.callback)
    return app


def command_in(arguments: list[str]) -> str | None:
    """The command that the arguments name, where it is sure that they name one."""
    word = next((word for word in arguments if not word.startswith("-")), None)
    return word if word in COMMANDS else None


def _version(shown: bool) -> None:
    if shown:
        put(f"resnet-dsl {__version__}")
        raise typer.Exit


def _program(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show a traceback where the program itself fails.")
    ] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Show the version and stop.",
            callback=_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    """A language and compiler for residual networks."""
    Faults.debug = debug
