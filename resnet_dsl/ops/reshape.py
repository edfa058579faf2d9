"""Operators that move or drop elements without arithmetic."""

from __future__ import annotations

from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.emission import Argument, CallCode, Emission, Slot, TextCode
from resnet_dsl.ops.parameter import Kind, Parameter
from resnet_dsl.ops.record import EVERYWHERE, Attributes, Operator, OperatorError, Reach, Shapes, example
from resnet_dsl.ops.rules import need_map, same_shape


def _flatten_shape(attributes: Attributes, inputs: Shapes) -> Shape:
    x = inputs[0]
    if x.channels_last:  # the order of the features would be another than without it
        need_map("flatten", inputs)
    features = x.channels
    for side in x.spatial:
        if side != 1:  # keeps `x.c` traceable after global pooling
            features = features * side
    return Shape.vector(features)


def _flat_reach(attributes: Attributes, inputs: Shapes, output: Shape) -> tuple[Reach, Reach] | None:
    return (Reach(), Reach()) if inputs[0].elements == inputs[0].channels else EVERYWHERE


def _step_reach(attributes: Attributes, inputs: Shapes, output: Shape) -> tuple[Reach, Reach]:
    side = Reach(int(attributes["stride"]))
    return side, side


FLATTEN = Operator(
    name="flatten",
    reach=_flat_reach,
    summary="[C, H, W] to [C * H * W].",
    category=Category.RESHAPE,
    view=True,
    shape_rule=_flatten_shape,
    emission=lambda attributes, inputs, output: Emission(
        CallCode("nn.Flatten"), CallCode("torch.flatten", (Argument(Slot(0)), Argument(1, hint="start_dim")))
    ),
    examples=(
        example((64, 1, 1)),
        example((8, 3, 5)),
        example((32,)),
        example((8, 4, 4), channels_last=True, error="RDL402"),
        example((8, 4, 4), (8, 4, 4), error="RDL305"),
    ),
    reference="as torch.flatten(x, 1)",
)


def _subsample_shape(attributes: Attributes, inputs: Shapes) -> Shape:
    x = need_map("subsample", inputs)
    stride = int(attributes["stride"])
    return Shape.map(x.channels, *((side + stride - 1) // stride for side in x.spatial))


def _subsample_backward_bytes(attributes: Attributes, inputs: Shapes, output: Shape, receives: bool) -> int:
    # Columns are put back among zeros first, then rows: what lies between is a map of every column.
    x, rows = inputs[0], output.height
    return 4 * int(x.channels * rows * (x.width - output.width)) if attributes["stride"] > 1 else 0


SUBSAMPLE = Operator(
    name="subsample",
    reach=_step_reach,
    summary="Keeps every stride-th row and column, from the first.",
    category=Category.RESHAPE,
    parameters=(Parameter("stride", Kind.INT, "step", minimum=1, unit="pixels"),),
    view=True,
    shape_rule=_subsample_shape,
    backward_bytes=_subsample_backward_bytes,
    emission=lambda attributes, inputs, output: Emission(
        function=TextCode("{0}[:, :, ::{stride}, ::{stride}]", (("stride", attributes["stride"]),))
    ),
    label=lambda attributes: f"/{int(attributes['stride'])}",
    examples=(
        example((8, 8, 8), stride=2),
        example((8, 7, 9), stride=3),
        example((8, 4, 4), stride=1),
        example((8,), stride=2, error="RDL402"),
        example((8, 8, 8), stride=0, error="RDL304"),
    ),
    reference="He et al. 2015, arXiv 1512.03385, section 3.3, option A",
)


def _pad_channels_shape(attributes: Attributes, inputs: Shapes) -> Shape:
    x = need_map("pad_channels", inputs)
    if attributes["out"] < x.channels:
        raise OperatorError(
            "RDL408", operands=(0,), parameter="out", out=int(attributes["out"]), channels=int(x.channels)
        )
    return Shape.map(attributes["out"], x.height, x.width)


def _pad_channels_emission(attributes: Attributes, inputs: Shapes, output: Shape) -> Emission:
    extra = attributes["out"] - inputs[0].channels
    return Emission(function=TextCode("F.pad({0}, (0, 0, 0, 0, 0, {extra}))", (("extra", extra),)))


PAD_CHANNELS = Operator(
    name="pad_channels",
    summary="Adds channels of zeros at the end.",
    category=Category.RESHAPE,
    parameters=(Parameter("out", Kind.INT, "output channels", minimum=1, unit="channels"),),
    shape_rule=_pad_channels_shape,
    emission=_pad_channels_emission,
    label=lambda attributes: str(int(attributes["out"])),
    drawn_as="zero pad",
    examples=(
        example((8, 4, 4), out=16),
        example((8, 4, 4), out=8),
        example((8, 4, 4), out=4, error="RDL408"),
        example((8,), out=16, error="RDL402"),
    ),
    reference="He et al. 2015, arXiv 1512.03385, section 3.3, option A",
)

IDENTITY = Operator(
    name="identity",
    summary="The input itself; visible in reports and diagrams, free of cost.",
    category=Category.IDENTITY,
    view=True,
    shape_rule=same_shape,
    emission=lambda attributes, inputs, output: Emission(CallCode("nn.Identity"), TextCode("{0}")),
    examples=(
        example((8, 4, 4)),
        example((16,)),
        example((8, 4, 4), (8, 4, 4), error="RDL305"),
    ),
    reference="He et al. 2016, arXiv 1603.05027",
)

_AXES = {1: ("features",), 2: ("channels", "length"), 3: ("channels", "height", "width")}


def _reshape_shape(attributes: Attributes, inputs: Shapes) -> Shape:
    x, wanted = inputs[0], Shape(tuple(attributes["shape"]))
    if x.channels_last:  # elements stand in another order than without it
        need_map("reshape", inputs)
    if wanted.rank not in _AXES:
        raise OperatorError(
            "RDL304",
            name="shape",
            callee="reshape",
            range="a list of 1 to 3 dimensions",
            value=f"a list of {wanted.rank}",
        )
    if wanted.elements != x.elements:
        raise OperatorError(
            "RDL425", operands=(0,), wanted=str(wanted), needed=wanted.elements, elements=x.elements
        )
    return wanted


def _reshape_emission(attributes: Attributes, inputs: Shapes, output: Shape) -> Emission:
    values = tuple(zip(_AXES[output.rank], output.dims, strict=True))
    listed = ", ".join([f"{{{name}}}" for name, _ in values])
    return Emission(function=TextCode(f"{{0}}.reshape(-1, {listed})", values))


RESHAPE = Operator(
    name="reshape",
    reach=lambda attributes, inputs, output: EVERYWHERE,
    summary="The same elements in another shape: [features], [channels, length] or [C, H, W].",
    category=Category.RESHAPE,
    parameters=(Parameter("shape", Kind.INTS, "the dimensions, the batch not among them", minimum=1),),
    view=True,
    shape_rule=_reshape_shape,
    emission=_reshape_emission,
    label=lambda attributes: "to " + str(Shape(tuple(attributes["shape"]))).replace("x", "×"),
    examples=(
        example((64, 1, 1), shape=[1, 64]),
        example((12,), shape=[3, 2, 2]),
        example((8, 4, 4), shape=[2, 8, 8]),
        example((8, 4, 4), shape=[128]),
        example((8, 4, 4), shape=[8, 4], error="RDL425"),
        example((8, 4, 4), shape=[8, 0, 4], error="RDL304"),
        example((8, 4, 4), shape=[2, 4, 4, 4], error="RDL304"),
        example((8, 4, 4), shape=[], error="RDL304"),
        example((8, 4, 4), shape=128, error="RDL303"),
        example((8, 4, 4), shape=[128], channels_last=True, error="RDL402"),
    ),
    reference="as torch.reshape, the batch kept",
)

OPERATORS = (FLATTEN, SUBSAMPLE, PAD_CHANNELS, IDENTITY, RESHAPE)
