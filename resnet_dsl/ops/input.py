"""The model's input: a source of the graph, written as the statement `input`, never applied."""

from __future__ import annotations

from resnet_dsl.diagnostics.model import InternalError
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.emission import Emission
from resnet_dsl.ops.record import Attributes, Operator, Shapes


def _shape(attributes: Attributes, inputs: Shapes) -> Shape:
    return Shape(tuple(attributes["shape"]))


def _emission(attributes: Attributes, inputs: Shapes, output: Shape) -> Emission:
    raise InternalError("an input is an argument of forward, not an operator of it")


INPUT = Operator(
    name="input",
    summary="A tensor that the network is given.",
    category=Category.INPUT,
    arity=(0, 0),
    shape_rule=_shape,
    emission=_emission,
    examples=(),
    reference="",
)
