"""Where the channels of a map stand: in front as torch's convolutions have them, or behind.

Linear layers and layer normalisation work along the last axis. `Shape.channels_last` keeps the two
layouts apart, so that an operator made for one refuses the other.
"""

from __future__ import annotations

from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.emission import Argument, CallCode, Emission, Support, TextCode
from resnet_dsl.ops.record import Attributes, Operator, OperatorError, Shapes, example
from resnet_dsl.ops.rules import need_map

PERMUTE = Support(
    "Permute",
    '''
class Permute(nn.Module):
    """Puts the axes of a tensor into another order."""

    def __init__(self, *order: int) -> None:
        super().__init__()
        self.order = order

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(self.order)
''',
)


def _emission(order: tuple[int, ...]) -> Emission:
    arguments = tuple([Argument(axis, hint=f"axis{place}") for place, axis in enumerate(order)])
    text = ", ".join([str(axis) for axis in order])
    return Emission(CallCode("Permute", arguments), TextCode(f"{{0}}.permute({text})"), support=PERMUTE)


_BEHIND = _emission((0, 2, 3, 1))
_IN_FRONT = _emission((0, 3, 1, 2))


def _behind(attributes: Attributes, inputs: Shapes) -> Shape:
    x = need_map("channels_last", inputs)
    return Shape((int(x.height), int(x.width), x.channels), channels_last=True)


def _in_front(attributes: Attributes, inputs: Shapes) -> Shape:
    x = inputs[0]
    if not x.channels_last:
        raise OperatorError("RDL411", operands=(0,), op="channels_first", shape=str(x))
    return Shape.map(x.channels, x.height, x.width)


CHANNELS_LAST = Operator(
    name="channels_last",
    summary="[C, H, W] to [H, W, C]: what `linear` and `ln` read along the channels.",
    category=Category.RESHAPE,
    view=True,
    shape_rule=_behind,
    emission=lambda attributes, inputs, output: _BEHIND,
    drawn_as="channels last",
    examples=(
        example((8, 4, 6)),
        example((3, 1, 1)),
        example((8,), error="RDL402"),
        example((8, 4, 4), channels_last=True, error="RDL402"),
    ),
    reference="as torch.permute(x, (0, 2, 3, 1))",
)

CHANNELS_FIRST = Operator(
    name="channels_first",
    summary="[H, W, C] to [C, H, W]: back from `channels_last`.",
    category=Category.RESHAPE,
    view=True,
    shape_rule=_in_front,
    emission=lambda attributes, inputs, output: _IN_FRONT,
    drawn_as="channels first",
    examples=(
        example((8, 4, 6), channels_last=True),
        example((8, 4, 6), error="RDL411"),
        example((8,), error="RDL411"),
    ),
    reference="as torch.permute(x, (0, 3, 1, 2))",
)

OPERATORS = (CHANNELS_LAST, CHANNELS_FIRST)
