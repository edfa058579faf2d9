"""Weights and how they start, as layers of several families share them."""

from __future__ import annotations

from resnet_dsl.ir.contract import Weight
from resnet_dsl.ops.record import AUTO, Attributes, Initialiser, Kind, Operator, Parameter, Shapes

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

EPS = Parameter("eps", Kind.FLOAT, "added to the variance", default=1e-5, minimum=0.0, maximum=1.0)
AFFINE = Parameter("affine", Kind.BOOL, "learn gamma and beta, one each a channel", default=True)
GAMMA_INIT = Parameter("gamma_init", Kind.FLOAT, "the value gamma starts at", default=1.0)

OPERATORS: tuple[Operator, ...] = ()


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


def filled(weight: str, value: float) -> Initialiser:
    """A weight that starts at one value everywhere."""
    if value == 0:
        return Initialiser(weight, "nn.init.zeros_")
    return Initialiser(weight, "nn.init.constant_", (repr(float(value)),))


def affine_weights(attributes: Attributes, inputs: Shapes) -> tuple[Weight, ...]:
    """A norm's gamma and beta, which torch calls weight and bias."""
    each = (int(inputs[0].channels),)
    return (Weight("weight", each), Weight("bias", each)) if attributes["affine"] else ()


def affine_initialisers(attributes: Attributes) -> tuple[Initialiser, ...]:
    """The call that starts a norm's gamma; none where it starts at one, as in torch."""
    if not attributes["affine"] or attributes["gamma_init"] == 1.0:
        return ()
    return (filled("weight", attributes["gamma_init"]),)
