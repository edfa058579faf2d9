"""Transposed convolution."""

from __future__ import annotations

from resnet_dsl.ir.contract import Category, Weight
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.emission import Argument, CallCode, Emission
from resnet_dsl.ops.parameter import Kind, Parameter, pair, size_code, size_text
from resnet_dsl.ops.record import Attributes, Operator, OperatorError, Reach, Saved, Shapes, example
from resnet_dsl.ops.rules import need_groups, need_map
from resnet_dsl.ops.weights import (
    BIAS,
    BIAS_INIT,
    TORCH_WEIGHT_INIT,
    bias_adds,
    initialisers,
    starts,
    with_bias,
)


def _side(attributes: Attributes, axis: int, size: int) -> int:
    """Output length along one side: the length of which a convolution would make `size`."""
    kernel, stride, pad, output_pad, dilation = (
        int(pair(attributes[name])[axis]) for name in ("kernel", "stride", "pad", "output_pad", "dilation")
    )
    if output_pad >= max(stride, dilation):
        raise OperatorError(
            "RDL413",
            parameter="output_pad",
            output_pad=output_pad,
            stride=stride,
            dilation=dilation,
            most=max(stride, dilation) - 1,
        )
    grown = (size - 1) * stride + dilation * (kernel - 1) + 1 + output_pad
    if grown <= 2 * pad:
        raise OperatorError("RDL412", operands=(0,), parameter="pad", grown=grown, size=size, pad=pad)
    return grown - 2 * pad


def _shape(attributes: Attributes, inputs: Shapes) -> Shape:
    x = need_map("deconv", inputs)
    need_groups(attributes["groups"], input=x.channels, output=attributes["out"])
    height, width = (_side(attributes, axis, int(size)) for axis, size in enumerate(x.spatial))
    return Shape.map(attributes["out"], height, width)


def _weights(attributes: Attributes, inputs: Shapes) -> tuple[Weight, ...]:
    out, (kernel_h, kernel_w) = int(attributes["out"]), pair(attributes["kernel"])
    each = out // int(attributes["groups"])
    # The other way round than a convolution's: it is the weight of the convolution it transposes.
    weight = Weight("weight", (int(inputs[0].channels), each, int(kernel_h), int(kernel_w)))
    return with_bias(weight, attributes["out"], attributes["bias"])


def _macs(attributes: Attributes, inputs: Shapes, output: Shape) -> int:
    kernel_h, kernel_w = pair(attributes["kernel"])
    each = int(attributes["out"]) // int(attributes["groups"])
    return inputs[0].elements * each * int(kernel_h) * int(kernel_w)


def _reach(attributes: Attributes, inputs: Shapes, output: Shape) -> tuple[Reach, Reach]:
    """Output o is painted by the inputs i with o = i * stride - pad + a tap of the kernel."""
    from fractions import Fraction

    sides = []
    for axis in (0, 1):
        kernel, stride, pad, dilation = (
            int(pair(attributes[name])[axis]) for name in ("kernel", "stride", "pad", "dilation")
        )
        far = dilation * (kernel - 1) - pad
        sides.append(Reach(Fraction(1, stride), Fraction(far, stride), Fraction(pad, stride)))
    return sides[0], sides[1]


def _emission(attributes: Attributes, inputs: Shapes, output: Shape) -> Emission:
    call = CallCode(
        "nn.ConvTranspose2d",
        (
            Argument(inputs[0].channels, hint="in_channels"),
            Argument(attributes["out"], hint="out_channels"),
            Argument(size_code(attributes["kernel"]), hint="kernel_size"),
            Argument(size_code(attributes["stride"]), "stride", 1),
            Argument(size_code(attributes["pad"]), "padding", 0),
            Argument(size_code(attributes["output_pad"]), "output_padding", 0),
            Argument(attributes["groups"], "groups", 1),
            Argument(attributes["bias"], "bias", True),
            Argument(size_code(attributes["dilation"]), "dilation", 1),
        ),
    )
    return Emission(module=call, initialisers=initialisers(attributes))


def _label(attributes: Attributes) -> str:
    parts = [size_text(attributes["kernel"]), str(int(attributes["out"]))]
    stride = int(pair(attributes["stride"])[0])
    if stride != 1:
        parts.append(f"×{stride}")
    if attributes["groups"] > 1:
        parts.append(f"g{int(attributes['groups'])}")
    return ", ".join(parts)


DECONV = Operator(
    name="deconv",
    summary="2-D transposed convolution: each pixel paints its kernel, steps of `stride` apart.",
    category=Category.CONV,
    parameters=(
        Parameter("out", Kind.INT, "output channels", minimum=1, unit="channels"),
        Parameter("kernel", Kind.SIZE, "kernel height and width", minimum=1, unit="pixels"),
        Parameter(
            "stride", Kind.SIZE, "output pixels for each input pixel", default=1, minimum=1, unit="pixels"
        ),
        Parameter("pad", Kind.SIZE, "output pixels cut off each side", default=0, minimum=0, unit="pixels"),
        Parameter(
            "output_pad",
            Kind.SIZE,
            "output pixels added below and on the right",
            default=0,
            minimum=0,
            unit="pixels",
        ),
        Parameter("dilation", Kind.SIZE, "distance between kernel taps", default=1, minimum=1),
        Parameter("groups", Kind.INT, "independent groups of channels", default=1, minimum=1),
        BIAS,
        TORCH_WEIGHT_INIT,
        BIAS_INIT,
    ),
    shape_rule=_shape,
    weight_rule=_weights,
    macs=_macs,
    reach=_reach,
    other_ops=bias_adds,
    saved=lambda attributes, inputs, output: Saved(operands=(0,)),
    emission=_emission,
    label=_label,
    counts_depth=True,
    has_auto_bias=True,
    examples=(
        example((64, 28, 28), out=32, kernel=2, stride=2),
        example((16, 7, 9), out=8, kernel=3, stride=2, pad=1, output_pad=1, bias=False),
        example((16, 7, 7), out=8, kernel=[4, 3], stride=[2, 1], pad=[1, 0], groups=4),
        example((8, 5, 5), out=8, kernel=3, dilation=2, output_pad=[1, 0]),
        example((8, 4, 4), out=4, kernel=1, bias=True, bias_init=0.0),
        *starts((8, 4, 4), out=4, kernel=2),
        example((512,), out=10, kernel=2, error="RDL402"),
        example((6, 8, 8), out=8, kernel=3, groups=4, error="RDL405"),
        example((8, 8, 8), out=6, kernel=3, groups=4, error="RDL405"),
        example((8, 1, 1), out=8, kernel=2, pad=1, error="RDL412"),
        example((8, 4, 4), out=8, kernel=2, stride=2, output_pad=2, error="RDL413"),
        example((8, 4, 4), out=0, kernel=2, error="RDL304"),
        example((8, 4, 4), kernel=2, error="RDL302"),
    ),
    reference="Dumoulin and Visin 2016, arXiv 1603.07285, chapter 4; as torch.nn.ConvTranspose2d",
)

OPERATORS = (DECONV,)
