"""How long compiling and auditing take, beside torchinfo and fvcore on the same network.

    python benchmarks/compile.py [--runs 9] [--warm-runs 21] [--skip-scale]

Everything is measured in one run on one machine. Cold: whole processes from start to exit, the
tools in turn, so that a slow spell of the machine meets all of them. Warm: the analysis alone,
again and again in a process that has done it before. The others get the module that our compiler
generates from the same spec, and one thread each, as ours has. Scale: compiling nets of up to 10,000 blocks, with peak memory.

Prints Markdown. Exits with 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from measuring import (  # type: ignore[import-not-found]  # a file beside this one
    COMMAND,
    ROOT,
    environment,
    machine,
    run,
    shown,
    verdict,
)

SPEC = ROOT / "specs" / "resnet50.rdl"
DEEP = ROOT / "benchmarks" / "deep.rdl"
WARM = ROOT / "benchmarks" / "warm.py"
MODEL = "resnet50"
INPUT = (1, 3, 224, 224)

COLD_RATIO = 8.0
WARM_RATIO = 50.0

# What a user of each tool writes to see parameters and multiply-adds of a module.
TORCHINFO = f"""
import torchinfo, {MODEL}
print(torchinfo.summary({MODEL}.build().eval(), {INPUT}, verbose=0))
"""
TORCHINFO_META = f"""
import torch, torchinfo, {MODEL}
with torch.device("meta"):
    module = {MODEL}.build().eval()
print(torchinfo.summary(module, {INPUT}, device="meta", verbose=0))
"""
FVCORE = f"""
import logging, torch, {MODEL}
from fvcore.nn import FlopCountAnalysis, flop_count_table
logging.getLogger("fvcore").setLevel(logging.ERROR)
print(flop_count_table(FlopCountAnalysis({MODEL}.build().eval(), torch.zeros{INPUT})))
"""


@dataclass(frozen=True)
class Sample:
    """Seconds of wall time of each run, and the largest resident memory of any."""

    name: str
    seconds: tuple[float, ...]
    peak_bytes: int = 0

    @property
    def median(self) -> float:
        return median(self.seconds)


def main() -> int:
    parser = argparse.ArgumentParser(description="Compile times beside torchinfo and fvcore.")
    parser.add_argument("--runs", type=int, default=9, help="cold processes of each tool")
    parser.add_argument("--warm-runs", type=int, default=21, help="warm runs of each tool, in three rounds")
    parser.add_argument("--skip-scale", action="store_true", help="leave the large nets out")
    arguments = parser.parse_args()

    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        generate(place)
        met = cold(place, arguments.runs)
        met &= warm(place, arguments.warm_runs)
        if not arguments.skip_scale:
            met &= scale(place)
    return 0 if met else 1


def generate(place: Path) -> None:
    """Writes the module that the other tools measure.

    In a process of its own: what this one has imported would count as every child's peak memory.
    """
    program = "import sys, resnet_dsl; print(resnet_dsl.load(sys.argv[1])[sys.argv[2]].to_pytorch(), end='')"
    command = [sys.executable, "-c", program, str(SPEC), MODEL]
    text = subprocess.run(command, env=environment(place), check=True, stdout=subprocess.PIPE).stdout
    (place / f"{MODEL}.py").write_bytes(text)


def cold(place: Path, runs: int) -> bool:
    """Whole processes, in turn."""
    ours = f"resnet-dsl report {SPEC.relative_to(ROOT).as_posix()}"
    commands = {
        ours: [*COMMAND, "report", str(SPEC)],
        "torchinfo": [sys.executable, "-c", TORCHINFO],
        "torchinfo, meta device": [sys.executable, "-c", TORCHINFO_META],
        "fvcore": [sys.executable, "-c", FVCORE],
        "python -c pass": [sys.executable, "-c", "pass"],
    }
    results: dict[str, list[tuple[float, int]]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, command in commands.items():
            result = run(command, place)
            if turn:  # the first turn warms the disk's cache and writes bytecode
                results[name].append(result)
    samples = [
        Sample(name, tuple(seconds for seconds, _ in rows), max(peak for _, peak in rows))
        for name, rows in results.items()
    ]
    print(f"### Cold: one whole process, {MODEL}\n")
    return compare(samples, ours, ("torchinfo", "fvcore"), COLD_RATIO)


def warm(place: Path, runs: int) -> bool:
    """The analysis alone, in one process: three rounds of runs in a row of each."""
    output = subprocess.run(
        [sys.executable, str(WARM), str(SPEC), MODEL, str(runs)],
        cwd=place,
        env=environment(place),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    samples = [Sample(name, tuple(seconds)) for name, seconds in json.loads(output).items()]
    print(f"### Warm: the analysis alone, {MODEL}\n")
    return compare(samples, "ours", ("torchinfo", "fvcore"), WARM_RATIO)


def compare(samples: Sequence[Sample], ours: str, others: Sequence[str], wanted: float) -> bool:
    """Prints the table; whether `ours` is `wanted` times faster than each of `others`."""
    base = next(sample for sample in samples if sample.name == ours).median
    memory = any(sample.peak_bytes for sample in samples)
    print("| tool | n | median | least to most | times ours |" + (" peak memory |" if memory else ""))
    print("|---|---:|---:|---:|---:|" + ("---:|" if memory else ""))
    for sample in samples:
        print(
            f"| {sample.name} | {len(sample.seconds)} | {shown(sample.median)} "
            f"| {shown(min(sample.seconds))} to {shown(max(sample.seconds))} | {sample.median / base:.1f} |"
            + (f" {sample.peak_bytes / 1e6:.0f} MB |" if memory else "")
        )
    print()
    ratios = {sample.name: sample.median / base for sample in samples if sample.name in others}
    met = all(ratio >= wanted for ratio in ratios.values())
    told = ", ".join(f"{name} {ratio:.1f}" for name, ratio in ratios.items())
    print(f"Target: at least {wanted:g} times faster than {' and '.join(others)}. {verdict(met)}: {told}.\n")
    return met


def scale(place: Path) -> bool:
    """Large nets through the command that users call, each in a process of its own."""
    tasks: list[tuple[str, Path, str, float, float]] = [
        ("cifar_resnet1202", ROOT / "specs" / "cifar_resnet1202.rdl", "cifar_resnet1202", 1.5, 1e9),
        ("deep, 10,000 blocks", DEEP, "deep", 10.0, 1e9),
    ]
    print("### Scale: `resnet-dsl compile`, whole process\n")
    print("| net | n | median | least to most | peak memory | limit | model.py |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    met = True
    for name, spec, model, limit, bytes_limit in tasks:
        out = place / "out"
        command = [*COMMAND, "compile", str(spec), "-m", model, "-o", str(out)]
        results = [run(command, place) for _ in range(3)]
        times = tuple(seconds for seconds, _ in results)
        peak = max(bytes_ for _, bytes_ in results)
        lines = (out / model / "model.py").read_text(encoding="utf-8").count("\n")
        met &= median(times) <= limit and peak <= bytes_limit
        print(
            f"| {name} | {len(times)} | {shown(median(times))} | {shown(min(times))} to {shown(max(times))} "
            f"| {peak / 1e6:.0f} MB | {limit:g} s, {bytes_limit / 1e9:g} GB | {lines} lines |"
        )
    print(f"\n{verdict(met)}.\n")
    return met


if __name__ == "__main__":
    sys.exit(main())
