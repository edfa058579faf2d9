"""The program `resnet-dsl`: from the words behind it to an exit code."""

from __future__ import annotations

import signal
import sys
from contextlib import nullcontext
from types import FrameType

from resnet_dsl.cli.terminal import drop_output, prepare_streams
from resnet_dsl.collector import paused, stop


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    prepare_streams()
    signal.signal(signal.SIGTERM, _terminate)
    with paused():  # walking what imports make, all of which stays, would be a twentieth of the start
        from resnet_dsl.cli.app import command_in, create_app
        from resnet_dsl.cli.faults import INTERRUPTED, READER_GONE, explain_fault
    given = sys.argv[1:] if arguments is None else arguments
    command = command_in(given)
    # A command ends before garbage matters; only training runs for long. Where the process ends with
    # the command, going on would walk all that it has made, once, for nothing.
    lasting = command in {"train", "data"}
    collecting = paused() if not lasting and arguments is not None else nullcontext()
    if not lasting and arguments is None:
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
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        drop_output()
        return READER_GONE
    except OSError as error:
        drop_output()
        return code or explain_fault(error)
    return code


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
