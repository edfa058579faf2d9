"""The counting tools themselves, where they are installed: they say what we say they would."""

from __future__ import annotations

import importlib
import logging
import warnings
from collections.abc import Callable, Collection

import pytest
import torch
from torch import nn

import resnet_dsl
from resnet_dsl import CompiledNetwork
from resnet_dsl.analysis.conventions import CONVENTIONS, count_as
from resnet_dsl.backends.pytorch.called import called_as_functions
from tests.analysis.counted import HEAD, net
from tests.analysis.modules import Modules

BODIES = {
    "convolutions": "  return x -> conv(16, 3, 2, bias = true) -> conv(8, [1, 3], groups = 4, bias = false)",
    "transposed": "  return x -> deconv(8, 2, stride = 2) -> deconv(4, 3, pad = 1, bias = false)",
    "normalised": "  return x -> bn -> conv(8, 1) -> bn(affine = false) -> conv(8, 1) -> gn(4) -> gn(2, affine = false)",
    "layer norms": "  return x -> gap -> flatten -> ln -> linear(8) -> ln(affine = false)",
    "activations": "  return x -> relu -> relu6 -> leaky_relu -> elu -> silu -> gelu -> hardswish -> sigmoid",
    "learned activations": "  return x -> prelu -> prelu(per_channel = true) -> softmax",
    "pools": "  return x -> maxpool(2) -> avgpool(3, 1, 1) -> adaptive_avgpool(4) -> adaptive_maxpool(2)",
    "uneven pools": "  return x -> adaptive_avgpool(5) -> gap",
    "upsampling": "  return x -> upsample(2) -> upsample(2, mode = bilinear)",
    "response": "  return x -> lrn(3) -> conv(4, 1)",
    "joins": "  y = x -> conv(8, 3) -> relu\n  z = mul(y, x)\n  s = add(x, y)\n  return concat(s, z) -> gap -> flatten -> linear(5)",
    "gated": "  g = x -> gap -> conv(4, 1) -> relu -> conv(8, 1) -> sigmoid\n  return mul(x, g)",
}


def torchinfo_total(module: nn.Module, image: torch.Tensor) -> int:
    import torchinfo

    return int(torchinfo.summary(module, input_data=[image], verbose=0).total_mult_adds)


def fvcore_total(module: nn.Module, image: torch.Tensor) -> int:
    from fvcore.nn import FlopCountAnalysis

    logging.getLogger("fvcore").setLevel(logging.ERROR)
    return int(FlopCountAnalysis(module, image).total())


def ptflops_total(module: nn.Module, image: torch.Tensor) -> int:
    import ptflops

    found, _ = ptflops.get_model_complexity_info(
        module, tuple(image.shape[1:]), print_per_layer_stat=False, as_strings=False, backend="pytorch"
    )
    return int(found)


def thop_total(module: nn.Module, image: torch.Tensor) -> int:
    import thop

    found, _ = thop.profile(module, (image,), verbose=False)
    return int(found)


def flopcounter_total(module: nn.Module, image: torch.Tensor) -> int:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        module(image)
    return int(counter.get_total_flops())


def calflops_total(module: nn.Module, image: torch.Tensor) -> int:
    from calflops.calculate_pipline import CalFlopsPipline

    counter = CalFlopsPipline(model=module, include_backPropagation=False, compute_bp_factor=2)
    counter.start_flops_calculate()
    try:
        module(image)
        return int(counter.get_total_flops())
    finally:
        counter.end_flops_calculate()  # it patches torch until then


TOOLS: dict[str, Callable[[nn.Module, torch.Tensor], int]] = {
    "torchinfo": torchinfo_total,
    "fvcore": fvcore_total,
    "ptflops": ptflops_total,
    "thop": thop_total,
    "flopcounter": flopcounter_total,
    "calflops": calflops_total,
}


def needs(tool: str) -> None:
    if tool != "flopcounter":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # these tools use what Python and torch have given up
            try:
                importlib.import_module(tool)
            except ImportError:
                if tool == "calflops":
                    pytest.skip(
                        "calflops, or transformers, which it imports and does not declare, is not installed"
                    )
                pytest.skip(f"{tool} is not installed: pip install 'resnet-dsl[counters]'")


def check_tool(tool: str, chosen: CompiledNetwork, functions: Collection[str] = ()) -> None:
    """The tool's own figure of the network, written with modules, is what we say it would be."""
    needs(tool)
    module = Modules(chosen, functions).eval()
    image = torch.zeros(1, *chosen.report().input)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        found = TOOLS[tool](module, image)
    assert count_as(chosen.network, CONVENTIONS[tool], functions).total == found


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_tools_agree_on_operators(tool: str, body: str) -> None:
    check_tool(tool, resnet_dsl.loads(HEAD + body + "\n}\n")["m"])


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("name", ["resnet50", "densenet201", "googlenet"])
def test_tools_agree_on_networks(tool: str, name: str) -> None:
    check_tool(tool, net(name))


@pytest.mark.parametrize("tool", TOOLS)
def test_tools_agree_on_what_is_called_as_a_function(tool: str) -> None:
    body = (
        "  return x -> relu -> maxpool(2) -> conv(4, 1) -> relu -> upsample(2) -> avgpool(2) -> gap -> relu"
    )
    chosen = resnet_dsl.loads(HEAD + body + "\n}\n")["m"]
    for functions in (["relu1"], ["relu"], ["relu", "maxpool", "avgpool", "gap"]):
        check_tool(tool, chosen, functions)


GATED = """
block gate(x) {
  g = x -> gap -> squeeze: conv(4, 1, bias = true) -> relu -> expand: conv(x.c, 1, bias = true) -> sigmoid
  return mul(x, g)
}
block unit(x, out: int) {
  y = x -> conv(out, 3, 2) -> bn -> relu -> conv(out, 3) -> bn -> se: gate
  shortcut s = x -> projection: seq { avgpool(2) -> conv(out, 1) -> bn }
  return add(y, s) -> relu
}
model gated {
  input image [3, 32, 32]
  x = image -> stem: seq { conv(16, 3) -> bn -> relu -> maxpool(2) }
  return x -> unit(16) -> unit2: unit(32) -> act: relu -> silu -> gap -> flatten -> fc: linear(10)
}
"""


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("name", ["gated", "resnet50", "googlenet", "unet"])
def test_tools_agree_on_generated_modules(tool: str, name: str) -> None:
    chosen = resnet_dsl.loads(GATED)["gated"] if name == "gated" else net(name)
    needs(tool)
    module = chosen.build().eval()
    image = torch.zeros(1, *chosen.report().input)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        found = TOOLS[tool](module, image)
    called = called_as_functions(chosen.network)
    assert count_as(chosen.network, CONVENTIONS[tool], called).total == found
