"""What an audit costs, ours and others', on four networks, and why the figures differ.

    python benchmarks/audit.py [--runs 5]

Everything is measured in one run on one machine, in turn. Cold: whole processes from start to exit,
each building its network and counting it; the others get the module that our compiler generates
from the same spec, one thread each. In process: the counting alone, after a run to warm up. Peak
memory is the process's resident set. Prints Markdown. Exits with 1 where a target is missed, or
where a tool's figure is not the one that `report --as` gives for it.
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

from compile import (  # type: ignore[import-not-found]  # a script beside this one
    COMMAND,
    ROOT,
    environment,
    machine,
    run,
    shown,
    verdict,
)

NETWORKS = {
    "resnet50": "resnet50",
    "resnet152": "resnet152",
    "densenet201": "torchvision/densenet",
    "googlenet": "torchvision/googlenet",
}
COLD_RATIO, WARM_RATIO, MEMORY_RATIO = 10.0, 100.0, 5.0

# What a user of each tool writes: `count` gives its total of a module and an image.
COUNTERS = {
    "torchinfo": """
import torchinfo
def count(module, image):
    return torchinfo.summary(module, input_data=[image], verbose=0).total_mult_adds
""",
    "fvcore": """
import logging
from fvcore.nn import FlopCountAnalysis
logging.getLogger("fvcore").setLevel(logging.ERROR)
def count(module, image):
    return FlopCountAnalysis(module, image).total()
""",
    "ptflops": """
from ptflops import get_model_complexity_info
def count(module, image):
    return get_model_complexity_info(
        module, tuple(image.shape[1:]), print_per_layer_stat=False, as_strings=False, backend="pytorch"
    )[0]
""",
    "calflops": """
from calflops import calculate_flops
def count(module, image):
    return calculate_flops(module, tuple(image.shape), print_results=False, output_as_string=False)[0]
""",
}
COLD = """
import torch
import {model}
{counter}
with torch.no_grad():
    print(int(count({model}.build().eval(), torch.zeros(1, 3, 224, 224))))
"""
WARM = """
import time, torch
import {model}
{counter}
module, image = {model}.build().eval(), torch.zeros(1, 3, 224, 224)
with torch.no_grad():
    count(module, image)
    for _ in range({runs}):
        start = time.perf_counter()
        count(module, image)
        print(time.perf_counter() - start)
"""
WARM_OURS = """
import time
from resnet_dsl.analysis.cost import cost_report
from resnet_dsl.compiler import load
network = load({spec!r}, model={model!r})[{model!r}].network
cost_report(network)
for _ in range({runs}):
    start = time.perf_counter()
    cost_report(network)
    print(time.perf_counter() - start)
"""


def main() -> int:
    parser = argparse.ArgumentParser(description="Audits beside torchinfo, fvcore, ptflops and calflops.")
    parser.add_argument("--runs", type=int, default=5, help="runs of each tool, cold and in process")
    runs = parser.parse_args().runs
    tools = [name for name in COUNTERS if find_spec(name) is not None]
    print(machine())
    absent = [name for name in COUNTERS if name not in tools]
    if absent:
        print(f"Not installed, so not measured: {', '.join(absent)}.\n")
    met = True
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        for model, spec in NETWORKS.items():
            met &= network(place, model, ROOT / "specs" / f"{spec}.rdl", tools, runs)
    return 0 if met else 1


def network(place: Path, model: str, spec: Path, tools: list[str], runs: int) -> bool:
    """One network's table, its disagreements, and whether the targets are met."""
    program = "import sys, resnet_dsl; print(resnet_dsl.load(sys.argv[1])[sys.argv[2]].to_pytorch(), end='')"
    command = [sys.executable, "-c", program, str(spec), model]
    text = subprocess.run(command, env=environment(place), check=True, stdout=subprocess.PIPE).stdout
    (place / f"{model}.py").write_bytes(text)

    commands = {"ours": [*COMMAND, "report", str(spec), "-m", model]}
    for name in tools:
        script = COLD.format(model=model, counter=COUNTERS[name])
        commands[name] = [sys.executable, "-c", script]
    cold: dict[str, list[tuple[float, int]]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, entry in commands.items():
            result = run(entry, place)
            if turn:  # the first turn warms the disk's cache and writes bytecode
                cold[name].append(result)
    warm = {"ours": seconds(WARM_OURS.format(spec=str(spec), model=model, runs=runs), place)}
    for name in tools:
        warm[name] = seconds(WARM.format(model=model, counter=COUNTERS[name], runs=runs), place)

    print(f"### {model}\n")
    print("| tool | cold, median of whole processes | times ours | in process | times ours | peak memory |")
    print("|---|---:|---:|---:|---:|---:|")
    base_cold, base_warm = median([s for s, _ in cold["ours"]]), median(warm["ours"])
    ratios: dict[str, tuple[float, float, float]] = {}
    base_peak = max(peak for _, peak in cold["ours"])
    for name in commands:
        whole, inside = median([s for s, _ in cold[name]]), median(warm[name])
        peak = max(peak for _, peak in cold[name])
        ratios[name] = whole / base_cold, inside / base_warm, peak / base_peak
        print(
            f"| {name} | {shown(whole)} | {ratios[name][0]:.1f} | {shown(inside)} "
            f"| {ratios[name][1]:.0f} | {peak / 1e6:.0f} MB |"
        )
    print()
    met = True
    for column, (what, wanted) in enumerate(
        (("cold", COLD_RATIO), ("in process", WARM_RATIO), ("memory", MEMORY_RATIO))
    ):
        least = min([ratios[name][column] for name in tools], default=0.0)
        met &= least >= wanted
        print(
            f"{what}: the best of the others takes {least:.1f} times ours, target {wanted:g}. {verdict(least >= wanted)}."
        )
    print()
    return disagreements(place, model, spec, tools) and met


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
