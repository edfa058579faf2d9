"""Convolution."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from resnet_dsl.ir.contract import Category, Weight
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.emission import Argument, CallCode, Emission
from resnet_dsl.ops.parameter import AUTO, Kind, Parameter, pair, size_code, size_text
from resnet_dsl.ops.record import Attributes, Operator, Saved, Shapes, example
from resnet_dsl.ops.rules import need_groups, need_map, window_reach, windowed
from resnet_dsl.ops.weights import BIAS, BIAS_INIT, WEIGHT_INIT, bias_adds, initialisers, starts, with_bias


def _complete(attributes: dict[str, Any], inputs: Shapes) -> None:
    if attributes["pad"] is AUTO:
        kernel, dilation = pair(attributes["kernel"]), pair(attributes["dilation"])
        # Not int(): where the kernel is a block's parameter, generated code says `padding=k // 2`.
        pad = [d * (k // 2) for k, d in zip(kernel, dilation, strict=True)]
        attributes["pad"] = pad[0] if pad[0] == pad[1] else pad


def _shape(attributes: Attributes, inputs: Shapes) -> Shape:
    x = need_map("conv", inputs)
    need_groups(attributes["groups"], input=x.channels, output=attributes["out"])
    kernel, stride = pair(attributes["kernel"]), pair(attributes["stride"])
    pad, dilation = pair(attributes["pad"]), pair(attributes["dilation"])
    height, width = (
        windowed("conv", side, kernel[i], stride[i], pad[i], dilation[i]) for i, side in enumerate(x.spatial)
    )
    return Shape.map(attributes["out"], height, width)


def _weights(attributes: Attributes, inputs: Shapes) -> tuple[Weight, ...]:
    kernel_h, kernel_w = pair(attributes["kernel"])
    each = int(inputs[0].channels) // int(attributes["groups"])
    return _tensors(int(attributes["out"]), each, int(kernel_h), int(kernel_w), attributes["bias"])


@lru_cache(maxsize=4096)  # blocks repeat, and auditors ask for a layer's tensors again and again
def _tensors(out: int, each: int, kernel_h: int, kernel_w: int, bias: bool) -> tuple[Weight, ...]:
    return with_bias(Weight("weight", (out, each, kernel_h, kernel_w)), out, bias)


def _macs(attributes: Attributes, inputs: Shapes, output: Shape) -> int:
    kernel_h, kernel_w = pair(attributes["kernel"])
    each = int(inputs[0].channels) // int(attributes["groups"])
    return output.elements * each * int(kernel_h) * int(kernel_w)


def _emission(attributes: Attributes, inputs: Shapes, output: Shape) -> Emission:
    call = CallCode(
        "nn.Conv2d",
        (
            Argument(inputs[0].channels, hint="in_channels"),
            Argument(attributes["out"], hint="out_channels"),
            Argument(size_code(attributes["kernel"]), hint="kernel_size"),
            Argument(size_code(attributes["stride"]), "stride", 1),
            Argument(size_code(attributes["pad"]), "padding", 0),
            Argument(size_code(attributes["dilation"]), "dilation", 1),
            Argument(attributes["groups"], "groups", 1),
            Argument(attributes["bias"], "bias", True),
        ),
    )
    return Emission(module=call, initialisers=initialisers(attributes))


def _label(attributes: Attributes) -> str:
    parts = [size_text(attributes["kernel"]), str(int(attributes["out"]))]
    if pair(attributes["stride"]) != (1, 1):
        parts.append("/" + str(int(pair(attributes["stride"])[0])))
    if attributes["groups"] > 1:
        parts.append(f"g{int(attributes['groups'])}")
    return ", ".join(parts)


CONV = Operator(
    name="conv",
    summary="2-D convolution, NCHW, cross-correlation as in torch.",
    category=Category.CONV,
    parameters=(
        Parameter("out", Kind.INT, "output channels", minimum=1, unit="channels"),
        Parameter("kernel", Kind.SIZE, "kernel height and width", minimum=1, unit="pixels"),
        Parameter("stride", Kind.SIZE, "step of the window", default=1, minimum=1, unit="pixels"),
        Parameter(
            "pad",
            Kind.SIZE,
            "zeros added on each side",
            default=AUTO,
            minimum=0,
            unit="pixels",
            auto="dilation * (kernel // 2)",
        ),
        Parameter("dilation", Kind.SIZE, "distance between kernel taps", default=1, minimum=1),
        Parameter("groups", Kind.INT, "independent groups of channels (cardinality)", default=1, minimum=1),
        BIAS,
        WEIGHT_INIT,
        BIAS_INIT,
    ),
    complete=_complete,
    shape_rule=_shape,
    weight_rule=_weights,
    macs=_macs,
    reach=window_reach,
    other_ops=bias_adds,
    saved=lambda attributes, inputs, output: Saved(operands=(0,)),
    emission=_emission,
    label=_label,
    counts_depth=True,
    has_auto_bias=True,
    examples=(
        example((3, 32, 32), out=16, kernel=3),
        example((3, 224, 224), out=64, kernel=7, stride=2, bias=False),
        example((16, 9, 9), out=32, kernel=3, stride=2, pad=0, groups=4, bias=True),
        example((8, 17, 12), out=8, kernel=[1, 7], dilation=2, groups=8),
        example((8, 12, 12), out=4, kernel=[3, 5], stride=[2, 1], pad=[0, 2], bias=False),
        example((3, 8, 8), out=4, kernel=1, init="torch", bias=True, bias_init=0.0),
        *starts((3, 8, 8), out=4, kernel=1),
        example((512,), out=10, kernel=1, error="RDL402"),
        example((3, 4, 4), out=8, kernel=7, pad=0, error="RDL404"),
        example((6, 8, 8), out=8, kernel=3, groups=4, error="RDL405"),
        example((8, 8, 8), out=6, kernel=3, groups=4, error="RDL405"),
        example((3, 8, 8), out=0, kernel=3, error="RDL304"),
        example((3, 8, 8), kernel=3, error="RDL302"),
    ),
    reference="Dumoulin and Visin 2016, A guide to convolution arithmetic, arXiv 1603.07285",
)

OPERATORS = (CONV,)
