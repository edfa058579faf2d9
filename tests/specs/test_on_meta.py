"""Every model of every spec, built on the meta device at its own size: no number is computed.

Keys in their order, shapes, multiply-adds, auxiliary outputs and the way back to every weight.
"""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from resnet_dsl.analysis.keys import state_dict_entries

from .shipped import Shipped, backward, batch, every_model, output_shapes, outputs


@pytest.mark.parametrize("model", every_model(), ids=str)
def test_what_is_built_is_the_graph(model: Shipped) -> None:
    net = model.network
    with torch.device("meta"):
        module = net.build().eval()
        inputs = batch(net, 1)

    built = [
        (key, tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."))
        for key, tensor in module.state_dict().items()
    ]
    assert built == [
        (entry.key, tuple(entry.shape), entry.dtype) for entry in state_dict_entries(net.network)
    ]
    assert sum(parameter.numel() for parameter in module.parameters()) == net.params

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        (output,) = outputs(module, inputs)
    assert [list(output.shape[1:])] == output_shapes(net)[:1]
    assert counter.get_total_flops() == 2 * net.macs


@pytest.mark.slow
@pytest.mark.parametrize("model", every_model(), ids=str)
def test_training_reaches_every_weight(model: Shipped) -> None:
    net = model.network
    with torch.device("meta"):
        module = net.build().train()
        given = outputs(module, batch(net))
    assert [list(output.shape[1:]) for output in given] == output_shapes(net)
    backward(given)
    assert not [name for name, parameter in module.named_parameters() if parameter.grad is None]
