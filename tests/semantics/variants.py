"""What tests of variants ask of a network: its keys, and the shape of its output."""

from __future__ import annotations

import torch

from resnet_dsl.analysis.keys import state_dict_entries
from resnet_dsl.compiled import CompiledNetwork


def keys(net: CompiledNetwork) -> list[tuple[str, tuple[int, ...]]]:
    return [(entry.key, tuple(entry.shape)) for entry in state_dict_entries(net.network)]


def forward(net: CompiledNetwork) -> torch.Size:
    shape = net.report().input
    with torch.device("meta"):
        output: torch.Tensor = net.build()(torch.empty(2, *shape))
    return output.shape
