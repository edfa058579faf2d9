"""Weights and how they start, as layers of several families share them."""

from __future__ import annotations

from typing import Any

from resnet_dsl.ir.contract import Weight
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.emission import Initialiser
from resnet_dsl.ops.parameter import AUTO, Kind, Parameter
from resnet_dsl.ops.record import Attributes, Example, Shapes, example

_WEIGHT_CALLS = {
    "torch": None,
    "he": ("nn.init.kaiming_normal_", 'mode="fan_out"', 'nonlinearity="relu"'),
    "he_fan_in": ("nn.init.kaiming_normal_", 'mode="fan_in"', 'nonlinearity="relu"'),
    "he_uniform": ("nn.init.kaiming_uniform_", 'mode="fan_in"', 'nonlinearity="relu"'),
    "xavier": ("nn.init.xavier_uniform_",),
    "normal": ("nn.init.normal_", "std=0.01"),
    "trunc_normal": ("nn.init.trunc_normal_", "std=0.02"),
    "zero": ("nn.init.zeros_",),
}

WEIGHT_INIT = Parameter(
    "init",
    Kind.WORD,
    "how the weight starts: he is Kaiming normal, fan out (He et al. 2015); normal has deviation 0.01, "
    "trunc_normal 0.02; torch is torch's own",
    default="he",
    choices=tuple(_WEIGHT_CALLS),
)
TORCH_WEIGHT_INIT = WEIGHT_INIT._replace(default="torch")

BIAS_INIT = Parameter(
    "bias_init",
    Kind.FLOAT,
    "the value every bias starts at",
    default=AUTO,
    auto="torch's own uniform start",
)

BIAS = Parameter(
    "bias", Kind.BOOL, "add a learned bias", default=AUTO, auto="off exactly when a norm follows"
)

EPS = Parameter("eps", Kind.FLOAT, "added to the variance", default=1e-5, minimum=0.0, maximum=1.0)
AFFINE = Parameter("affine", Kind.BOOL, "learn gamma and beta, one each a channel", default=True)
GAMMA_INIT = Parameter("gamma_init", Kind.FLOAT, "the value gamma starts at", default=1.0)


def initialisers(attributes: Attributes) -> tuple[Initialiser, ...]:
    """The calls that start a layer's weight and bias; none where torch's own start is meant."""
    found = []
    call = _WEIGHT_CALLS[attributes["init"]]
    if call is not None:
        found.append(Initialiser("weight", call[0], call[1:]))
    value = attributes["bias_init"]
    if attributes["bias"] and value is not AUTO:
        found.append(filled("bias", value))
    return tuple(found)


def with_bias(weight: Weight, out: int, bias: bool) -> tuple[Weight, ...]:
    """A layer's weight and, where it has a `bias`, that: an element each of `out` channels."""
    return (weight, Weight("bias", (int(out),))) if bias else (weight,)


def bias_adds(attributes: Attributes, inputs: Shapes, output: Shape) -> int:
    """One addition an output element, where there is a bias."""
    return output.elements if attributes["bias"] else 0


def starts(shape: tuple[int, ...], **arguments: Any) -> tuple[Example, ...]:
    """A valid use for every way in which a weight can start."""
    return tuple(example(shape, **arguments, init=word) for word in _WEIGHT_CALLS)


def filled(weight: str, value: float) -> Initialiser:
    """A weight that starts at one value everywhere."""
    if value == 0:
        return Initialiser(weight, "nn.init.zeros_")
    return Initialiser(weight, "nn.init.constant_", (repr(float(value)),))


def affine_weights(attributes: Attributes, inputs: Shapes) -> tuple[Weight, ...]:
    """A norm's gamma and beta, as many as its input has channels."""
    return gamma_and_beta((int(inputs[0].channels),), attributes["affine"])


def gamma_and_beta(each: tuple[int, ...], affine: bool) -> tuple[Weight, ...]:
    """A norm's gamma and beta of shape `each`, which torch calls weight and bias, where they are learnt."""
    return (Weight("weight", each), Weight("bias", each)) if affine else ()


def affine_initialisers(attributes: Attributes) -> tuple[Initialiser, ...]:
    """The call that starts a norm's gamma; none where it starts at one, as in torch."""
    if not attributes["affine"] or attributes["gamma_init"] == 1.0:
        return ()
    return (filled("weight", attributes["gamma_init"]),)
