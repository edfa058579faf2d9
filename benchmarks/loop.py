"""What the training loop costs beside a loop of a dozen lines with the same network and batches.

    python benchmarks/loop.py [--pairs 15] [--steps 20] [--network digits_resnet8] [--out FILE]

Both loops run in this process, a stretch of one and then of the other, so that a slow spell of the
machine meets both; the figure is the median over the pairs. Times are of the process's own CPU
(one thread) and of the wall. The loop watches, counts, reads the loss once in 20 steps and keeps a
copy to go back to; the dozen lines do none of that.

Prints Markdown, writes JSON. Exits with 1 where the overhead is beyond the target.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import torch
from torch import nn
from torch.nn import functional

import resnet_dsl
from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.semantics.recipe_variations import Flip
from resnet_dsl.training.bench import plain_recipe
from resnet_dsl.training.conduct import Conduct
from resnet_dsl.training.data import Dataset, Part, make_dataset, training_batches
from resnet_dsl.training.execution import Execution
from resnet_dsl.training.folder import RunFolder, environment
from resnet_dsl.training.reporting import Reporter
from resnet_dsl.training.run import Run
from resnet_dsl.training.stopping import StopRequest

ROOT = Path(__file__).resolve().parent.parent
TARGET = 0.03

Seconds = tuple[float, float]  # CPU, wall


def images(shape: tuple[int, ...], count: int, classes: int) -> Dataset:
    generator = torch.Generator().manual_seed(0)
    everything = Part(
        torch.rand(count, *shape, generator=generator),
        torch.randint(0, classes, (count,), generator=generator),
    )
    return replace(make_dataset("noise", everything, classes), training=everything)


def by_hand(model: nn.Module, data: Dataset, settings: Recipe) -> Callable[[], None]:
    """An epoch of the least that trains."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)

    def epoch() -> None:
        model.train()
        for batch in training_batches(data, settings, 0, 0):
            loss = functional.cross_entropy(model(batch.images), batch.labels)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch has no types here
            optimizer.step()

    return epoch


def by_us(model: nn.Module, data: Dataset, settings: Recipe, folder: Path) -> Callable[[], None]:
    """An epoch of the loop of `resnet-dsl train`, without validation and files."""
    run = Run(settings, data, model, RunFolder(folder, settings, "", ""), Conduct())

    def epoch() -> None:
        run.step = 0
        run.train_epoch(StopRequest(), Reporter())

    return epoch


def timed(call: Callable[[], None]) -> Seconds:
    cpu, wall = process_time(), perf_counter()
    call()
    return process_time() - cpu, perf_counter() - wall


def main() -> int:
    parser = argparse.ArgumentParser(description="The training loop beside a minimal one.")
    parser.add_argument("--network", default="digits_resnet8", help="a spec of specs/")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=20, help="steps of each stretch")
    parser.add_argument("--pairs", type=int, default=15, help="stretches of each loop")
    parser.add_argument("--out", type=Path, help="a file for the figures, as JSON")
    arguments = parser.parse_args()

    torch.set_num_threads(1)
    network = resnet_dsl.load(ROOT / "specs" / f"{arguments.network}.rdl")[arguments.network]
    report = network.report()
    data = images(report.input, arguments.steps * arguments.batch, report.output[0])
    settings = plain_recipe("loop", arguments.batch, (Flip(probability=0.5, vertical=False),))
    with tempfile.TemporaryDirectory() as folder:
        torch.manual_seed(0)
        loops = {"by hand": by_hand(network.build(), data, settings)}
        torch.manual_seed(0)
        loops["resnet-dsl"] = by_us(network.build(), data, settings, Path(folder))
        for loop in loops.values():
            loop()  # brings caches and allocator to it
        taken: dict[str, list[Seconds]] = {name: [] for name in loops}
        for pair in range(arguments.pairs):
            order = list(loops.items())
            for name, loop in order if pair % 2 else reversed(order):
                taken[name].append(timed(loop))
    ratios = [
        [
            ours[clock] / hand[clock] - 1
            for ours, hand in zip(taken["resnet-dsl"], taken["by hand"], strict=True)
        ]
        for clock in (0, 1)
    ]
    overhead = median(ratios[0])
    figures = {
        "network": arguments.network,
        "batch": arguments.batch,
        "steps": arguments.steps,
        "pairs": arguments.pairs,
        "overhead_cpu": {"median": overhead, "low": min(ratios[0]), "high": max(ratios[0])},
        "overhead_wall": {"median": median(ratios[1]), "low": min(ratios[1]), "high": max(ratios[1])},
        "step_cpu_seconds": {
            name: median(cpu for cpu, _ in each) / arguments.steps for name, each in taken.items()
        },
        "environment": environment(Execution()),
    }
    print(
        f"{arguments.network}, batch {arguments.batch}, {arguments.pairs} pairs of {arguments.steps} steps\n"
    )
    print("| loop | CPU time of a step |\n|---|---|")
    for name, seconds in figures["step_cpu_seconds"].items():
        print(f"| {name} | {seconds * 1e3:.2f} ms |")
    print(
        f"\nOverhead, median of pairs: {overhead:.1%} of CPU time (from {min(ratios[0]):.1%} to {max(ratios[0]):.1%}), "
        f"{median(ratios[1]):.1%} of wall time. Target: below {TARGET:.0%}."
    )
    if arguments.out:
        arguments.out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0 if overhead < TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
