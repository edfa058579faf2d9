"""What becomes of an exception: the user's mistake, the system's refusal, or a bug of ours.

Exit codes: 0 fine, 1 the spec or the data is wrong, 2 usage (typer's own), 70 a bug (`EX_SOFTWARE`
of sysexits.h); a signal ends with 128 and its number, as shells count.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import typer

from resnet_dsl.cli.terminal import drop_output, put, tell, tell_diagnostics
from resnet_dsl.version import __version__

WRONG_INPUT = 1
INTERNAL_ERROR = 70
INTERRUPTED = 128 + 2
TERMINATED = 128 + 15
READER_GONE = 128 + 13

_REPORT = f"""\
This is a bug in resnet-dsl {__version__}, not in your spec. Please report it, with the command and the spec.
`resnet-dsl --debug ...` shows where it happened."""


class Faults:
    """Whether a bug shows its traceback; set from `--debug` before a command runs."""

    debug = False


def guarded(command: Callable[..., None]) -> Callable[..., None]:
    """The command with its exceptions told on stderr and turned into exit codes."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
            sys.stdout.flush()
        except BrokenPipeError:
            drop_output()
            raise typer.Exit(READER_GONE) from None
        except KeyboardInterrupt:
            tell("interrupted")
            raise typer.Exit(INTERRUPTED) from None
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except Exception as error:  # noqa: BLE001 - whatever is left is told, and reported as a bug
            raise typer.Exit(explain_fault(error)) from None

    return run


@contextmanager
def annotated(wanted: bool) -> Iterator[None]:
    """Mistakes of the spec as annotations of a workflow, on stdout, where they are `wanted`."""
    from resnet_dsl.diagnostics.model import SpecError

    try:
        yield
    except SpecError as error:
        if not wanted:
            raise
        from resnet_dsl.diagnostics.render import render_github

        put(render_github(error.diagnostics))
        raise typer.Exit(WRONG_INPUT) from None


def explain_fault(error: Exception) -> int:
    """Says on stderr what went wrong and returns the exit code."""
    from resnet_dsl.diagnostics.model import SpecError
    from resnet_dsl.diagnostics.visible import visible

    if isinstance(error, SpecError):
        tell_diagnostics(error.diagnostics)
        return WRONG_INPUT
    if Faults.debug:
        import traceback

        traceback.print_exception(error)
    if isinstance(error, OSError) and error.errno is not None:  # the system refused: disk, permissions, paths
        place = f"{visible(str(error.filename))}: " if error.filename else ""
        tell(f"error: {place}{visible(error.strerror or str(error))}")
        return WRONG_INPUT

    tell(f"internal error: {type(error).__name__}: {visible(str(error))}")
    tell(_REPORT)
    return INTERNAL_ERROR
