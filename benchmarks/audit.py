"""What an audit costs, ours and others', on four networks, and why the figures differ.

    python benchmarks/audit.py [--runs 5] [--out benchmarks/results/audit.json]

Everything is measured in one run on one machine, in turn, one thread each. The others get the module
that our compiler generates from the same spec.

Cold: whole processes from start to exit, by wall and by CPU time. Ours reads the spec, compiles it and
prints the whole report; the others build their module and count it, and print the total.

In process: CPU time of the same task for all, from a network in hand to parameters and multiply-adds by
layer: ours from a compiled network (`counts`), the others from a built module. All have done it before;
ours gets a network each time that nothing was asked of, and is measured five times as often, as a
millisecond shows every stir of the machine. Two more rows say what we take for more: the
whole audit (memory that autograd keeps, element operations, depth), and the counts from the spec's text.

Peak memory is the process's resident set. Targets are held to CPU time, which waiting for a core does
not change. Prints Markdown. Exits with 1 where one is missed, or where a tool's figure is not the one
that `report --as` gives for it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import NamedTuple

from audit_programs import COLD, COUNTERS, WARM, WARM_OURS  # type: ignore[import-not-found]  # beside this one
from measuring import (  # type: ignore[import-not-found]  # a file beside this one
    COMMAND,
    ROOT,
    environment,
    machine,
    run_timed,
    shown,
    verdict,
)

NETWORKS = {
    "resnet50": "resnet50",
    "resnet152": "resnet152",
    "densenet201": "torchvision/densenet",
    "googlenet": "torchvision/googlenet",
}
OFTEN = 5  # runs of ours in process to one of the others
COLD_RATIO, WARM_RATIO, MEMORY_RATIO = 10.0, 100.0, 5.0


class Figures(NamedTuple):
    """Medians in seconds: of whole processes by wall and by CPU time, of the task by CPU time; the
    largest peak memory. 0 for what has no process of its own."""

    wall: float
    cold: float
    inside: float
    peak_bytes: int


OURS = "ours"
MORE = ("ours, the whole audit", "ours, from the spec's text")


def main() -> int:
    parser = argparse.ArgumentParser(description="Audits beside torchinfo, fvcore, ptflops and calflops.")
    parser.add_argument("--runs", type=int, default=5, help="runs of each tool, cold and in process")
    parser.add_argument("--out", type=Path, help="a JSON file for the figures")
    arguments = parser.parse_args()
    tools = [name for name in COUNTERS if find_spec(name) is not None]
    absent = [name for name in COUNTERS if name not in tools]
    about = machine()
    print(about)
    runs = arguments.runs
    print(f"Medians of {runs} runs after one that is not counted; of {OFTEN * runs} of ours in process.\n")
    if absent:
        print(f"Not installed, so not measured: {', '.join(absent)}.\n")
    figures: dict[str, dict[str, Figures]] = {}
    met = True
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        for model, name in NETWORKS.items():
            spec = ROOT / "specs" / f"{name}.rdl"
            figures[model] = measure(place, model, spec, tools, arguments.runs)
            met &= compare(model, figures[model], tools)
            met &= disagreements(place, model, spec, tools)
    if arguments.out is not None:
        kept = {
            "machine": about.strip(),
            "runs": arguments.runs,
            "absent": absent,
            "networks": {
                name: {tool: one._asdict() for tool, one in row.items()} for name, row in figures.items()
            },
        }
        arguments.out.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    return 0 if met else 1


def measure(place: Path, model: str, spec: Path, tools: list[str], runs: int) -> dict[str, Figures]:
    """Every tool's figures on one network, and ours for more than the others do."""
    program = "import sys, resnet_dsl; print(resnet_dsl.load(sys.argv[1])[sys.argv[2]].to_pytorch(), end='')"
    command = [sys.executable, "-c", program, str(spec), model]
    text = subprocess.run(command, env=environment(place), check=True, stdout=subprocess.PIPE).stdout
    (place / f"{model}.py").write_bytes(text)

    commands = {OURS: [*COMMAND, "report", str(spec), "-m", model]}
    for name in tools:
        commands[name] = [sys.executable, "-c", COLD.format(model=model, counter=COUNTERS[name])]
    cold: dict[str, list[tuple[float, float, int]]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, entry in commands.items():
            result = run_timed(entry, place)
            if turn:  # the first turn warms the disk's cache and writes bytecode
                cold[name].append(result)
    often = OFTEN * runs
    ours = seconds(WARM_OURS.format(spec=str(spec), model=model, runs=often), place)
    inside = {OURS: ours[:often], MORE[0]: ours[often : 2 * often], MORE[1]: ours[2 * often :]}
    for name in tools:
        inside[name] = seconds(WARM.format(model=model, counter=COUNTERS[name], runs=runs), place)[-runs:]
    figures = {}
    for name, times in inside.items():
        walls, cpus, peaks = zip(*cold.get(name, [(0.0, 0.0, 0)]), strict=True)
        figures[name] = Figures(median(walls), median(cpus), median(times), max(peaks))
    return figures


def compare(model: str, figures: dict[str, Figures], tools: list[str]) -> bool:
    """Prints one network's table; whether the targets are met."""
    ours = figures[OURS]
    print(f"### {model}\n")
    print("| tool | cold, wall | cold, CPU | times ours | in process | times ours | peak memory |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    ratios: dict[str, tuple[float, float, float]] = {}
    for name in (OURS, *tools, *MORE):
        one = figures[name]
        row = (one.cold / ours.cold, one.inside / ours.inside, one.peak_bytes / ours.peak_bytes)
        ratios[name] = row
        whole = f"{shown(one.wall)} | {shown(one.cold)} | {row[0]:.1f}" if one.cold else "| |"
        peak = f"{one.peak_bytes / 1e6:.0f} MB" if one.cold else ""
        print(f"| {name} | {whole} | {shown(one.inside)} | {row[1]:.0f} | {peak} |")
    print()
    met = True
    for column, (what, wanted) in enumerate(
        (("cold", COLD_RATIO), ("in process", WARM_RATIO), ("memory", MEMORY_RATIO))
    ):
        least = min([ratios[name][column] for name in tools], default=0.0)
        met &= least >= wanted
        best = f"the best of the others takes {least:.1f} times ours"
        print(f"{what}: {best}, target {wanted:g}. {verdict(least >= wanted)}.")
    print()
    return met


def seconds(script: str, place: Path) -> list[float]:
    """The times that a script prints, one a line; tools that print more end with them."""
    output = subprocess.run(
        [sys.executable, "-c", script],
        cwd=place,
        env=environment(place),
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found = []
    for line in output.splitlines():
        try:
            found.append(float(line))
        except ValueError:
            continue
    return found


def disagreements(place: Path, model: str, spec: Path, tools: list[str]) -> bool:
    """Each tool's figure, ours of it, and what it counts beside the multiply-adds."""
    print("| tool | its total | of a network with modules | what it adds to our MACs |")
    print("|---|---:|---:|---|")
    agree = True
    for name in tools:
        script = COLD.format(model=model, counter=COUNTERS[name])
        output = subprocess.run(
            [sys.executable, "-c", script],
            cwd=place,
            env=environment(place),
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        total = int(output.splitlines()[-1])
        told = json.loads(
            subprocess.run(
                [*COMMAND, "report", str(spec), "-m", model, "--as", name, "--format", "json"],
                env=environment(place),
                check=True,
                capture_output=True,
                text=True,
            ).stdout
        )
        terms = [
            f"{line['what']}: {line['amount']:,}" for line in told["lines"] if line["amount"] != told["macs"]
        ]
        # The module calls functions where it can: of those ptflops counts an activation or a pooling
        # once, and thop none. The tests compare all totals on modules.
        depends = name == "ptflops"
        agree &= depends or total == told["total"]
        print(f"| {name} | {total:,} | {told['total']:,} | {'; '.join(terms)} |")
    print(
        f"\nFigures as `report --as` says them, but for the way ptflops takes functions. {verdict(agree)}.\n"
    )
    return agree


if __name__ == "__main__":
    started = time.perf_counter()
    code = main()
    print(f"Took {time.perf_counter() - started:.0f} s.")
    sys.exit(code)
