"""Exit codes and streams, for commands as people start them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from resnet_dsl.cli import faults, main
from resnet_dsl.cli.faults import Faults, guarded
from tests.cli.command import Run


@pytest.fixture(autouse=True)
def _no_debug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Faults, "debug", False)


def broken() -> None:
    raise RuntimeError("a\x1b[2Jb")


def outcome(command: object) -> int:
    assert callable(command)
    with pytest.raises(typer.Exit) as end:
        guarded(command)()
    return end.value.exit_code


def test_the_list_of_commands_breaks_off_no_sentence(start: Run) -> None:
    listed = start("--help").out.partition("Commands:")[2]
    assert listed.count("\n") > 15
    assert "..." not in listed


def test_fine_wrong_and_usage(start: Run, tiny: Path, wrong: Path) -> None:
    assert start("check", tiny).code == 0
    result = start("check", wrong)
    assert (result.code, result.out) == (1, "")
    for arguments in (["chekc", tiny], ["check"], ["check", tiny, "--no-such-option"], []):
        result = start(*arguments)
        assert result.code == 2
        assert result.err
        assert "Traceback" not in result.err


def test_a_wrong_command_is_guessed(start: Run) -> None:
    assert "Did you mean 'compile'?" in start("compil").err


def test_version(start: Run) -> None:
    result = start("--version")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("resnet-dsl 0.")


def test_a_bug_asks_for_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(broken) == 70
    message = capsys.readouterr().err
    assert message.startswith("internal error: RuntimeError: a\\x1b[2Jb\n")
    assert "report it" in message
    assert "--debug" in message
    assert "Traceback" not in message


def test_debug_shows_the_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Faults, "debug", True)
    assert outcome(broken) == 70
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "sorted_out"),
    [
        (["check", "a", "--debug"], ["--debug", "check", "a"]),
        (["--debug", "check"], ["--debug", "check"]),
        (["check", "--", "--debug"], ["check", "--", "--debug"]),
        (["check", "--debug", "--", "a"], ["--debug", "check", "--", "a"]),
        ([], []),
    ],
)
def test_debug_may_stand_anywhere(given: list[str], sorted_out: list[str]) -> None:
    assert main._debug_first(given) == sorted_out


def test_what_the_system_refuses_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    def refused() -> None:
        raise PermissionError(13, "Permission denied", "/some/file")

    assert outcome(refused) == faults.WRONG_INPUT
    assert capsys.readouterr().err == "error: /some/file: Permission denied\n"


def test_an_oserror_of_our_own_making_is_a_bug() -> None:
    def confused() -> None:
        raise OSError("no system call failed")

    assert outcome(confused) == faults.INTERNAL_ERROR


def test_interrupts() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    assert outcome(interrupted) == 130


@pytest.mark.skipif(os.name != "posix", reason="pipes and signals are POSIX")
class TestPosix:
    """Pipes and signals."""

    def test_a_reader_that_leaves_is_no_error(self) -> None:
        command = f"{sys.executable} -m resnet_dsl.cli ops conv --format json; echo $? >&2"
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run(["/bin/sh", "-c", command], stdout=write, stderr=subprocess.PIPE, check=True)
        os.close(write)
        assert done.stderr == b"141\n"

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full disk is a device of Linux")
    @pytest.mark.parametrize("command", [["ops"], ["--help"], ["--version"]])
    def test_a_full_disk_is_told(self, command: list[str]) -> None:
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [sys.executable, "-m", "resnet_dsl.cli", *command],
                stdout=full,
                stderr=subprocess.PIPE,
                check=False,
            )
        assert (done.returncode, done.stderr) == (1, b"error: No space left on device\n")

    @pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
    def test_closed_streams_are_no_error(self, closed: str) -> None:
        command = f"{sys.executable} -m resnet_dsl.cli ops conv {closed}"
        assert (
            subprocess.run(["/bin/sh", "-c", command], stdout=subprocess.DEVNULL, check=False).returncode == 0
        )

    @pytest.mark.parametrize(("number", "said"), [(signal.SIGTERM, b""), (signal.SIGINT, b"interrupted\n")])
    def test_a_signal_ends_with_its_number(self, number: int, said: bytes) -> None:
        script = """
import sys
from resnet_dsl.cli import main, ops
def wait(operator):
    print("up", flush=True)
    sys.stdin.read()
ops._described = wait
sys.exit(main.main(["ops", "conv"]))
"""
        process = subprocess.Popen(
            [sys.executable, "-c", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (128 + number, said)

    @pytest.mark.skipif(os.name != "posix", reason="Windows ends a process without asking it")
    def test_a_signal_ends_an_import_that_hands_on_no_exception(self) -> None:
        script = """
import signal, sys
from resnet_dsl.cli.main import _terminate
from resnet_dsl.cli.running import needing_torch
signal.signal(signal.SIGTERM, _terminate)
with needing_torch():
    try:
        print("up", flush=True)
        sys.stdin.read()
    except BaseException:
        raise RecursionError
"""
        process = subprocess.Popen(
            [sys.executable, "-c", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (128 + signal.SIGTERM, b"")

    def test_no_number_of_seconds_is_refused(self, start: Run, tiny: Path) -> None:
        result = start("train", tiny, "--save-every", "nan")
        assert result.code == 2
        assert "nan is no number" in result.err

    def test_as_many_threads_as_would_end_the_process_are_refused(self, start: Run, tiny: Path) -> None:
        result = start("train", tiny, "--threads", "100000")
        assert result.code == 2
        assert "100000 is not in the range" in result.err


def test_no_color_in_files_or_when_unwanted(start: Run, wrong: Path) -> None:
    assert "\x1b" not in start("check", wrong).err
    assert "\x1b" not in start("check", wrong, FORCE_COLOR="1").err
    assert "\x1b" not in start("--help").out


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX")
@pytest.mark.parametrize(
    ("environment", "colored"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_color_on_terminals(wrong: Path, environment: dict[str, str], colored: bool) -> None:
    import pty

    terminal, inside = pty.openpty()
    settings = {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | {"TERM": "xterm"}
    done = subprocess.run(
        [sys.executable, "-m", "resnet_dsl.cli", "check", str(wrong)],
        stdout=subprocess.PIPE,
        stderr=inside,
        env=settings | environment,
        check=False,
    )
    os.close(inside)
    text = os.read(terminal, 65536)
    os.close(terminal)
    assert done.returncode == 1
    assert (b"\x1b[1;31m" in text) is colored
