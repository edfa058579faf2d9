"""What each command loads: the reason why they start quickly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys
from resnet_dsl.cli.main import main
code = main(sys.argv[1:])
print("loaded:", *sorted({name.partition(".")[0] for name in sys.modules}))
sys.exit(code)
"""

ALWAYS_TOO_HEAVY = {"torch", "numpy", "sklearn", "rich", "pydantic", "pygments"}
NO_GRAPH = {"networkx", "lark", "jinja2", "graphviz", "pygraphviz"}


def loaded(*arguments: str | Path) -> set[str]:
    """The packages in memory after a command, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        timeout=120,
    )
    return set(done.stdout.splitlines()[-1].removeprefix("loaded: ").split())


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["check", "--help"], ["train", "--help"], ["explain"], ["ops", "conv"]],
)
def test_commands_without_a_spec_load_nothing_heavy(arguments: list[str]) -> None:
    assert not loaded(*arguments) & (ALWAYS_TOO_HEAVY | NO_GRAPH)


@pytest.mark.parametrize("command", ["check", "report", "show", "audit"])
def test_reading_commands_write_no_code(command: str, tiny: Path) -> None:
    loaded("check", tiny)  # on a fresh machine the first command makes the parser's tables, with lark
    assert not loaded(command, tiny) & (ALWAYS_TOO_HEAVY | NO_GRAPH)


def test_comparing_commands_write_no_code(tiny: Path) -> None:
    loaded("check", tiny)
    assert not loaded("diff", tiny, tiny) & (ALWAYS_TOO_HEAVY | NO_GRAPH)
    assert not loaded("breaking", tiny, "--against", tiny) & (ALWAYS_TOO_HEAVY | NO_GRAPH)


@pytest.mark.parametrize(
    "options",
    [["--device", "h200", "--training"], ["--as", "ptflops"], ["--explain"], ["--format", "html"]],
    ids=" ".join,
)
def test_report_options_load_nothing_heavy(options: list[str], tiny: Path) -> None:
    loaded("check", tiny)
    assert not loaded("report", tiny, *options) & (ALWAYS_TOO_HEAVY | NO_GRAPH)


def test_compile_needs_no_torch(tiny: Path, tmp_path: Path) -> None:
    loaded("check", tiny)
    assert not loaded("compile", tiny, "--out", tmp_path / "out") & (ALWAYS_TOO_HEAVY | {"networkx", "lark"})


def test_draw_needs_no_torch(tiny: Path, tmp_path: Path) -> None:
    loaded("check", tiny)
    assert not loaded("draw", tiny, "--out", tmp_path / "net.dot") & (ALWAYS_TOO_HEAVY | NO_GRAPH)
