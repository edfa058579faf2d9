"""A network as its operators' own modules, run node by node: how zoos write what has a module."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - the name that emitted code uses

from resnet_dsl import CompiledNetwork
from resnet_dsl.ir.graph import Node
from resnet_dsl.ops.emission import CallCode
from resnet_dsl.ops.record import Operator


class Modules(nn.Module):
    """Every operator that has a module as that, the others as written: ``x + y``.

    Those that `functions` names, by operator or by path, are called as functions where torch has one.
    """

    def __init__(self, net: CompiledNetwork, functions: Collection[str] = ()) -> None:
        super().__init__()
        self.functions = functions
        self.network = net.network
        self.layers = nn.ModuleDict()
        self.shown = net.network.inference_nodes()
        for node in self.network.nodes():
            operator = node.op
            assert isinstance(operator, Operator)
            if operator.name == "input" or node.id not in self.shown:
                continue
            shapes = node.operand_shapes
            code = operator.emission(node.attributes, shapes, node.shape).module
            if code is not None and not self._is_function(node):
                self.layers[str(node.id)] = _module(code)

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        values = dict(zip(self.network.inputs, inputs, strict=True))
        for node in self.network.nodes():
            if node.id in values or node.id not in self.shown:
                continue
            taken = [values[source] for source in node.inputs]
            key = str(node.id)
            if self._is_function(node):
                values[node.id] = FUNCTIONS[node.op.name](taken[0], node.attributes)
            else:
                values[node.id] = (
                    self.layers[key](*taken) if key in self.layers else _joined(node.op.name, taken)
                )
        return values[self.network.output]

    def _is_function(self, node: Node) -> bool:
        return node.op.name in self.functions or node.path in self.functions


FUNCTIONS: dict[str, Callable[[torch.Tensor, Mapping[str, Any]], torch.Tensor]] = {
    "relu": lambda x, given: F.relu(x),
    "gap": lambda x, given: F.adaptive_avg_pool2d(x, 1),
    "maxpool": lambda x, given: F.max_pool2d(x, given["kernel"], given["stride"], given["pad"]),
    "avgpool": lambda x, given: F.avg_pool2d(x, given["kernel"], given["stride"], given["pad"]),
    "upsample": lambda x, given: F.interpolate(x, scale_factor=given["scale"]),
}


def _module(code: CallCode) -> nn.Module:
    given = [entry for entry in code.arguments if entry.value != entry.default]
    arguments = ", ".join(
        [f"{entry.name}={entry.value!r}" if entry.name else repr(entry.value) for entry in given]
    )
    module = eval(f"{code.callee}({arguments})", {"nn": nn, "F": F})
    assert isinstance(module, nn.Module)
    return module


def _joined(name: str, taken: list[torch.Tensor]) -> torch.Tensor:
    match name:
        case "add":
            total = taken[0]
            for other in taken[1:]:
                total = total + other
            return total
        case "mul":
            return taken[0] * taken[1]
        case "concat":
            return torch.cat(taken, 1)
        case "crop":
            height, width = taken[1].shape[2:]
            top, left = (taken[0].shape[2] - height) // 2, (taken[0].shape[3] - width) // 2
            return taken[0][:, :, top : top + height, left : left + width]
        case _:
            raise AssertionError(f"{name} is not among the networks of these tests")
