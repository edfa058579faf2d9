"""Fully connected layers."""

from __future__ import annotations

from resnet_dsl.ir.contract import Category, Weight
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.emission import Argument, CallCode, Emission
from resnet_dsl.ops.parameter import Kind, Parameter
from resnet_dsl.ops.record import EVERYWHERE, Attributes, Operator, Reach, Saved, Shapes, example
from resnet_dsl.ops.rules import need_vector
from resnet_dsl.ops.weights import (
    BIAS,
    BIAS_INIT,
    TORCH_WEIGHT_INIT,
    bias_adds,
    initialisers,
    starts,
    with_bias,
)


def _shape(attributes: Attributes, inputs: Shapes) -> Shape:
    x = inputs[0]
    return (x if x.channels_last else need_vector("linear", inputs)).with_channels(attributes["out"])


def _weights(attributes: Attributes, inputs: Shapes) -> tuple[Weight, ...]:
    out = int(attributes["out"])
    weight = Weight("weight", (out, int(inputs[0].channels)))
    return with_bias(weight, attributes["out"], attributes["bias"])


def _macs(attributes: Attributes, inputs: Shapes, output: Shape) -> int:
    return inputs[0].elements * int(attributes["out"])


def _emission(attributes: Attributes, inputs: Shapes, output: Shape) -> Emission:
    call = CallCode(
        "nn.Linear",
        (
            Argument(inputs[0].channels, hint="in_features"),
            Argument(attributes["out"], hint="out_features"),
            Argument(attributes["bias"], "bias", True),
        ),
    )
    return Emission(module=call, initialisers=initialisers(attributes))


LINEAR = Operator(
    name="linear",
    summary="Fully connected layer on a vector, or on each pixel of a map with its channels last.",
    category=Category.LINEAR,
    parameters=(
        Parameter("out", Kind.INT, "output features", minimum=1, unit="features"),
        BIAS,
        TORCH_WEIGHT_INIT,
        BIAS_INIT,
    ),
    shape_rule=_shape,
    weight_rule=_weights,
    macs=_macs,
    reach=lambda attributes, inputs, output: (Reach(), Reach()) if output.channels_last else EVERYWHERE,
    other_ops=bias_adds,
    saved=lambda attributes, inputs, output: Saved(operands=(0,)),
    emission=_emission,
    label=lambda attributes: str(int(attributes["out"])),
    drawn_as="fc",
    counts_depth=True,
    has_auto_bias=True,
    examples=(
        example((512,), out=10),
        example((64,), out=64, bias=False),
        example((16, 4, 6), out=8, channels_last=True),
        example((64,), out=8, bias_init=-2.0),
        *starts((64,), out=8),
        example((64, 8, 8), out=10, error="RDL403"),
        example((64,), out=8, init="kaiming", error="RDL308"),
        example((64,), out=0, error="RDL304"),
    ),
    reference="y = x W^T + b, as torch.nn.Linear",
)

OPERATORS = (LINEAR,)
