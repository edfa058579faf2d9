"""The models of every spec that the project ships, loaded once a process, and small forms of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch

import resnet_dsl
from resnet_dsl import CompiledNetwork, Program, SpecError
from resnet_dsl.diagnostics.model import DiagnosticBag
from resnet_dsl.semantics.models import chosen_models
from resnet_dsl.semantics.modules import Loader
from tests.conftest import ROOT

SPECS = ROOT / "specs"
PATHS = sorted(SPECS.rglob("*.rdl"))

# Sides of inputs to try, in pixels. Five halvings of 64 leave two; an unpadded U-Net starts at 188,
# and some heads take one size alone.
SIDES = (64, 96, 188)


@dataclass(frozen=True, order=True)
class Shipped:
    """A complete model and the file that declares it."""

    path: Path
    name: str

    def __str__(self) -> str:
        return f"{place(self.path)}:{self.name}"

    @property
    def network(self) -> CompiledNetwork:
        return program(self.path)[self.name]


def place(path: Path) -> str:
    """A spec's path below `specs`, without its ending."""
    return path.relative_to(SPECS).with_suffix("").as_posix()


@cache
def program(path: Path) -> Program:
    """A spec with all its models."""
    return resnet_dsl.load(path)


def names(path: Path) -> list[str]:
    """The complete models that a spec declares, in its order. Nothing is elaborated."""
    bag = DiagnosticBag()
    module = Loader(bag, []).load(path)
    assert module is not None, [entry.message for entry in bag]
    return [definition.name for definition in chosen_models(module, None, bag)]


@cache
def every_model() -> tuple[Shipped, ...]:
    """All models of all specs, by path and in the order of their files."""
    return tuple(Shipped(path, name) for path in PATHS for name in names(path))


def least(path: Path) -> Shipped:
    """The model of a spec with the fewest operators."""
    return Shipped(path, min(program(path).models.values(), key=lambda net: len(net.network)).name)


def input_shapes(net: CompiledNetwork) -> list[list[int]]:
    """The shapes of a network's inputs: [C, H, W] or [features]."""
    return [list(map(int, net.network.node(node).shape.plain())) for node in net.network.inputs]


def output_shapes(net: CompiledNetwork) -> list[list[int]]:
    """The shapes of the output and of the auxiliary outputs."""
    nodes = [net.network.output, *(entry.node for entry in net.network.auxiliary)]
    return [list(map(int, net.network.node(node).shape.plain())) for node in nodes]


def small(model: Shipped) -> CompiledNetwork:
    """The model for an input of 64 x 64 pixels, or the next larger side that it takes, or its own."""
    first = input_shapes(model.network)[0]
    for side in SIDES if len(first) == 3 else ():
        if side >= min(first[1:]):
            break
        found = _with_input(model, [first[0], side, side])
        if found is not None:
            return found
    return model.network


def _with_input(model: Shipped, shape: Sequence[int]) -> CompiledNetwork | None:
    try:
        return resnet_dsl.load(model.path, model=model.name, input_shape=shape)[model.name]
    except SpecError:
        return None


def batch(net: CompiledNetwork, count: int = 2) -> list[torch.Tensor]:
    """Random inputs, on the device that is current."""
    return [torch.randn(count, *shape) for shape in input_shapes(net)]


def outputs(module: torch.nn.Module, inputs: Sequence[torch.Tensor]) -> tuple[torch.Tensor, ...]:
    """What a module gives: its output and, in training, those of its auxiliary heads."""
    given = module(*inputs)
    return given if isinstance(given, tuple) else (given,)


def backward(given: Sequence[torch.Tensor]) -> None:
    """The gradients of the sum of all elements of all outputs."""
    torch.stack([output.sum() for output in given]).sum().backward()  # type: ignore[no-untyped-call]  # torch's
