"""Layer normalisation over channels."""

from __future__ import annotations

from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.emission import Argument, CallCode, Emission, Support
from resnet_dsl.ops.record import Attributes, Operator, OperatorError, Saved, Shapes, example
from resnet_dsl.ops.rules import need_map
from resnet_dsl.ops.weights import AFFINE, EPS, GAMMA_INIT, affine_initialisers, affine_weights

LAYER_NORM_2D = Support(
    "LayerNorm2d",
    '''
class LayerNorm2d(nn.LayerNorm):
    """Layer normalisation over the channels of each pixel of an (N, C, H, W) map."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
''',
)

_PARAMETERS = (EPS, AFFINE, GAMMA_INIT)


def _shape(attributes: Attributes, inputs: Shapes) -> Shape:
    x = inputs[0]
    if x.rank != 1 and not x.channels_last:
        raise OperatorError("RDL414", operands=(0,), op="ln", shape=str(x))
    return x


def _saved(attributes: Attributes, inputs: Shapes, output: Shape) -> Saved:
    # Each pixel's mean and inverse deviation are kept beside the input.
    return Saved(operands=(0,), extra_bytes=2 * 4 * (output.elements // int(output.channels)))


def _emission(module: str, attributes: Attributes, inputs: Shapes, support: Support | None) -> Emission:
    call = CallCode(
        module,
        (
            Argument(inputs[0].channels, hint="normalized_shape"),
            Argument(attributes["eps"], "eps", 1e-5),
            Argument(attributes["affine"], "elementwise_affine", True),
        ),
    )
    return Emission(module=call, initialisers=affine_initialisers(attributes), support=support)


LN = Operator(
    name="ln",
    summary="Layer normalisation of a vector, or of each pixel of a map with its channels last.",
    category=Category.NORM,
    parameters=_PARAMETERS,
    shape_rule=_shape,
    weight_rule=affine_weights,
    other_ops=lambda attributes, inputs, output: 2 * output.elements,
    saved=_saved,
    emission=lambda attributes, inputs, output: _emission("nn.LayerNorm", attributes, inputs, None),
    drawn_as="layer norm",
    examples=(
        example((64,)),
        example((16, 4, 6), channels_last=True, eps=1e-6),
        example((16, 4, 6), channels_last=True, affine=False),
        example((64,), gamma_init=0.0),
        example((16, 4, 6), error="RDL414"),
        example((16,), eps=-1.0, error="RDL304"),
    ),
    reference="Ba, Kiros and Hinton 2016, arXiv 1607.06450, equations 3 and 4",
)

LN_2D = Operator(
    name="layer_norm2d",
    summary="Layer normalisation over the channels of each pixel of a map [C, H, W].",
    category=Category.NORM,
    parameters=_PARAMETERS,
    shape_rule=lambda attributes, inputs: need_map("layer_norm2d", inputs),
    weight_rule=affine_weights,
    other_ops=lambda attributes, inputs, output: 2 * output.elements,
    saved=_saved,
    emission=lambda attributes, inputs, output: _emission("LayerNorm2d", attributes, inputs, LAYER_NORM_2D),
    drawn_as="layer norm",
    examples=(
        example((16, 4, 6)),
        example((16, 4, 6), eps=1e-6, affine=False),
        example((16, 1, 1), gamma_init=0.0),
        example((16,), error="RDL402"),
        example((16, 4, 6), channels_last=True, error="RDL402"),
        example((16, 4, 6), eps=-1.0, error="RDL304"),
    ),
    reference="Ba, Kiros and Hinton 2016, arXiv 1607.06450; on maps as in Liu et al. 2022, arXiv 2201.03545",
)

OPERATORS = (LN, LN_2D)
