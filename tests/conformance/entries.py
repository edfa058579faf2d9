"""The reference entries, the models that answer to them, and the checks each must pass."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch

from resnet_dsl import CompiledNetwork
from resnet_dsl.analysis.keys import state_dict_entries, state_dict_sha
from tests.specs.shipped import PATHS, SPECS, names, program

FOLDER = Path(__file__).parent
REFERENCE = FOLDER / "reference"
RELATIVE = 1e-6  # what `zoo.json` asks for


@dataclass(frozen=True)
class Entry:
    """One network of the reference files and the model that should equal it."""

    file: str
    source: str
    name: str
    model: str
    figures: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.source}:{self.name}"


def entries() -> list[Entry]:
    """Every entry of both files, in their order."""
    zoo = json.loads((REFERENCE / "zoo.json").read_text())["models"]
    papers = json.loads((REFERENCE / "papers.json").read_text())
    models = json.loads((REFERENCE / "models.json").read_text())
    found = [Entry("zoo", one["source"], one["name"], one["name"], one) for one in zoo]
    found += [
        Entry("papers", "paper", one["name"], models.get(one["name"], one["name"]), one) for one in papers
    ]
    return found


@cache
def spec_of() -> dict[tuple[str, str], Path]:
    """The spec that declares each model. A folder `specs/timm` answers for timm alone, and so on;
    what lies flat in `specs/` answers for torchvision and for papers."""
    found: dict[tuple[str, str], Path] = {}
    for path in PATHS:
        folder = path.parent.name
        sources = ["torchvision", "paper"] if path.parent == SPECS else [folder.removesuffix("s")]
        for model in names(path):
            for source in sources:
                found.setdefault((source, model), path)
    return found


def network(entry: Entry) -> CompiledNetwork | None:
    """The compiled model that answers to an entry; None where no spec has one yet."""
    path = spec_of().get((entry.source, entry.model))
    return None if path is None else program(path)[entry.model]


def checks(entry: Entry, net: CompiledNetwork) -> Iterator[tuple[str, Callable[[], bool]]]:
    """The checks that an entry has figures for, by name."""
    figures = entry.figures
    yield "params", lambda: net.params == figures["params"]
    if figures.get("macs") is not None:
        # An entry of a training graph counts what its auxiliary heads multiply, too.
        training = "training graph" in entry.name
        yield "macs", lambda: (net.report().training_macs if training else net.macs) == figures["macs"]
    if figures.get("gmacs") is not None:
        # Printed with six decimals, the last of which is not always rounded to nearest: the file
        # has 3.663762 for 3,663,761,408, which `papers.json` gives in full.
        yield "macs", lambda: abs(net.macs / 1e9 - figures["gmacs"]) < 1e-6
    if "state_dict_sha" in figures:
        yield "keys", lambda: _sha(net, ordered=False) == figures["state_dict_sha"]
        yield "order", lambda: _sha(net, ordered=True) == figures["state_dict_order_sha"]
    if figures.get("logits_ref") is not None:
        yield "logits", lambda: _same_logits(net, figures["input"], figures["logits_ref"])
    if figures.get("conv_layers") is not None:
        yield "layers", lambda: _layers(net) == (figures["conv_layers"], figures["linear_layers"])


def _layers(net: CompiledNetwork) -> tuple[int, int]:
    counted = [layer.op for layer in net.report().layers]
    return counted.count("conv") + counted.count("deconv"), counted.count("linear")


def _sha(net: CompiledNetwork, *, ordered: bool) -> str:
    return state_dict_sha(state_dict_entries(net.network), ordered=ordered)


def _same_logits(net: CompiledNetwork, shape: Sequence[int], wanted: dict[str, Any]) -> bool:
    output = filled_logits(net, shape)
    figures = [*output[:4].tolist(), output.mean().item(), output.std().item()]
    expected = [*wanted["first4"], wanted["mean"], wanted["std"]]
    close = all(abs(a - b) <= RELATIVE * abs(b) for a, b in zip(figures, expected, strict=True))
    return close and int(output.argmax()) == wanted["argmax"]


def filled_logits(net: CompiledNetwork, shape: Sequence[int]) -> torch.Tensor:
    """Float64 outputs on one input, weights filled by the recipe of `zoo.json`."""
    module = net.build().double().eval()
    with torch.no_grad():
        for key, tensor in module.state_dict().items():
            last = key.rsplit(".", 1)[-1]
            if last == "num_batches_tracked":
                continue
            seed = int(hashlib.sha256(key.encode()).hexdigest()[:8], 16)
            noise = torch.randn(
                tensor.shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
            )
            if last == "running_mean":
                value = 0.1 * noise
            elif last == "running_var":
                value = torch.exp(0.1 * noise)
            elif tensor.ndim >= 2:
                value = noise * (2 / tensor[0].numel()) ** 0.5
            else:
                value = 1 + 0.1 * noise if last == "weight" else 0.1 * noise
            tensor.copy_(value)
        image = torch.randn(1, *shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        output: torch.Tensor | tuple[torch.Tensor, ...] = module(image)
    return (output[0] if isinstance(output, tuple) else output).flatten()
