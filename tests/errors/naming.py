"""A block whose name is open, and networks that are built and run."""

from __future__ import annotations

import torch
from torch import nn

from resnet_dsl import CompiledNetwork
from resnet_dsl.analysis.keys import state_dict_entries

BLOCK = (
    "block {0}(x, out: int) {{ return x -> conv(out, 3) -> bn -> relu }}\n"
    "model net {{\n  input image [3, 8, 8]\n  return image -> a: {0}(4) -> b: {0}(5) -> c: {0}(6)\n}}\n"
)


def built(net: CompiledNetwork) -> nn.Module:
    """The module; its keys are the network's, and it runs."""
    module = net.build().eval()
    assert list(module.state_dict()) == [entry.key for entry in state_dict_entries(net.network)]
    with torch.no_grad():
        output = module(torch.zeros(2, 3, 8, 8))
    assert tuple(output.shape[1:]) == net.network.node(net.network.output).shape.dims
    return module
