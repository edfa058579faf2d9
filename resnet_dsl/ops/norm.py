"""Normalisation."""

from __future__ import annotations

from functools import lru_cache

from resnet_dsl.ir.contract import Category, Weight
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.emission import Argument, CallCode, Emission
from resnet_dsl.ops.parameter import Kind, Parameter
from resnet_dsl.ops.record import Attributes, Operator, OperatorError, Saved, Shapes, example
from resnet_dsl.ops.rules import need_map
from resnet_dsl.ops.weights import AFFINE, EPS, GAMMA_INIT, affine_initialisers, gamma_and_beta


def _shape(attributes: Attributes, inputs: Shapes) -> Shape:
    if attributes["eps"] == 0:  # which torch takes in inference, and refuses in training
        raise OperatorError("RDL304", parameter="eps", name="eps", callee="bn", range="above 0", value="0")
    # torch normalises the first axis behind the batch, whatever it is called.
    return need_map("bn", inputs) if inputs[0].rank != 1 else inputs[0]


_COUNTER = Weight("num_batches_tracked", (), trainable=False, dtype="int64")


def _weights(attributes: Attributes, inputs: Shapes) -> tuple[Weight, ...]:
    return _state(int(inputs[0].channels), attributes["affine"])


@lru_cache(maxsize=1024)  # half of a network's layers are these, and many have as many channels
def _state(channels: int, affine: bool) -> tuple[Weight, ...]:
    each = (channels,)
    return (
        *gamma_and_beta(each, affine),
        Weight("running_mean", each, False),
        Weight("running_var", each, False),
        _COUNTER,
    )


def _scale_and_shift(attributes: Attributes, inputs: Shapes, output: Shape) -> int:
    return 2 * output.elements


def _saved(attributes: Attributes, inputs: Shapes, output: Shape) -> Saved:
    # The batch's mean and inverse deviation are kept beside the input.
    return Saved(operands=(0,), fixed_bytes=2 * 4 * int(inputs[0].channels))


def _emission(attributes: Attributes, inputs: Shapes, output: Shape) -> Emission:
    call = CallCode(
        "nn.BatchNorm2d" if inputs[0].is_map else "nn.BatchNorm1d",
        (
            Argument(inputs[0].channels, hint="num_features"),
            Argument(attributes["eps"], "eps", 1e-5),
            Argument(attributes["momentum"], "momentum", 0.1),
            Argument(attributes["affine"], "affine", True),
        ),
    )
    return Emission(module=call, initialisers=affine_initialisers(attributes))


BN = Operator(
    name="bn",
    summary="Batch normalisation over each channel.",
    category=Category.NORM,
    parameters=(
        EPS,
        Parameter("momentum", Kind.FLOAT, "weight of the new batch", default=0.1, minimum=0.0, maximum=1.0),
        AFFINE,
        GAMMA_INIT,
    ),
    shape_rule=_shape,
    weight_rule=_weights,
    other_ops=_scale_and_shift,
    saved=_saved,
    emission=_emission,
    examples=(
        example((16, 8, 8)),
        example((32,)),
        example((16, 4, 4), eps=1e-3, momentum=0.01),
        example((8, 4, 4), affine=False),
        example((8, 4, 4), gamma_init=0.0),
        example((8, 4, 4), momentum=1.5, error="RDL304"),
        example((8, 4, 4), eps=0.0, error="RDL304"),
        example((8, 4, 4), eps=-1.0, error="RDL304"),
        example((8, 4, 4), channels_last=True, error="RDL402"),
    ),
    reference="Ioffe and Szegedy 2015, arXiv 1502.03167",
)

OPERATORS = (BN,)
