"""An activation that learns."""

from __future__ import annotations

from resnet_dsl.ir.contract import Category, Weight
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.emission import Argument, CallCode, Emission
from resnet_dsl.ops.parameter import Kind, Parameter
from resnet_dsl.ops.record import Attributes, Operator, OperatorError, Saved, Shapes, example
from resnet_dsl.ops.rules import per_element


def _shape(attributes: Attributes, inputs: Shapes) -> Shape:
    if attributes["per_channel"] and inputs[0].channels_last:
        raise OperatorError("RDL402", operands=(0,), op="prelu", shape=str(inputs[0]))
    return inputs[0]


def _weights(attributes: Attributes, inputs: Shapes) -> tuple[Weight, ...]:
    return (Weight("weight", (int(inputs[0].channels) if attributes["per_channel"] else 1,)),)


def _backward_bytes(attributes: Attributes, inputs: Shapes, output: Shape, receives: bool) -> int:
    # The slopes' gradient before it is summed; the operand's is made whether asked for or not.
    return 4 * output.elements * (1 if receives else 2)


def _emission(attributes: Attributes, inputs: Shapes, output: Shape) -> Emission:
    count = inputs[0].channels if attributes["per_channel"] else 1
    return Emission(
        CallCode(
            "nn.PReLU",
            (
                Argument(count, default=1, hint="num_parameters"),
                Argument(attributes["slope_init"], "init", 0.25),
            ),
        )
    )


PRELU = Operator(
    name="prelu",
    summary="x where positive, a learned slope * x elsewhere.",
    category=Category.ACTIVATION,
    parameters=(
        Parameter("per_channel", Kind.BOOL, "one slope a channel, else one for all", default=False),
        Parameter("slope_init", Kind.FLOAT, "the value slopes start at", default=0.25),
    ),
    shape_rule=_shape,
    weight_rule=_weights,
    other_ops=per_element,
    saved=lambda attributes, inputs, output: Saved(operands=(0,)),
    backward_bytes=_backward_bytes,
    emission=_emission,
    examples=(
        example((8, 4, 4)),
        example((8, 4, 4), per_channel=True),
        example((32,), per_channel=True, slope_init=0.1),
        example((8, 4, 4), per_channel=True, channels_last=True, error="RDL402"),
        example((8, 4, 4), per_channel=1, error="RDL303"),
    ),
    reference="He et al. 2015, arXiv 1502.01852, section 2.1; as torch.nn.PReLU",
)

OPERATORS = (PRELU,)
