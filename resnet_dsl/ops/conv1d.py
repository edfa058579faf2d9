"""Convolution along a sequence."""

from __future__ import annotations

from typing import Any

from resnet_dsl.ir.contract import Category, Weight
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.emission import Argument, CallCode, Emission
from resnet_dsl.ops.parameter import AUTO, Kind, Parameter
from resnet_dsl.ops.record import EVERYWHERE, Attributes, Operator, OperatorError, Saved, Shapes, example
from resnet_dsl.ops.rules import need_groups, windowed
from resnet_dsl.ops.weights import BIAS, BIAS_INIT, WEIGHT_INIT, bias_adds, initialisers, starts, with_bias


def _complete(attributes: dict[str, Any], inputs: Shapes) -> None:
    if attributes["pad"] is AUTO:
        # Not int(), as in conv.
        attributes["pad"] = attributes["dilation"] * (attributes["kernel"] // 2)


def _shape(attributes: Attributes, inputs: Shapes) -> Shape:
    x = inputs[0]
    if x.rank != 2:
        raise OperatorError("RDL415", operands=(0,), op="conv1d", shape=str(x))
    need_groups(attributes["groups"], input=x.channels, output=attributes["out"])
    window = (attributes[name] for name in ("kernel", "stride", "pad", "dilation"))
    length = windowed("conv1d", x.spatial[0], *window)
    return Shape((attributes["out"], length))


def _weights(attributes: Attributes, inputs: Shapes) -> tuple[Weight, ...]:
    out, kernel = int(attributes["out"]), int(attributes["kernel"])
    weight = Weight("weight", (out, int(inputs[0].channels) // int(attributes["groups"]), kernel))
    return with_bias(weight, attributes["out"], attributes["bias"])


def _macs(attributes: Attributes, inputs: Shapes, output: Shape) -> int:
    each = int(inputs[0].channels) // int(attributes["groups"])
    return output.elements * each * int(attributes["kernel"])


def _emission(attributes: Attributes, inputs: Shapes, output: Shape) -> Emission:
    call = CallCode(
        "nn.Conv1d",
        (
            Argument(inputs[0].channels, hint="in_channels"),
            Argument(attributes["out"], hint="out_channels"),
            Argument(attributes["kernel"], hint="kernel_size"),
            Argument(attributes["stride"], "stride", 1),
            Argument(attributes["pad"], "padding", 0),
            Argument(attributes["dilation"], "dilation", 1),
            Argument(attributes["groups"], "groups", 1),
            Argument(attributes["bias"], "bias", True),
        ),
    )
    return Emission(module=call, initialisers=initialisers(attributes))


def _label(attributes: Attributes) -> str:
    text = f"{int(attributes['kernel'])}, {int(attributes['out'])}"
    return text if attributes["stride"] == 1 else f"{text}, /{int(attributes['stride'])}"


CONV1D = Operator(
    name="conv1d",
    summary="1-D convolution of a sequence [C, L], as `reshape` makes one.",
    category=Category.CONV,
    parameters=(
        Parameter("out", Kind.INT, "output channels", minimum=1, unit="channels"),
        Parameter("kernel", Kind.INT, "kernel length", minimum=1, unit="places"),
        Parameter("stride", Kind.INT, "step of the window", default=1, minimum=1, unit="places"),
        Parameter(
            "pad",
            Kind.INT,
            "zeros added on each end",
            default=AUTO,
            minimum=0,
            unit="places",
            auto="dilation * (kernel // 2)",
        ),
        Parameter("dilation", Kind.INT, "distance between kernel taps", default=1, minimum=1),
        Parameter("groups", Kind.INT, "independent groups of channels", default=1, minimum=1),
        BIAS,
        WEIGHT_INIT,
        BIAS_INIT,
    ),
    complete=_complete,
    shape_rule=_shape,
    weight_rule=_weights,
    macs=_macs,
    reach=lambda attributes, inputs, output: EVERYWHERE,  # a sequence has no rows
    other_ops=bias_adds,
    saved=lambda attributes, inputs, output: Saved(operands=(0,)),
    emission=_emission,
    label=_label,
    counts_depth=True,
    has_auto_bias=True,
    examples=(
        example((1, 64), out=1, kernel=5, bias=False),
        example((4, 33), out=6, kernel=3, stride=2, pad=0, groups=2),
        example((4, 20), out=8, kernel=3, dilation=2, bias_init=0.0),
        *starts((4, 9), out=4, kernel=1),
        example((64,), out=1, kernel=3, error="RDL415"),
        example((3, 8, 8), out=4, kernel=3, error="RDL415"),
        example((3, 4), out=4, kernel=5, pad=0, error="RDL404"),
        example((3, 4), out=4, kernel=3, groups=2, error="RDL405"),
        example((3, 4), kernel=3, error="RDL302"),
        example((3, 4), out=4, kernel=[3, 3], error="RDL303"),
    ),
    reference="as torch.nn.Conv1d; along the channels in Wang et al. 2019, arXiv 1910.03151, section 3.3",
)

OPERATORS = (CONV1D,)
