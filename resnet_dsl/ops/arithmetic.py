"""Arithmetic of one tensor and a constant."""

from __future__ import annotations

from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.emission import Emission, TextCode
from resnet_dsl.ops.parameter import Kind, Parameter
from resnet_dsl.ops.record import Attributes, Operator, Shapes, example
from resnet_dsl.ops.rules import per_element, same_shape


def _times(attributes: Attributes, inputs: Shapes, output: Shape) -> Emission:
    return Emission(function=TextCode("{0} * {factor}", (("factor", attributes["factor"]),), precedence=2))


TIMES = Operator(
    name="times",
    summary="x * factor, a constant.",
    category=Category.MERGE,
    parameters=(Parameter("factor", Kind.FLOAT, "what each element is multiplied by"),),
    shape_rule=same_shape,
    other_ops=per_element,
    emission=_times,
    label=lambda attributes: f"{float(attributes['factor']):g}",
    drawn_as="×",
    examples=(
        example((8, 4, 4), factor=0.5),
        example((8, 4, 4), factor=-2),
        example((32,), factor=0),
        example((8, 4, 4), factor=0.2, channels_last=True),
        example((8, 4, 4), error="RDL302"),
        example((8, 4, 4), factor=True, error="RDL303"),
        example((8, 4, 4), (8, 1, 1), error="RDL303"),
    ),
    reference="constant scaling of shortcuts in He et al. 2016, arXiv 1603.05027, section 3.1",
)

ONE_MINUS = Operator(
    name="one_minus",
    summary="1 - x.",
    category=Category.MERGE,
    shape_rule=same_shape,
    other_ops=per_element,
    emission=lambda attributes, inputs, output: Emission(function=TextCode("1 - {0}", precedence=1)),
    drawn_as="1 - x",
    examples=(
        example((8, 4, 4)),
        example((32,)),
        example((8, 4, 4), (8, 4, 4), error="RDL305"),
        example((8, 4, 4), order=1, error="RDL301"),
    ),
    reference="the carry gate of Srivastava, Greff and Schmidhuber 2015, arXiv 1505.00387, equation 3",
)

OPERATORS = (TIMES, ONE_MINUS)
