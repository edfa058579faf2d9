"""Random networks: whatever the language can say, the code is the graph, with torch as the judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import hypothesis.strategies as st
import torch
from hypothesis import HealthCheck, given, settings
from torch.utils.flop_counter import FlopCounterMode

import resnet_dsl
from resnet_dsl.analysis.keys import state_dict_entries
from resnet_dsl.ir.graph import Node

HEADER = """
from std.shortcuts import option_a, project, project_always
block unit(x, width: int, k: int = 3, stride: int = 1, shortcut: op = project, norm: op = bn) {
  let inner = max(width // 2, 2)
  y = x -> conv(inner, 1) -> norm -> relu -> conv(width, k, stride) -> norm
  shortcut s = x -> side: shortcut(width, stride)
  return add(y, s) -> relu
}
block gate(x, reduction: int = 2) {
  g = x -> gap -> fc1: conv(max(x.c // reduction, 1), 1) -> relu -> fc2: conv(x.c, 1) -> sigmoid
  return mul(x, g)
}
block halves(x, width: int) {
  left = x -> slice(0, x.c / 2)
  right = x -> slice(x.c / 2) -> conv(width, 1) -> bn
  g = right -> gap -> sigmoid
  kept = right -> mul(g)
  other = g -> one_minus
  carried = right -> times(0.5) -> mul(other)
  return concat(left, kept, carried) -> conv(2 * width, 1) -> channel_shuffle(2)
}
block dense(x, growth: int) {
  y = x -> bn -> relu -> conv(growth, 3)
  return concat(x, y)
}
block nested(x, order: int, width: int) {
  low = x -> unit(width)
  if order > 0 { mid = low -> inner: nested(order - 1, width) } else { mid = low -> last: gate }
  return mid -> after: unit(width)
}
"""


@st.composite
def step(draw: st.DrawFn, name: str) -> str:
    """One step of a pipeline that keeps height and width at least 1."""
    width = draw(st.sampled_from([4, 8, 12]))
    stride = draw(st.sampled_from([1, 1, 2]))
    kernel = draw(st.sampled_from(["1", "3", "[3, 1]"]))
    shortcut = draw(st.sampled_from(["project", "project_always"]))
    count = draw(st.integers(1, 4))
    return draw(
        st.sampled_from(
            [
                f"conv({width}, {kernel}, {stride}) -> bn -> relu",
                f"{name}: conv({width}, 3, groups = 1, bias = true)",
                f"{name}: unit({width}, stride = {stride}, shortcut = {shortcut})",
                f"{name}: repeat {count} as i {{ unit({width}, stride = {stride} if i == 0 else 1) }}",
                f"{name}: seq {{ conv({width}, 3) -> relu -> unit({width}) }}",
                f"repeat {count} {{ conv({width}, 3) -> bn }}",
                f'{name}: repeat {count} as i {{ "layer{{i + 1}}": dense({width}) }}',
                f"{name}: gate({draw(st.sampled_from([2, 4]))})",
                f"{name}: nested({draw(st.integers(0, 3))}, {width})",
                f"{name}.0: conv({width}, 1) -> {name}.extra: bn -> relu",
                f"maxpool(3, {stride}, 1)",
                f"{name}: identity",
                f"{name}: halves({width})",
                f"{name}: upsample(2) -> maxpool(2) -> drop_path(0.5)",
                f"conv({2 * width}, 1) -> group_sum(2) -> slice(1, 4) -> conv({width}, 1)",
                f"{name}: unit({width}, norm = identity)",
            ]
        )
    )


@st.composite
def spec(draw: st.DrawFn) -> str:
    """A model with a few stages, branches that join, and perhaps an auxiliary head."""
    lines = ["  input image [3, 24, 24]", "  x = image -> stem: conv(8, 3) -> bn"]
    for number in range(draw(st.integers(1, 4))):
        parts = [draw(step(f"s{number}_{i}")) for i in range(draw(st.integers(1, 3)))]
        lines.append(f"  x = x -> {' -> '.join(parts)}")
        if draw(st.booleans()):
            lines.append(f"  y{number} = x -> b{number}: unit(x.c)")
            join = draw(st.sampled_from(["add", "concat", "mul"]))
            lines.append(f"  x = {join}(x, y{number}) -> relu")
        if draw(st.integers(0, 5)) == 0:
            lines.append(f"  aux a{number} = x -> gap -> flatten -> aux{number}: linear(3)")
    lines.append("  return x -> gap -> flatten -> fc: linear(5)")
    return HEADER + "model net {\n" + "\n".join(lines) + "\n}\n"


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(spec())
def test_code_is_the_graph(text: str) -> None:
    net = resnet_dsl.loads(text)["net"]
    with torch.device("meta"):
        module = net.build()
        built = [(key, tuple(tensor.shape)) for key, tensor in module.state_dict().items()]
        with FlopCounterMode(display=False) as counter:
            output = module.eval()(torch.empty(1, 3, 24, 24))
    assert built == [(entry.key, tuple(entry.shape)) for entry in state_dict_entries(net.network)]
    assert tuple(output.shape) == (1, 5)
    assert counter.get_total_flops() == 2 * net.macs
    assert sum(parameter.numel() for parameter in module.parameters()) == net.params


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(spec())
def test_code_computes_what_the_graph_says(text: str) -> None:
    """The graph, run node by node with the module's own weights, gives the module's output."""
    net = resnet_dsl.loads(text)["net"]
    module = net.build().double().eval()
    for key, tensor in module.state_dict().items():
        if key.endswith("running_var"):
            tensor.uniform_(0.5, 2.0)
    image = torch.randn(1, 3, 24, 24, dtype=torch.float64)
    values: dict[int, torch.Tensor] = {}
    with torch.no_grad():
        for node in net.network.nodes():
            taken = [values[source] for source in node.inputs]
            values[node.id] = run_node(node, taken, module, image)
        assert torch.allclose(module(image), values[net.network.output], rtol=1e-9, atol=1e-12)


Tensors = list[torch.Tensor]
MEANINGS: dict[str, Callable[[Tensors, Mapping[str, Any]], torch.Tensor]] = {
    "relu": lambda x, given: x[0].clamp(min=0),
    "sigmoid": lambda x, given: 1 / (1 + torch.exp(-x[0])),
    "add": lambda x, given: sum(x[1:], x[0]),
    "mul": lambda x, given: x[0] * x[1],
    "concat": lambda x, given: torch.cat(x, 1),
    "gap": lambda x, given: x[0].mean((2, 3), keepdim=True),
    "flatten": lambda x, given: x[0].reshape(1, -1),
    "identity": lambda x, given: x[0],
    "drop_path": lambda x, given: x[0],
    "one_minus": lambda x, given: 1 - x[0],
    "times": lambda x, given: x[0] * given["factor"],
    "slice": lambda x, given: x[0][:, given["start"] : given["stop"]],
    "channel_shuffle": lambda x, given: torch.stack(x[0].chunk(given["groups"], 1), 2).flatten(1, 2),
    "group_sum": lambda x, given: torch.stack(x[0].chunk(given["groups"], 1)).sum(0),
    "upsample": lambda x, given: x[0].repeat_interleave(2, 2).repeat_interleave(2, 3),
    "maxpool": lambda x, given: torch.nn.functional.max_pool2d(
        x[0], given["kernel"], given["stride"], given["pad"]
    ),
}


def run_node(node: Node, taken: Tensors, module: torch.nn.Module, image: torch.Tensor) -> torch.Tensor:
    """One operator by its meaning, not by the code that is emitted for it."""
    match node.op.name:
        case "input":
            return image
        case "conv" | "bn" | "linear":
            result: torch.Tensor = module.get_submodule(node.path)(*taken)
            return result
        case name:
            return MEANINGS[name](taken, node.attributes)
