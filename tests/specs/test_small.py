"""Networks at a small input: forward, backward and `torch.export`, in float32 on the CPU.

By default the smallest model of each spec; with the slow tests every model.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from .shipped import PATHS, Shipped, backward, batch, every_model, least, output_shapes, outputs, place, small

# Built of the blocks of others, with more of them.
DEEP = """
    resnet101 resnet152 cifar_resnet110 cifar_resnet110_b cifar_resnet1202 cifar_resnet1202_b
    preact_resnet164 preact_resnet1001
""".split()
FIRST = [path for path in PATHS if place(path) not in DEEP]


@pytest.mark.parametrize("path", FIRST, ids=place)
def test_the_least_model_learns(path: Path) -> None:
    check_learning(least(path))


@pytest.mark.parametrize("path", FIRST, ids=place)
def test_the_least_model_exports(path: Path) -> None:
    check_export(least(path))


@pytest.mark.slow
@pytest.mark.parametrize("model", every_model(), ids=str)
def test_every_model_learns(model: Shipped) -> None:
    check_learning(model)


@pytest.mark.slow
@pytest.mark.parametrize("model", every_model(), ids=str)
def test_every_model_exports(model: Shipped) -> None:
    check_export(model)


def check_learning(model: Shipped) -> None:
    """Finite outputs, and a finite gradient that is not zero for every weight."""
    torch.manual_seed(0)
    net = small(model)
    module = net.build().train()
    for layer in module.modules():
        if "rate" in vars(layer):
            vars(layer)["rate"] = 0.0  # a block that stochastic depth drops gets no gradient
    given = outputs(module, batch(net))
    assert [list(output.shape[1:]) for output in given] == output_shapes(net)
    assert all(output.isfinite().all() for output in given)
    backward(given)
    for name, parameter in module.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.any(), f"{name}: the gradient is zero"


def check_export(model: Shipped) -> None:
    """The exported program computes what the module does."""
    torch.manual_seed(0)
    net = small(model)
    module = net.build()
    inputs = tuple(batch(net))
    with torch.no_grad():
        take_statistics(module, inputs)
        (expected,) = outputs(module.eval(), inputs)
        assert expected.isfinite().all()
        program = torch.export.export(module, inputs)
        (exported,) = outputs(program.module(), inputs)
    torch.testing.assert_close(exported, expected)


def take_statistics(module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
    """Running statistics near those of the inputs: with none, a thousand residual branches add up
    to infinity. A tenth of the old variance stays, so that a channel that is constant in a batch of
    two is not blown up."""
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            layer.momentum = 0.9
    module.train()(*inputs)
