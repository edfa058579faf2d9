"""The analysis alone, ours and others', in one process that has done it before.

    python benchmarks/warm.py SPEC MODEL RUNS

`compile.py` starts this, with the module generated from SPEC importable under the name MODEL.
Prints JSON: the seconds of each run, by tool.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable
from importlib import import_module

import torch
import torchinfo
from fvcore.nn import FlopCountAnalysis

from resnet_dsl.analysis.auditing import cost_report
from resnet_dsl.analysis.counts import counts
from resnet_dsl.backends.report import render
from resnet_dsl.compiler import load

ROUNDS = 3


def main(spec: str, model: str, runs: int) -> None:
    logging.getLogger("fvcore").setLevel(logging.ERROR)  # it names every operator that it skips
    network = load(spec, model=model)[model].network
    report = cost_report(network)
    module = import_module(model).build().eval()
    image = torch.zeros(1, *report.input)
    tasks: dict[str, Callable[[], object]] = {
        "ours": lambda: counts(network),
        "ours, the whole audit": lambda: cost_report(network),
        "ours, the audit with its table": lambda: render(cost_report(network), "table", "block"),
        "ours, the audit from the spec's text": lambda: cost_report(load(spec, model=model)[model].network),
        "torchinfo": lambda: torchinfo.summary(module, tuple(image.shape), verbose=0),
        "fvcore": lambda: FlopCountAnalysis(module, image).total(),
    }
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    with torch.no_grad():
        for _ in range(ROUNDS):
            for name, task in tasks.items():
                task()  # brings the caches to this task
                for _ in range(runs // ROUNDS):
                    start = time.perf_counter()
                    task()
                    seconds[name].append(time.perf_counter() - start)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
