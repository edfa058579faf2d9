"""What the benchmarks share: whole processes that are timed, and the machine in words."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# The command as it is installed beside this Python; as a module it would pay for `runpy` too.
_SCRIPT = Path(sys.executable).with_name("resnet-dsl")
COMMAND = [str(_SCRIPT)] if _SCRIPT.is_file() else [sys.executable, "-m", "resnet_dsl.cli"]


def machine() -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    tools = ", ".join(f"{name} {version(name)}" for name in ("torch", "torchinfo", "fvcore"))
    busy = f"; load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    return (
        f"Machine: {cores} cores, {processor()}, {platform.system()}; "
        f"Python {platform.python_version()}, {tools}{busy}.\n"
    )


def processor() -> str:
    """The processor's model where the system tells it."""
    table = Path("/proc/cpuinfo")
    if table.is_file():
        for line in table.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def run(command: Sequence[str], place: Path) -> tuple[float, int]:
    """Wall seconds and peak resident bytes of one process, its children included."""
    wall, _, peak = run_timed(command, place)
    return wall, peak


def run_timed(command: Sequence[str], place: Path) -> tuple[float, float, int]:
    """Wall seconds, CPU seconds (0 where the system does not tell) and peak resident bytes."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command, cwd=place, env=environment(place), stdout=subprocess.DEVNULL, stderr=errors
        )
        cpu, peak = wait(process)
        seconds = time.perf_counter() - start
        if process.returncode != 0:
            errors.seek(0)
            sys.exit(f"{command[:3]} failed:\n{errors.read().decode(errors='replace')}")
    return seconds, cpu, peak


def wait(process: subprocess.Popen[bytes]) -> tuple[float, int]:
    """Waits for the process; its CPU seconds and peak resident bytes, 0 where the system does not tell."""
    if not hasattr(os, "wait4"):
        process.wait()
        return 0.0, 0
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def environment(place: Path) -> dict[str, str]:
    """This process's, with the generated module importable, one thread, and no warnings.

    Every tool comes from where it is installed, with the bytecode that pip or a first run left there:
    a checkout on the path, or no leave to write bytecode, would time Python's own compiler.
    """
    settings = {"PYTHONPATH": str(place), "PYTHONWARNINGS": "ignore", "OMP_NUM_THREADS": "1"}
    return {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"} | settings


def shown(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1e3:.{0 if seconds >= 0.1 else 2}f} ms"


def verdict(met: bool) -> str:
    return "Met" if met else "MISSED"
