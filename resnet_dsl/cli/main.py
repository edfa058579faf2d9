"""The program `resnet-dsl`: its commands, the options before them, and its exit codes."""

from __future__ import annotations

import signal
import sys
from contextlib import nullcontext
from importlib import import_module
from types import FrameType
from typing import Annotated

import typer

from resnet_dsl.cli.faults import INTERRUPTED, READER_GONE, TERMINATED, Faults, explain_fault, guarded
from resnet_dsl.cli.terminal import drop_output, prepare_streams, put
from resnet_dsl.collector import paused
from resnet_dsl.version import __version__

# Each is a file of this folder with a function `register`, imported when it is called for: what one
# command needs is no part of another's start-up.
COMMANDS = ("new", "check", "compile", "report", "draw", "show", "train", "weights", "explain", "ops")


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


def _command_in(arguments: list[str]) -> str | None:
    """The command that the arguments name, where it is sure that they name one."""
    word = next((word for word in arguments if not word.startswith("-")), None)
    return word if word in COMMANDS else None


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    prepare_streams()
    signal.signal(signal.SIGTERM, _terminate)
    given = sys.argv[1:] if arguments is None else arguments
    command = _command_in(given)
    # A command ends before garbage matters; only training runs for long.
    collecting = nullcontext() if command == "train" else paused()
    try:
        with collecting:
            create_app(command)(args=_debug_first(given), prog_name="resnet-dsl")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:  # noqa: BLE001 - as commands do it, for what is not in a command: `--help`
        code = explain_fault(error)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        drop_output()
        return READER_GONE
    except OSError as error:
        drop_output()
        return code or explain_fault(error)
    return code


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


def _debug_first(arguments: list[str]) -> list[str]:
    """`--debug` counts wherever it stands: one adds it to the end of a command that failed."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    if "--debug" not in options:
        return arguments
    return ["--debug", *(word for word in options if word != "--debug"), *arguments[len(options) :]]


def _terminate(number: int, frame: FrameType | None) -> None:
    """A polite kill unwinds, so that files half written are removed."""
    sys.exit(TERMINATED)
