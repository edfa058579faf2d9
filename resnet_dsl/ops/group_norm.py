"""Normalisation over groups of channels, and over neighbouring channels."""

from __future__ import annotations

from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.emission import Argument, CallCode, Emission, Slot
from resnet_dsl.ops.parameter import Kind, Parameter
from resnet_dsl.ops.record import Attributes, Operator, Saved, Shapes, example
from resnet_dsl.ops.rules import need_groups, need_map
from resnet_dsl.ops.weights import AFFINE, EPS, GAMMA_INIT, affine_initialisers, affine_weights


def _shape(attributes: Attributes, inputs: Shapes) -> Shape:
    x = need_map("gn", inputs) if inputs[0].rank != 1 else inputs[0]
    need_groups(attributes["groups"], input=x.channels)
    return x


def _saved(attributes: Attributes, inputs: Shapes, output: Shape) -> Saved:
    # Each sample's mean and inverse deviation of each group are kept beside the input.
    return Saved(operands=(0,), extra_bytes=2 * 4 * int(attributes["groups"]))


def _emission(attributes: Attributes, inputs: Shapes, output: Shape) -> Emission:
    call = CallCode(
        "nn.GroupNorm",
        (
            Argument(attributes["groups"], hint="num_groups"),
            Argument(inputs[0].channels, hint="num_channels"),
            Argument(attributes["eps"], "eps", 1e-5),
            Argument(attributes["affine"], "affine", True),
        ),
    )
    return Emission(module=call, initialisers=affine_initialisers(attributes))


GN = Operator(
    name="gn",
    summary="Group normalisation: over the pixels and channels of each group, in each sample.",
    category=Category.NORM,
    parameters=(
        Parameter("groups", Kind.INT, "groups of channels; 1 is one for all", default=32, minimum=1),
        EPS,
        AFFINE,
        GAMMA_INIT,
    ),
    shape_rule=_shape,
    weight_rule=affine_weights,
    other_ops=lambda attributes, inputs, output: 2 * output.elements,
    saved=_saved,
    emission=_emission,
    label=lambda attributes: f"g{int(attributes['groups'])}",
    drawn_as="group norm",
    examples=(
        example((64, 8, 8)),
        example((16, 5, 7), groups=4, eps=1e-6),
        example((8, 4, 4), groups=1, affine=False),
        example((32,), groups=8),
        example((8, 4, 4), groups=8, gamma_init=0.0),
        example((8, 4, 4), groups=3, error="RDL405"),
        example((8, 4, 4), groups=0, error="RDL304"),
        example((8, 4, 4), groups=2, channels_last=True, error="RDL402"),
    ),
    reference="Wu and He 2018, arXiv 1803.08494, equations 1 to 7",
)


def _lrn_saved(attributes: Attributes, inputs: Shapes, output: Shape) -> Saved:
    # torch writes it as a mean over padded squares, a power and a division: the input, the padded
    # squares, the power's base and the power are kept.
    x = output
    padded = (int(x.channels) + int(attributes["size"]) - 1) * int(x.height) * int(x.width)
    return Saved(operands=(0,), extra_bytes=4 * (padded + 2 * x.elements))


def _lrn_emission(attributes: Attributes, inputs: Shapes, output: Shape) -> Emission:
    arguments = (
        Argument(attributes["size"], hint="size"),
        Argument(attributes["alpha"], "alpha", 1e-4),
        Argument(attributes["beta"], "beta", 0.75),
        Argument(attributes["k"], "k", 1.0),
    )
    return Emission(
        CallCode("nn.LocalResponseNorm", arguments),
        CallCode("F.local_response_norm", (Argument(Slot(0)), *arguments)),
    )


LRN = Operator(
    name="lrn",
    summary="x / (k + alpha * m) ** beta, m the mean of squares over `size` neighbouring channels.",
    category=Category.NORM,
    parameters=(
        Parameter("size", Kind.INT, "neighbouring channels", default=5, minimum=1, unit="channels"),
        Parameter(
            "alpha",
            Kind.FLOAT,
            "factor of the mean of squares: n times the factor of a sum over n channels",
            default=1e-4,
        ),
        Parameter("beta", Kind.FLOAT, "exponent", default=0.75),
        Parameter("k", Kind.FLOAT, "added before the power", default=1.0),
    ),
    shape_rule=lambda attributes, inputs: need_map("lrn", inputs),
    other_ops=lambda attributes, inputs, output: output.elements * (int(attributes["size"]) + 3),
    saved=_lrn_saved,
    # The mean, scaled, and that plus k; then the power; two of them at a time beside the output.
    working_bytes=lambda attributes, inputs, output: 2 * 4 * output.elements,
    # The divisor's gradient: a quotient, that divided again, and the output's gradient negated or
    # multiplied, at most three at a time.
    backward_bytes=lambda attributes, inputs, output, receives: 3 * 4 * output.elements,
    emission=_lrn_emission,
    label=lambda attributes: str(int(attributes["size"])),
    drawn_as="LRN",
    examples=(
        example((8, 6, 6)),
        example((8, 5, 7), size=4, alpha=0.01, beta=0.5, k=2.0),
        example((3, 4, 4), size=5),
        example((8, 4, 4), size=1),
        example((8,), error="RDL402"),
        example((8, 4, 4), size=0, error="RDL304"),
    ),
    reference="Krizhevsky et al. 2012, section 3.3; as torch.nn.LocalResponseNorm",
)

OPERATORS = (GN, LRN)
