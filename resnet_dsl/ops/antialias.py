"""Subsampling without aliasing."""

from __future__ import annotations

from math import comb

from resnet_dsl.ir.contract import Category, Weight
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.emission import Argument, CallCode, Emission, Support
from resnet_dsl.ops.parameter import Kind, Parameter
from resnet_dsl.ops.record import Attributes, Operator, OperatorError, Reach, Saved, Shapes, example
from resnet_dsl.ops.rules import need_map, windowed

BLUR_POOL = Support(
    "BlurPool",
    '''
class BlurPool(nn.Module):
    """Blurs each channel with a fixed filter, borders reflected, and subsamples."""

    def __init__(self, channels: int, taps: tuple[int, ...], stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.padding = (stride + len(taps) - 2) // 2
        row = torch.tensor(taps) / sum(taps)
        weight = torch.outer(row, row).expand(channels, 1, -1, -1)
        self.register_buffer("weight", weight, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(x, [self.padding] * 4, mode="reflect")
        return F.conv2d(x, self.weight, stride=self.stride, groups=x.shape[1])
''',
)


def _padding(attributes: Attributes) -> int:
    return (int(attributes["stride"]) + int(attributes["kernel"]) - 2) // 2


def _shape(attributes: Attributes, inputs: Shapes) -> Shape:
    x = need_map("blur_pool", inputs)
    pad = _padding(attributes)
    for side in x.spatial:
        if pad >= side:  # reflection needs more pixels than it adds
            raise OperatorError(
                "RDL404", operands=(0,), op="blur_pool", window=2 * pad, size=int(side), pad=0
            )
    sides = [
        windowed("blur_pool", side, attributes["kernel"], attributes["stride"], pad) for side in x.spatial
    ]
    return Shape.map(x.channels, *sides)


def _constants(attributes: Attributes, inputs: Shapes) -> tuple[Weight, ...]:
    kernel = int(attributes["kernel"])
    return (Weight("weight", (int(inputs[0].channels), 1, kernel, kernel), trainable=False),)


def _saved(attributes: Attributes, inputs: Shapes, output: Shape) -> Saved:
    # Padding, even by nothing, keeps the input, to know its size. The filter is the module's own.
    x, pad = inputs[0], _padding(attributes)
    padded = x.channels * (x.height + 2 * pad) * (x.width + 2 * pad)
    return Saved(operands=(0,), extra_bytes=4 * int(padded))


def _backward_bytes(attributes: Attributes, inputs: Shapes, output: Shape, receives: bool) -> int:
    # The gradient of the padded map stands beside that of the output, and then of the map.
    x, pad = inputs[0], _padding(attributes)
    return 4 * int(x.channels * ((x.height + 2 * pad) * (x.width + 2 * pad) - x.height * x.width))


def _reach(attributes: Attributes, inputs: Shapes, output: Shape) -> tuple[Reach, Reach]:
    pad = _padding(attributes)
    side = Reach(int(attributes["stride"]), pad, int(attributes["kernel"]) - 1 - pad)
    return side, side


def _emission(attributes: Attributes, inputs: Shapes, output: Shape) -> Emission:
    kernel = int(attributes["kernel"])
    taps = tuple([comb(kernel - 1, place) for place in range(kernel)])
    call = CallCode(
        "BlurPool",
        (
            Argument(inputs[0].channels, hint="channels"),
            Argument(taps, hint="taps"),
            Argument(attributes["stride"], hint="stride"),
        ),
    )
    return Emission(call, support=BLUR_POOL)


BLUR = Operator(
    name="blur_pool",
    summary="Blurs with a binomial filter, borders reflected, and takes every `stride`-th pixel.",
    category=Category.POOLING,
    parameters=(
        Parameter(
            "kernel", Kind.INT, "filter height and width", default=3, minimum=2, maximum=9, unit="pixels"
        ),
        Parameter("stride", Kind.INT, "step of the filter", default=2, minimum=1, unit="pixels"),
    ),
    shape_rule=_shape,
    macs=lambda attributes, inputs, output: output.elements * int(attributes["kernel"]) ** 2,
    saved=_saved,
    constants=_constants,
    backward_bytes=_backward_bytes,
    reach=_reach,
    emission=_emission,
    label=lambda attributes: (
        f"{int(attributes['kernel'])}×{int(attributes['kernel'])}, /{int(attributes['stride'])}"
    ),
    drawn_as="blur pool",
    examples=(
        example((8, 16, 16)),
        example((8, 15, 13)),
        example((4, 16, 16), kernel=5),
        example((4, 16, 16), kernel=3, stride=1),
        example((4, 16, 16), kernel=2, stride=3),
        example((4, 9, 7), kernel=2, stride=1),
        example((8,), error="RDL402"),
        example((8, 1, 4), error="RDL404"),
        example((8, 16, 16), kernel=1, error="RDL304"),
    ),
    reference="Zhang 2019, Making convolutional networks shift-invariant again, arXiv 1904.11486, section 3",
)

OPERATORS = (BLUR,)
