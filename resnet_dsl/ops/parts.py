"""Operators that keep a part of their operand, sharing its memory."""

from __future__ import annotations

from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.provenance import Binary, Literal, Named, expression_of
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.emission import Argument, CallCode, Emission, Slot, Support, TextCode
from resnet_dsl.ops.parameter import AUTO, Kind, Parameter
from resnet_dsl.ops.record import Attributes, Operator, OperatorError, Reach, Shapes, example
from resnet_dsl.ops.rules import need_map


def _slice_complete(attributes: dict[str, object], inputs: Shapes) -> None:
    if attributes["stop"] is AUTO:
        attributes["stop"] = inputs[0].channels


def _slice_shape(attributes: Attributes, inputs: Shapes) -> Shape:
    start, stop, channels = attributes["start"], attributes["stop"], inputs[0].channels
    if not start < stop <= channels:
        raise OperatorError("RDL421", operands=(0,), start=int(start), stop=int(stop), channels=int(channels))
    half = _half(attributes, inputs)
    return inputs[0].with_channels(channels // 2 if half is not None else stop - start)


def _half(attributes: Attributes, inputs: Shapes) -> int | None:
    """0 or 1 where the spec takes a half of the channels as a half of them: `slice(0, x.c / 2)`.

    A width that happens to be half of them is another thing, and differs from instance to instance.
    """
    start, stop, channels = attributes["start"], attributes["stop"], inputs[0].channels
    bound = start or stop
    expression = expression_of(bound)
    while isinstance(expression, Named):
        expression = expression.value
    halved = Binary("//", expression_of(channels), Literal(2))
    if int(bound) * 2 != channels or expression != halved or (start and stop != channels):
        return None
    return 1 if start else 0


def _slice_emission(attributes: Attributes, inputs: Shapes, output: Shape) -> Emission:
    half = _half(attributes, inputs)
    if half is None:
        return _bounds(attributes, inputs)
    axis = -1 if inputs[0].channels_last else 1
    return Emission(function=TextCode(f"{{0}}.chunk(2, dim={axis})[{half}]"))


def _bounds(attributes: Attributes, inputs: Shapes) -> Emission:
    place = "..., " if inputs[0].channels_last else ":, "
    values: list[tuple[str, int]] = []
    start = stop = ""
    if attributes["start"] != 0:
        start = "{start}"
        values.append(("start", attributes["start"]))
    if attributes["stop"] != inputs[0].channels:
        stop = "{stop}"
        values.append(("stop", attributes["stop"]))
    return Emission(function=TextCode(f"{{0}}[{place}{start}:{stop}]", tuple(values)))


SLICE = Operator(
    name="slice",
    summary="The channels from `start` up to, not including, `stop`.",
    category=Category.RESHAPE,
    parameters=(
        Parameter("start", Kind.INT, "first channel, counted from 0", minimum=0, unit="channels"),
        Parameter(
            "stop",
            Kind.INT,
            "the channel after the last",
            default=AUTO,
            minimum=1,
            unit="channels",
            auto="the number of channels",
        ),
    ),
    view=True,
    complete=_slice_complete,
    shape_rule=_slice_shape,
    emission=_slice_emission,
    label=lambda attributes: f"{int(attributes['start'])}:{int(attributes['stop'])}",
    examples=(
        example((8, 4, 4), start=0, stop=4),
        example((8, 4, 4), start=4),
        example((8, 3, 5), start=2, stop=3),
        example((16,), start=4, stop=12),
        example((8, 4, 4), start=2, stop=6, channels_last=True),
        example((8, 4, 4), start=0),
        example((8, 4, 4), start=4, stop=4, error="RDL421"),
        example((8, 4, 4), start=4, stop=9, error="RDL421"),
        example((8, 4, 4), start=8, error="RDL421"),
        example((8, 4, 4), start=-1, error="RDL304"),
    ),
    reference="as x[:, start:stop] in torch; channel split in Ma et al. 2018, arXiv 1807.11164, section 3",
)


_CROP = Support(
    "crop",
    '''
def crop(x: Tensor, like: Tensor) -> Tensor:
    """The centre of `x`, as high and wide as `like`."""
    height, width = like.shape[2:]
    top, left = (x.shape[2] - height) // 2, (x.shape[3] - width) // 2
    return x[:, :, top : top + height, left : left + width]
''',
)


def _crop_shape(attributes: Attributes, inputs: Shapes) -> Shape:
    x, like = (need_map("crop", inputs, position) for position in range(2))
    for axis, have, want in zip(("height", "width"), x.spatial, like.spatial, strict=True):
        surplus = int(have - want)
        if surplus < 0:
            raise OperatorError("RDL423", operands=(0, 1), axis=axis, shortage=-surplus)
        if surplus % 2:
            raise OperatorError("RDL422", operands=(0, 1), axis=axis, surplus=surplus)
    return Shape.map(x.channels, like.height, like.width)


def _crop_reach(attributes: Attributes, inputs: Shapes, output: Shape) -> tuple[Reach, Reach]:
    first = [
        (int(have) - int(kept)) // 2 for have, kept in zip(inputs[0].spatial, output.spatial, strict=True)
    ]
    return Reach(1, -first[0], first[0]), Reach(1, -first[1], first[1])


def _crop_backward_bytes(attributes: Attributes, inputs: Shapes, output: Shape, receives: bool) -> int:
    # Columns are put back among zeros first, then rows: what lies between is a map of every column.
    x = inputs[0]
    return 4 * int(x.channels * output.height * (x.width - output.width)) if x.height > output.height else 0


CROP = Operator(
    name="crop",
    reach=_crop_reach,
    summary="The centre of the first operand, as high and wide as the second.",
    category=Category.RESHAPE,
    arity=(2, 2),
    gates=(1,),  # only its size is read
    view=True,
    shape_rule=_crop_shape,
    backward_bytes=_crop_backward_bytes,
    emission=lambda attributes, inputs, output: Emission(
        function=CallCode("crop", (Argument(Slot(0)), Argument(Slot(1)))), support=_CROP
    ),
    examples=(
        example((8, 10, 10), (4, 6, 6)),
        example((8, 9, 12), (4, 7, 4)),
        example((8, 6, 6), (4, 6, 6)),
        example((8, 10, 10), (4, 7, 7), error="RDL422"),
        example((8, 10, 10), (4, 10, 9), error="RDL422"),
        example((8, 6, 6), (4, 8, 6), error="RDL423"),
        example((8,), (4, 6, 6), error="RDL402"),
        example((8, 6, 6), (4,), error="RDL402"),
        example((8, 6, 6), error="RDL305"),
    ),
    reference="Ronneberger, Fischer and Brox 2015, arXiv 1505.04597, figure 1",
)

OPERATORS = (SLICE, CROP)
