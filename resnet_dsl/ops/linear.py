"""Fully connected layers."""

from __future__ import annotations

from resnet_dsl.ir.contract import Category, Weight
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.record import (
    AUTO,
    EVERYWHERE,
    Argument,
    Attributes,
    CallCode,
    Emission,
    Kind,
    Operator,
    Parameter,
    Reach,
    Saved,
    Shapes,
    example,
    need_vector,
)
from resnet_dsl.ops.weights import BIAS_INIT, TORCH_WEIGHT_INIT, initialisers


def _shape(attributes: Attributes, inputs: Shapes) -> Shape:
    x = inputs[0]
    return (x if x.channels_last else need_vector("linear", inputs)).with_channels(attributes["out"])


def _weights(attributes: Attributes, inputs: Shapes) -> tuple[Weight, ...]:
    out = int(attributes["out"])
    weight = Weight("weight", (out, int(inputs[0].channels)))
    return (weight, Weight("bias", (out,))) if attributes["bias"] else (weight,)


def _macs(attributes: Attributes, inputs: Shapes, output: Shape) -> int:
    return inputs[0].elements * int(attributes["out"])


def _bias_adds(attributes: Attributes, inputs: Shapes, output: Shape) -> int:
    return output.elements if attributes["bias"] else 0


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
        Parameter(
            "bias", Kind.BOOL, "add a learned bias", default=AUTO, auto="off exactly when a norm follows"
        ),
        TORCH_WEIGHT_INIT,
        BIAS_INIT,
    ),
    shape_rule=_shape,
    weight_rule=_weights,
    macs=_macs,
    reach=lambda attributes, inputs, output: (Reach(), Reach()) if output.channels_last else EVERYWHERE,
    other_ops=_bias_adds,
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
        example((64,), out=8, init="he"),
        example((64,), out=8, init="he_fan_in"),
        example((64,), out=8, init="xavier"),
        example((64,), out=8, init="normal"),
        example((64,), out=8, init="trunc_normal"),
        example((64,), out=8, init="he_uniform"),
        example((64,), out=8, init="zero"),
        example((64, 8, 8), out=10, error="RDL403"),
        example((64,), out=8, init="kaiming", error="RDL308"),
        example((64,), out=0, error="RDL304"),
    ),
    reference="y = x W^T + b, as torch.nn.Linear",
)

OPERATORS = (LINEAR,)
