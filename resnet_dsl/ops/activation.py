"""Activations: one number in, one number out; and softmax, which compares channels."""

from __future__ import annotations

from typing import Any

from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.emission import Argument, CallCode, Emission, Slot
from resnet_dsl.ops.parameter import Kind, Parameter
from resnet_dsl.ops.record import Attributes, Operator, Saved, Shapes, example
from resnet_dsl.ops.rules import per_element, same_shape

# What autograd keeps: the derivative is a function of the input, or of the output.
_INPUT = Saved(operands=(0,))
_OUTPUT = Saved(output=True)


def _activation(
    name: str,
    summary: str,
    module: str,
    function: str,
    reference: str,
    saved: Saved,
    parameter: Parameter | None = None,
    argument: Argument | None = None,
    tried: Any = None,
) -> Operator:
    """An activation with at most one parameter.

    `argument` is how torch takes it, its value filled in here; `tried` is a value for an example.
    """

    def emission(attributes: Attributes, inputs: Shapes, output: Shape) -> Emission:
        given: tuple[Argument, ...] = ()
        if parameter is not None and argument is not None:
            given = (argument._replace(value=attributes[parameter.name]),)
        return Emission(CallCode(module, given), CallCode(function, (Argument(Slot(0)), *given)))

    def label(attributes: Attributes) -> str:
        if parameter is None or attributes[parameter.name] == parameter.default:
            return ""
        value = attributes[parameter.name]
        return value if isinstance(value, str) else f"{float(value):g}"

    with_value = () if parameter is None else (example((8, 4, 4), **{parameter.name: tried}),)
    return Operator(
        name=name,
        summary=summary,
        category=Category.ACTIVATION,
        parameters=() if parameter is None else (parameter,),
        shape_rule=same_shape,
        other_ops=per_element,
        saved=lambda attributes, inputs, output: saved,
        emission=emission,
        label=label,
        drawn_as=name.replace("_", " "),
        examples=(
            example((8, 4, 4)),
            example((32,)),
            *with_value,
            # A second operand stands where the parameter does.
            example((8, 4, 4), (8, 4, 4), error="RDL305" if parameter is None else "RDL303"),
            example((8, 4, 4), order=1, error="RDL301"),
        ),
        reference=reference,
    )


RELU = _activation("relu", "max(x, 0).", "nn.ReLU", "F.relu", "Nair and Hinton 2010", _OUTPUT)
RELU6 = _activation(
    "relu6",
    "min(max(x, 0), 6).",
    "nn.ReLU6",
    "F.relu6",
    "Sandler et al. 2018, arXiv 1801.04381, section 3.1; as torch.nn.ReLU6",
    _INPUT,
)
LEAKY_RELU = _activation(
    "leaky_relu",
    "x where positive, slope * x elsewhere.",
    "nn.LeakyReLU",
    "F.leaky_relu",
    "Maas, Hannun and Ng 2013, Rectifier nonlinearities improve neural network acoustic models",
    _INPUT,
    Parameter("slope", Kind.FLOAT, "factor of negative values", default=0.01),
    Argument(None, default=0.01, hint="negative_slope"),
    tried=0.1,
)
ELU = _activation(
    "elu",
    "x where positive, alpha * (exp(x) - 1) elsewhere.",
    "nn.ELU",
    "F.elu",
    "Clevert, Unterthiner and Hochreiter 2015, arXiv 1511.07289, equation 3",
    _INPUT,
    Parameter("alpha", Kind.FLOAT, "what large negative values saturate at, negated", default=1.0),
    Argument(None, default=1.0, hint="alpha"),
    tried=0.5,
)
SILU = _activation(
    "silu",
    "x * sigmoid(x), also called swish.",
    "nn.SiLU",
    "F.silu",
    "Elfwing, Uchibe and Doya 2017, arXiv 1702.03118; as torch.nn.SiLU",
    _INPUT,
)
GELU = _activation(
    "gelu",
    "x * Phi(x), Phi the normal distribution function.",
    "nn.GELU",
    "F.gelu",
    "Hendrycks and Gimpel 2016, arXiv 1606.08415, section 2",
    _INPUT,
    Parameter(
        "approximate",
        Kind.WORD,
        "none is Phi itself, tanh is the paper's approximation by a hyperbolic tangent",
        default="none",
        choices=("none", "tanh"),
    ),
    Argument(None, "approximate", "none"),
    tried="tanh",
)
MISH = _activation(
    "mish",
    "x * tanh(log(1 + exp(x))).",
    "nn.Mish",
    "F.mish",
    "Misra 2019, arXiv 1908.08681, equation 1",
    _INPUT,
)
HARDSWISH = _activation(
    "hardswish",
    "x * min(max(x + 3, 0), 6) / 6.",
    "nn.Hardswish",
    "F.hardswish",
    "Howard et al. 2019, arXiv 1905.02244, section 5.2",
    _INPUT,
)
HARDSIGMOID = _activation(
    "hardsigmoid",
    "min(max(x + 3, 0), 6) / 6.",
    "nn.Hardsigmoid",
    "F.hardsigmoid",
    "Howard et al. 2019, arXiv 1905.02244, section 5.2",
    _INPUT,
)
SIGMOID = _activation(
    "sigmoid", "1 / (1 + exp(-x)).", "nn.Sigmoid", "torch.sigmoid", "the logistic function", _OUTPUT
)
TANH = _activation(
    "tanh", "The hyperbolic tangent.", "nn.Tanh", "torch.tanh", "the hyperbolic tangent", _OUTPUT
)


def _softmax_emission(attributes: Attributes, inputs: Shapes, output: Shape) -> Emission:
    # Operands have a batch in front, so channels are dimension 1, or the last one.
    dimension = Argument(-1 if inputs[0].channels_last else 1, "dim")
    return Emission(
        CallCode("nn.Softmax", (dimension,)), CallCode("F.softmax", (Argument(Slot(0)), dimension))
    )


SOFTMAX = Operator(
    name="softmax",
    summary="exp(x) divided by its sum over the channels, at each pixel for itself.",
    category=Category.ACTIVATION,
    shape_rule=same_shape,
    other_ops=per_element,
    saved=lambda attributes, inputs, output: _OUTPUT,
    emission=_softmax_emission,
    examples=(
        example((8, 4, 4)),
        example((10,)),
        example((8, 4, 4), channels_last=True),
        example((8, 4, 4), (8, 4, 4), error="RDL305"),
        example((8, 4, 4), axis=1, error="RDL301"),
    ),
    reference="Bridle 1990; as torch.nn.Softmax over dimension 1",
)


OPERATORS = (
    RELU,
    RELU6,
    LEAKY_RELU,
    ELU,
    SILU,
    GELU,
    MISH,
    HARDSWISH,
    HARDSIGMOID,
    SIGMOID,
    TANH,
    SOFTMAX,
)
