"""What other tools count: published totals, and the tools themselves."""

from __future__ import annotations

import importlib
import logging
import warnings
from collections.abc import Callable, Collection
from functools import cache

import pytest
import torch
from torch import nn

import resnet_dsl
from resnet_dsl import CompiledNetwork
from resnet_dsl.analysis.conventions import CONVENTIONS, ConventionError, convention, count_as
from resnet_dsl.backends.pytorch.called import called_as_functions
from tests.analysis.modules import Modules
from tests.conftest import ROOT

SPECS = {
    "resnet50": "resnet50",
    "resnet152": "resnet152",
    "densenet201": "torchvision/densenet",
    "googlenet": "torchvision/googlenet",
    "unet": "unet",
}

# Totals of the tools, measured on hand-written networks.
TOTALS = {
    "paper": (4_089_184_256, 11_513_626_624, 4_291_365_888, 1_498_376_192, 150_428_424_448),
    "torchinfo": (4_089_238_376, 11_513_779_048, 4_291_595_944, 1_498_391_752, 167_456_910_112),
    "fvcore": (4_111_512_576, 11_558_835_200, 4_340_870_784, 1_504_878_688, 150_428_424_448),
    "thop": (4_133_742_592, 11_603_945_472, 4_390_381_952, 1_511_332_032, 167_322_556_672),
    "calflops": (8_211_108_352, 23_094_313_472, 8_658_522_624, 3_009_356_752, 301_125_319_968),
    "flopcounter": (8_178_368_512, 23_027_253_248, 8_582_731_776, 2_996_752_384, 300_856_848_896),
    "ptflops": (4_132_436_968, 11_602_639_848, 4_393_349_608, 1_513_907_448, 150_715_016_480),
}
# What those networks call as functions, where a tool counts functions otherwise than modules.
FUNCTIONS = {
    "densenet201": ("features.relu2", "gap"),
    "googlenet": ("relu",),
    "unet": ("relu", "maxpool"),
}


@cache
def net(name: str) -> CompiledNetwork:
    return resnet_dsl.load(ROOT / "specs" / f"{SPECS[name]}.rdl", model=name)[name]


@pytest.mark.parametrize(
    ("tool", "name", "total"),
    [
        (tool, name, total)
        for tool, totals in TOTALS.items()
        for name, total in zip(SPECS, totals, strict=True)
    ],
)
def test_published_totals(tool: str, name: str, total: int) -> None:
    functions = FUNCTIONS.get(name, ()) if tool in {"ptflops", "thop"} else ()
    assert count_as(net(name).network, CONVENTIONS[tool], functions).total == total


# --- the tools themselves ------------------------------------------------------------------------

HEAD = "model m() {\n  input x [8, 12, 12]\n"
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


def test_a_function_that_is_not_there_is_told() -> None:
    with pytest.raises(ConventionError, match="called `relus`. did you mean `relu`?"):
        count_as(net("resnet50").network, CONVENTIONS["ptflops"], ["relus"])


def test_lines_add_up_and_name_their_operators() -> None:
    counted = count_as(net("resnet50").network, CONVENTIONS["ptflops"])
    lines = {line.what: (line.amount, line.operators) for line in counted.lines}
    assert sum(amount for amount, _ in lines.values()) == counted.total
    assert sorted(amount for amount, _ in lines.values()) == [
        1_000,
        1_605_632 + 200_704,
        19_217_408,
        22_227_968,
        4_089_184_256,
    ]
    assert sum(operators for _, operators in lines.values()) == 54 + 1 + 53 + 49 + 2
    assert counted.base == 4_089_184_256


def test_auxiliary_heads_are_not_counted() -> None:
    text = HEAD + "  y = x -> conv(8, 3)\n  aux a = y -> conv(8, 3) -> gap\n  return y -> gap\n}\n"
    for entry in CONVENTIONS.values():
        counted = count_as(resnet_dsl.loads(text)["m"].network, entry)
        assert counted.base == 8 * 8 * 9 * 144


def test_an_unknown_convention_is_told() -> None:
    with pytest.raises(
        ConventionError, match=r"did you mean `torchinfo`\? Known here: `paper`, .*`calflops`"
    ):
        convention("torchinf")
    with pytest.raises(ConventionError, match="known here"):
        convention("deepspeed")
