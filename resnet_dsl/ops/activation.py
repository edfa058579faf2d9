"""Activations: one number in, one number out."""

from __future__ import annotations

from resnet_dsl.ir.contract import Category
from resnet_dsl.ops.record import (
    Argument,
    CallCode,
    Emission,
    Operator,
    Saved,
    Slot,
    example,
    per_element,
    same_shape,
)


def _activation(
    name: str, summary: str, module: str, function: str, reference: str, saved: Saved
) -> Operator:
    """An activation without arguments."""
    emission = Emission(CallCode(module), CallCode(function, (Argument(Slot(0)),)))
    return Operator(
        name=name,
        summary=summary,
        category=Category.ACTIVATION,
        shape_rule=same_shape,
        other_ops=per_element,
        saved=lambda attributes, inputs, output: saved,
        emission=lambda attributes, inputs, output: emission,
        examples=(
            example((8, 4, 4)),
            example((32,)),
            example((8, 4, 4), (8, 4, 4), error="RDL305"),
            example((8, 4, 4), slope=1, error="RDL301"),
        ),
        reference=reference,
    )


RELU = _activation(
    "relu",
    "max(x, 0).",
    "nn.ReLU",
    "F.relu",
    "Nair and Hinton 2010",
    Saved(output=True),
)
SIGMOID = _activation(
    "sigmoid",
    "1 / (1 + exp(-x)).",
    "nn.Sigmoid",
    "torch.sigmoid",
    "the logistic function",
    Saved(output=True),
)

OPERATORS = (RELU, SIGMOID)
