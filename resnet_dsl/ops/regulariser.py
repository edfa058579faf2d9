"""Operators that act in training only."""

from __future__ import annotations

from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.record import (
    Argument,
    Attributes,
    CallCode,
    Emission,
    Kind,
    Operator,
    Parameter,
    Saved,
    Shapes,
    Slot,
    TextCode,
    example,
    same_shape,
)


def _emission(attributes: Attributes, inputs: Shapes, output: Shape) -> Emission:
    rate = attributes["rate"]
    return Emission(
        CallCode("nn.Dropout", (Argument(rate, hint="p"),)),
        CallCode(
            "F.dropout",
            (Argument(Slot(0)), Argument(rate, "p"), Argument(TextCode("self.training"), "training")),
        ),
    )


def _saved(attributes: Attributes, inputs: Shapes, output: Shape) -> Saved:
    # The float mask; at rate 0 torch returns the input, at rate 1 it keeps one zero.
    rate = attributes["rate"]
    if rate == 0:
        return Saved()
    return Saved(fixed_bytes=4) if rate == 1 else Saved(extra_bytes=4 * output.elements)


DROPOUT = Operator(
    name="dropout",
    summary="Zeroes each element with probability `rate` in training and scales the rest.",
    category=Category.REGULARISER,
    parameters=(
        Parameter("rate", Kind.FLOAT, "probability of a zero", default=0.5, minimum=0.0, maximum=1.0),
    ),
    shape_rule=same_shape,
    saved=_saved,
    emission=_emission,
    label=lambda attributes: f"{float(attributes['rate']):g}",
    examples=(
        example((8, 4, 4)),
        example((64,), rate=0.2),
        example((64,), rate=0.0),
        example((64,), rate=1.0),
        example((64,), rate=1.5, error="RDL304"),
        example((64,), rate=-0.1, error="RDL304"),
    ),
    reference="Srivastava et al. 2014, JMLR 15",
)

OPERATORS = (DROPOUT,)
