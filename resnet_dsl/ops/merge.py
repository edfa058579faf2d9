"""Operators that join tensors."""

from __future__ import annotations

from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.emission import Emission, TextCode
from resnet_dsl.ops.record import Attributes, Operator, OperatorError, Saved, Shapes, example


def _differ(op: str, inputs: Shapes, position: int) -> OperatorError:
    return OperatorError(
        "RDL401", operands=(0, position), op=op, left=str(inputs[0]), right=str(inputs[position])
    )


def _add_shape(attributes: Attributes, inputs: Shapes) -> Shape:
    for position, shape in enumerate(inputs):
        if shape != inputs[0]:
            raise _differ("add", inputs, position)
    return inputs[0]


def _mul_shape(attributes: Attributes, inputs: Shapes) -> Shape:
    left, right = inputs
    if left == right:
        return left
    for big, small in ((left, right), (right, left)):
        if big.is_map and small.is_map:
            # A gate of [C, 1, 1] scales each channel of a map, as squeeze-and-excitation does; one of
            # [1, H, W] scales each pixel, as spatial attention does.
            of_channels = small.spatial == (1, 1) and small.channels == big.channels
            of_pixels = small.channels == 1 and small.spatial == big.spatial
            if of_channels or of_pixels:
                return big
    raise _differ("mul", inputs, 1)


def _concat_shape(attributes: Attributes, inputs: Shapes) -> Shape:
    channels = inputs[0].channels
    for position, shape in enumerate(inputs[1:], start=1):
        if shape.with_channels(channels) != inputs[0].with_channels(channels):
            raise OperatorError("RDL407", operands=(0, position), left=str(inputs[0]), right=str(shape))
        channels = channels + shape.channels
    return inputs[0].with_channels(channels)


def _concat_emission(attributes: Attributes, inputs: Shapes, output: Shape) -> Emission:
    axis = -1 if output.channels_last else 1
    return Emission(function=TextCode(f"torch.cat([{{,}}], dim={axis})"))


def _infix(symbol: str, precedence: int) -> Emission:
    return Emission(function=TextCode(f"{{{symbol}}}", precedence=precedence))


ADD = Operator(
    name="add",
    summary="Element-wise sum of operands of one shape.",
    category=Category.MERGE,
    arity=(2, None),
    shape_rule=_add_shape,
    other_ops=lambda attributes, inputs, output: output.elements * (len(inputs) - 1),
    emission=lambda attributes, inputs, output: _infix("+", 1),
    drawn_as="+",
    examples=(
        example((8, 4, 4), (8, 4, 4)),
        example((16,), (16,), (16,)),
        example((8, 4, 4), (16, 2, 2), error="RDL401"),
        example((8, 4, 4), (8, 1, 1), error="RDL401"),
        example((8, 4, 4), error="RDL305"),
    ),
    reference="He et al. 2015, arXiv 1512.03385, equation 1",
)

MUL = Operator(
    name="mul",
    summary="Element-wise product; a [C, 1, 1] operand scales the channels of a map, [1, H, W] its pixels.",
    category=Category.MERGE,
    arity=(2, 2),
    shape_rule=_mul_shape,
    other_ops=lambda attributes, inputs, output: output.elements,
    saved=lambda attributes, inputs, output: Saved(operands=(0, 1), crossed=True),
    emission=lambda attributes, inputs, output: _infix("*", 2),
    drawn_as="×",
    gates=(1,),
    examples=(
        example((8, 4, 4), (8, 4, 4)),
        example((8, 4, 4), (8, 1, 1)),
        example((8, 1, 1), (8, 4, 4)),
        example((8, 4, 4), (1, 4, 4)),
        example((1, 4, 4), (8, 4, 4)),
        example((16,), (16,)),
        example((8, 4, 4), (4, 1, 1), error="RDL401"),
        example((8, 4, 4), (1, 2, 2), error="RDL401"),
        example((8, 4, 4), (8,), error="RDL401"),
    ),
    reference="Hu et al. 2017, arXiv 1709.01507, equation 4; of pixels in Woo et al. 2018, arXiv 1807.06521",
)

CONCAT = Operator(
    name="concat",
    summary="Joins operands along the channels.",
    category=Category.MERGE,
    arity=(1, None),
    shape_rule=_concat_shape,
    emission=_concat_emission,
    examples=(
        example((8, 4, 4), (16, 4, 4)),
        example((8,), (3,), (5,)),
        example((8, 4, 4)),
        example((8, 4, 4), (3, 4, 4), channels_last=True),
        example((8, 4, 4), (8, 2, 2), error="RDL407"),
        example((8, 4, 4), (8,), error="RDL407"),
    ),
    reference="Huang et al. 2016, arXiv 1608.06993, equation 2",
)

OPERATORS = (ADD, MUL, CONCAT)
