"""Training on one device: generated networks beside torchvision's and timm's, and a whole loop.

    python benchmarks/gpu_train.py [--batch 256] [--size 224] [--seconds 10] [--out benchmarks/results/NAME.json]

Everything is measured in one run, on the same made-up batches that lie on the device.

* Steps of ResNet-50 and ResNet-18, from our compiler, from torchvision and from timm, in the same
  loop: eager, bfloat16 and channels_last; then compiled; then as `resnet-dsl train` does it by
  default, which on a GPU adds CUDA graphs. torchvision and timm are left out where they are not
  installed. As a line of its own, a step as timm's `train.py` takes it with its defaults: float32,
  contiguous, eager.
* CIFAR ResNet-20, the whole loop of `resnet-dsl train`: shuffling, crops and flips, batches of 128.

The JSON has hardware, versions, and for each line the number of rounds, median and spread. On a CPU
it does the same with what there is; the tests run it with tiny sizes.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import torch
from torch import nn

import resnet_dsl
from resnet_dsl.semantics.recipe_variations import Crop, Flip
from resnet_dsl.training.bench import ROUNDS, plain_recipe, time_way
from resnet_dsl.training.conduct import Conduct
from resnet_dsl.training.data import Part, make_dataset
from resnet_dsl.training.execution import Execution, choose_execution, fast_kernels
from resnet_dsl.training.folder import RunFolder, environment
from resnet_dsl.training.reporting import Reporter
from resnet_dsl.training.run import Run
from resnet_dsl.training.stopping import StopRequest

ROOT = Path(__file__).resolve().parent.parent
CLASSES = 1000


def sources(name: str) -> Iterator[tuple[str, Callable[[], nn.Module]]]:
    """The network from our compiler, and from each library that is there."""
    yield "resnet-dsl", resnet_dsl.load(ROOT / "specs" / f"{name}.rdl")[name].build
    for library, build in (
        ("torchvision", lambda models: getattr(models, name)(num_classes=CLASSES)),
        ("timm", lambda models: models.create_model(name, num_classes=CLASSES)),
    ):
        try:
            models = import_module("torchvision.models" if library == "torchvision" else "timm")
        except (ImportError, RuntimeError) as error:  # with another build of torch its import fails so
            print(f"{library} is left out: {str(error).splitlines()[0][:100]}", file=sys.stderr)
            continue
        yield library, partial(build, models)


def executions(device: str) -> Iterator[tuple[str, Execution]]:
    """The same for every source; on a CPU, float32, and compiled last."""
    best = choose_execution(device)
    eager = replace(best, compiled=False, graphs=False)
    yield "eager", eager
    yield "compiled", replace(eager, compiled=True)
    if best.graphs:
        yield "compiled, CUDA graphs", best


def steps(name: str, arguments: argparse.Namespace, device: str) -> Iterator[dict[str, Any]]:
    settings = plain_recipe(name, arguments.batch)
    shape = (3, arguments.size, arguments.size)
    for source, factory in sources(name):
        ways = list(executions(device))
        if source == "timm":
            ways.append(("timm's train.py by default", Execution(ways[0][1].device)))
        for way, execution in ways:
            if way.startswith("compiled") and arguments.skip_compiled:
                continue
            timing = time_way(way, execution, factory, settings, shape, arguments.seconds)
            row = {"network": name, "source": source, "way": way, "execution": execution.as_dict()}
            if timing.failure:
                yield {**row, "failure": timing.failure}
                continue
            rates = [arguments.batch / each for each in timing.seconds]
            yield {**row, **figures(rates), "peak_bytes": timing.peak_bytes}


def whole_loop(arguments: argparse.Namespace, device: str) -> dict[str, Any]:
    """Epochs of CIFAR ResNet-20 on as many made-up images, bytes on the device, as CIFAR has to train on."""
    generator = torch.Generator().manual_seed(0)
    count = arguments.cifar_images
    everything = Part(
        torch.randint(0, 256, (count, 3, 32, 32), generator=generator, dtype=torch.uint8),
        torch.randint(0, 10, (count,), generator=generator),
    )
    settings = plain_recipe(
        "cifar_resnet20", 128, (Crop(pad=4, size=0), Flip(probability=0.5, vertical=False))
    )
    execution = choose_execution(device)
    if arguments.skip_compiled:
        execution = replace(execution, compiled=False)
    small = make_dataset("noise", everything.at(torch.arange(min(count, 1_000))), 10)
    data = replace(small, training=everything).to(torch.device(execution.device))
    torch.manual_seed(0)
    model = resnet_dsl.load(ROOT / "specs" / "cifar_resnet20.rdl")["cifar_resnet20"].build()
    row = {"network": "cifar_resnet20", "source": "resnet-dsl", "way": f"whole loop, {execution.words}"}
    with tempfile.TemporaryDirectory() as folder, fast_kernels(execution):
        run = Run(
            settings,
            data,
            execution.place(model),
            RunFolder(Path(folder), settings, "", ""),
            Conduct(execution),
        )
        images = run.steps_per_epoch * settings.batch_size
        rates = []
        for round_number in range(1 + ROUNDS):
            run.step = 0
            started = perf_counter()
            run.train_epoch(StopRequest(), Reporter())
            execution.synchronize()
            if round_number:  # the first one compiles and records
                rates.append(images / (perf_counter() - started))
    return {**row, "execution": execution.as_dict(), **figures(rates)}


def figures(rates: list[float]) -> dict[str, Any]:
    middle = median(rates)
    return {
        "n": len(rates),
        "images_per_second": round(middle, 1),
        "spread": round((max(rates) - min(rates)) / middle, 4),
        "rounds": [round(each, 1) for each in rates],
    }


def libraries() -> dict[str, str]:
    found = {}
    for name in ("torchvision", "timm", "triton"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Training steps beside torchvision's and timm's networks.")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--networks", nargs="*", default=["resnet50", "resnet18"])
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--size", type=int, default=224, help="side of the images, in pixels")
    parser.add_argument("--seconds", type=float, default=10.0, help="of measuring, for each line")
    parser.add_argument("--cifar-images", type=int, default=50_000)
    parser.add_argument("--skip-compiled", action="store_true")
    parser.add_argument("--out", type=Path, help="a file for the figures, as JSON")
    arguments = parser.parse_args()

    device = choose_execution(arguments.device).device
    rows = []
    for name in arguments.networks:
        for row in steps(name, arguments, device):
            rows.append(row)
            tell(row)
    rows.append(whole_loop(arguments, device))
    tell(rows[-1])
    facts = {
        "batch": arguments.batch,
        "size": arguments.size,
        "cifar_batch": 128,
        "environment": environment(choose_execution(device)),
        "libraries": libraries(),
        "cuda": torch.version.cuda,
        "rows": rows,
    }
    if arguments.out:
        arguments.out.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    return 0


def tell(row: dict[str, Any]) -> None:
    found = row.get("failure") or f"{row['images_per_second']:>12,.0f} images/s, spread {row['spread']:.1%}"
    print(f"{row['network']:<16}{row['source']:<13}{row['way']:<44}{found}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
