"""Pooling to a size: the windows follow from the input."""

from __future__ import annotations

from collections.abc import Callable
from math import gcd

from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.emission import Argument, CallCode, Emission, Slot
from resnet_dsl.ops.parameter import Kind, Parameter, pair, size_code, size_text
from resnet_dsl.ops.record import EVERYWHERE, Attributes, Example, Operator, Reach, Saved, Shapes, example
from resnet_dsl.ops.rules import need_map

_SIZE = Parameter("size", Kind.SIZE, "output height and width", minimum=1, unit="pixels")


def _shape_of(op: str, attributes: Attributes, inputs: Shapes) -> Shape:
    height, width = pair(attributes["size"])
    return Shape.map(need_map(op, inputs).channels, height, width)


def _covered(size: int, windows: int) -> int:
    """The lengths of all windows along one side together, as they overlap where they must.

    Window i reaches from floor(i * size / windows) to ceil((i + 1) * size / windows). Of the
    windows - 1 borders inside, gcd - 1 fall between two pixels; each other one falls into a pixel,
    which counts twice.
    """
    return size + windows - gcd(size, windows)


def _window_ops(attributes: Attributes, inputs: Shapes, output: Shape) -> int:
    sides = [
        _covered(int(size), int(out)) for size, out in zip(inputs[0].spatial, output.spatial, strict=True)
    ]
    return int(output.channels) * sides[0] * sides[1]


def _reach(attributes: Attributes, inputs: Shapes, output: Shape) -> tuple[Reach, Reach] | None:
    if output.spatial == (1, 1):
        return EVERYWHERE
    from fractions import Fraction

    sides = []
    for size, out in zip(inputs[0].spatial, output.spatial, strict=True):
        step = Fraction(
            int(size), int(out)
        )  # a window starts up to a pixel before its share, and ends behind
        rest = 1 - Fraction(1, step.denominator)
        sides.append(Reach(step, rest, step - 1 + rest))
    return sides[0], sides[1]


def _emission_of(module: str, function: str) -> Callable[[Attributes, Shapes, Shape], Emission]:
    def emission(attributes: Attributes, inputs: Shapes, output: Shape) -> Emission:
        size = Argument(size_code(attributes.get("size", 1)), hint="output_size")
        return Emission(CallCode(module, (size,)), CallCode(function, (Argument(Slot(0)), size)))

    return emission


_AVERAGE_EMISSION = _emission_of("nn.AdaptiveAvgPool2d", "F.adaptive_avg_pool2d")


def _average_saved(attributes: Attributes, inputs: Shapes, output: Shape) -> Saved:
    # To one pixel torch takes a plain mean, whose derivative is a number.
    return Saved() if output.spatial == (1, 1) else Saved(operands=(0,))


def _max_saved(attributes: Attributes, inputs: Shapes, output: Shape) -> Saved:
    # Beside the input, one int64 index for each output element.
    return Saved(operands=(0,), extra_bytes=8 * output.elements)


_EXAMPLES: tuple[Example, ...] = (
    example((8, 12, 12), size=6),
    example((8, 13, 10), size=[6, 7]),
    example((8, 7, 7), size=1),
    example((8, 3, 3), size=7),
    example((8,), size=1, error="RDL402"),
    example((8, 7, 7), size=0, error="RDL304"),
    example((8, 7, 7), error="RDL302"),
)

GAP = Operator(
    name="gap",
    summary="Global average pooling: [C, H, W] to [C, 1, 1].",
    category=Category.POOLING,
    shape_rule=lambda attributes, inputs: Shape.map(need_map("gap", inputs).channels, 1, 1),
    other_ops=_window_ops,
    reach=_reach,
    emission=_AVERAGE_EMISSION,
    drawn_as="global avg pool",
    examples=(
        example((64, 7, 7)),
        example((8, 1, 1)),
        example((8,), error="RDL402"),
        example((8, 8, 8), size=2, error="RDL301"),
    ),
    reference="Lin, Chen and Yan 2013, Network in network, arXiv 1312.4400, section 3.2",
)

ADAPTIVE_AVGPOOL = Operator(
    name="adaptive_avgpool",
    summary="Means over a grid of windows that covers the map: [C, H, W] to [C, size, size].",
    category=Category.POOLING,
    parameters=(_SIZE,),
    shape_rule=lambda attributes, inputs: _shape_of("adaptive_avgpool", attributes, inputs),
    other_ops=_window_ops,
    reach=_reach,
    saved=_average_saved,
    emission=_AVERAGE_EMISSION,
    label=lambda attributes: "to " + size_text(attributes["size"]),
    drawn_as="avg pool",
    examples=_EXAMPLES,
    reference="as torch.nn.AdaptiveAvgPool2d",
)

ADAPTIVE_MAXPOOL = Operator(
    name="adaptive_maxpool",
    summary="Maxima over a grid of windows that covers the map: [C, H, W] to [C, size, size].",
    category=Category.POOLING,
    parameters=(_SIZE,),
    shape_rule=lambda attributes, inputs: _shape_of("adaptive_maxpool", attributes, inputs),
    other_ops=_window_ops,
    reach=_reach,
    saved=_max_saved,
    emission=_emission_of("nn.AdaptiveMaxPool2d", "F.adaptive_max_pool2d"),
    label=lambda attributes: "to " + size_text(attributes["size"]),
    drawn_as="max pool",
    examples=_EXAMPLES,
    reference="as torch.nn.AdaptiveMaxPool2d; with size 1 the global maximum",
)

OPERATORS = (GAP, ADAPTIVE_AVGPOOL, ADAPTIVE_MAXPOOL)
