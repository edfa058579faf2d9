"""ResNets under `torch.compile`, without a break in the graph."""

from __future__ import annotations

import pytest
import torch

from .shipped import SPECS, Shipped, backward, batch, every_model, outputs, small

# 1001 and 1202 layers take minutes and differ from 164 and 110 in repetitions alone.
TOO_DEEP = {"preact_resnet1001", "cifar_resnet1202", "cifar_resnet1202_b"}
QUICK = {"resnet18", "resnet50", "cifar_resnet20"}
FAMILIES = ("resnet", "cifar_resnet", "digits_resnet", "preact_resnet", "resnext", "wide_resnet", "wrn")
RESNETS = [
    pytest.param(model, marks=() if model.name in QUICK else pytest.mark.slow, id=model.name)
    for model in every_model()
    if model.path.parent == SPECS and model.name.startswith(FAMILIES) and model.name not in TOO_DEEP
]


def test_the_quick_ones_are_among_them() -> None:
    assert {parameter.id for parameter in RESNETS} > QUICK


@pytest.mark.parametrize("model", RESNETS)
def test_inference_and_training_are_one_graph(model: Shipped) -> None:
    torch.manual_seed(0)
    net = small(model)
    module = net.build()
    inputs = batch(net)
    torch.compiler.reset()  # a process keeps few compilations of one function
    module.compile(fullgraph=True, backend="aot_eager")
    backward(outputs(module.train(), inputs))
    assert all(parameter.grad is not None for parameter in module.parameters())
    with torch.no_grad():
        (inferred,) = outputs(module.eval(), inputs)
        expected = module.forward(*inputs)  # `compile` is about calls of the module
    torch.testing.assert_close(inferred, expected)
