"""The program `resnet-dsl`: from the words behind it to an exit code."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import nullcontext, suppress
from types import FrameType

from resnet_dsl.cli.terminal import drop_output, prepare_streams
from resnet_dsl.collector import paused, stop


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and returns its exit code; as a program of its own, it may end right here."""
    prepare_streams()
    signal.signal(signal.SIGTERM, _terminate)
    with paused():  # walking what imports make, all of which stays, would be a twentieth of the start
        from resnet_dsl.cli.app import command_in, create_app
        from resnet_dsl.cli.faults import INTERRUPTED, explain_fault
    given = sys.argv[1:] if arguments is None else arguments
    command = command_in(given)
    # A command ends before garbage matters; only training runs for long. Where the process ends with
    # the command, going on would walk all that it has made, once, for nothing.
    lasting = command in {"train", "data"}
    collecting = paused() if not lasting and arguments is not None else nullcontext()
    ends_here = not lasting and arguments is None
    if ends_here:
        stop()
    try:
        with collecting:
            create_app(command)(args=_debug_first(given), prog_name="resnet-dsl")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:  # noqa: BLE001 - as commands do it, for what is not in a command: `--help`
        code = explain_fault(error)
    code = _flushed(code)
    if ends_here:
        _end_at_once(code)
    return code


def _flushed(code: int) -> int:
    """The exit code, once stdout has taken what it was given."""
    from resnet_dsl.cli.faults import READER_GONE, explain_fault

    try:
        sys.stdout.flush()
    except BrokenPipeError:
        drop_output()
        return READER_GONE
    except OSError as error:
        drop_output()
        return code or explain_fault(error)
    return code


def _end_at_once(code: int) -> None:
    """Leaves all that the command made to the system, which frees it at once.

    Python would take it apart object by object, a tenth of the time of a report. Not under a
    profiler, debugger or coverage, which write what they found at exit, nor where torch runs.
    """
    if sys.getprofile() is None and sys.gettrace() is None and "torch" not in sys.modules:
        with suppress(OSError):
            sys.stderr.flush()
        os._exit(code)


def _debug_first(arguments: list[str]) -> list[str]:
    """`--debug` counts wherever it stands: one adds it to the end of a command that failed."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    if "--debug" not in options:
        return arguments
    return ["--debug", *(word for word in options if word != "--debug"), *arguments[len(options) :]]


def _terminate(number: int, frame: FrameType | None) -> None:
    """A polite kill unwinds, so that files half written are removed."""
    from resnet_dsl.cli.faults import TERMINATED

    sys.exit(TERMINATED)
