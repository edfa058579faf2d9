"""Pooling over sliding windows."""

from __future__ import annotations

from typing import Any

from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.emission import Argument, CallCode, Emission, Slot
from resnet_dsl.ops.parameter import AUTO, Kind, Parameter, pair, size_code, size_text
from resnet_dsl.ops.record import Attributes, Example, Operator, OperatorError, Saved, Shapes, example
from resnet_dsl.ops.rules import need_map, window_reach, windowed

_KERNEL = Parameter("kernel", Kind.SIZE, "window height and width", minimum=1, unit="pixels")
_STRIDE = Parameter(
    "stride", Kind.SIZE, "step of the window", default=AUTO, minimum=1, unit="pixels", auto="kernel"
)
_PAD = Parameter("pad", Kind.SIZE, "padding on each side", default=0, minimum=0, unit="pixels")
_CEIL = Parameter("ceil_mode", Kind.BOOL, "round the output size up", default=False)
_INCLUDE_PAD = Parameter("count_include_pad", Kind.BOOL, "padding counts in the mean", default=True)


def _complete(attributes: dict[str, Any], inputs: Shapes) -> None:
    if attributes["stride"] is AUTO:
        attributes["stride"] = attributes["kernel"]


def _shape_of(op: str, attributes: Attributes, inputs: Shapes) -> Shape:
    x = need_map(op, inputs)
    kernel, stride, pad = (pair(attributes[name]) for name in ("kernel", "stride", "pad"))
    for i in (0, 1):
        if 2 * pad[i] > kernel[i]:
            raise OperatorError("RDL406", parameter="pad", op=op, pad=int(pad[i]), kernel=int(kernel[i]))
    height, width = (
        windowed(op, side, kernel[i], stride[i], pad[i], ceil=attributes["ceil_mode"])
        for i, side in enumerate(x.spatial)
    )
    return Shape.map(x.channels, height, width)


def _window_ops(attributes: Attributes, inputs: Shapes, output: Shape) -> int:
    height, width = pair(attributes["kernel"])
    return output.elements * int(height) * int(width)


def _arguments(attributes: Attributes) -> tuple[Argument, ...]:
    kernel, stride = size_code(attributes["kernel"]), size_code(attributes["stride"])
    return (
        Argument(kernel, hint="kernel_size"),
        Argument(stride, "stride", kernel),
        Argument(size_code(attributes["pad"]), "padding", 0),
        Argument(attributes["ceil_mode"], "ceil_mode", False),
    )


def _max_emission(attributes: Attributes, inputs: Shapes, output: Shape) -> Emission:
    arguments = _arguments(attributes)
    return Emission(
        CallCode("nn.MaxPool2d", arguments),
        CallCode("F.max_pool2d", (Argument(Slot(0)), *arguments)),
    )


def _average_emission(attributes: Attributes, inputs: Shapes, output: Shape) -> Emission:
    arguments = (
        *_arguments(attributes),
        Argument(attributes["count_include_pad"], "count_include_pad", True),
    )
    return Emission(
        CallCode("nn.AvgPool2d", arguments),
        CallCode("F.avg_pool2d", (Argument(Slot(0)), *arguments)),
    )


def _label(attributes: Attributes) -> str:
    stride = int(pair(attributes["stride"])[0])
    return size_text(attributes["kernel"]) + (f", /{stride}" if stride != 1 else "")


def _max_saved(attributes: Attributes, inputs: Shapes, output: Shape) -> Saved:
    # Beside the input, one int64 index for each output element.
    return Saved(operands=(0,), extra_bytes=8 * output.elements)


_EXAMPLES: tuple[Example, ...] = (
    example((8, 16, 16), kernel=2),
    example((8, 15, 13), kernel=3, stride=2, pad=1),
    example((8, 14, 14), kernel=3, stride=2, ceil_mode=True),
    example((8, 112, 112), kernel=3, stride=2, pad=0, ceil_mode=True),
    example((4, 9, 9), kernel=[3, 2], stride=[1, 2], pad=[1, 0]),
    example((8,), kernel=2, error="RDL402"),
    example((8, 2, 2), kernel=3, error="RDL404"),
    example((8, 8, 8), kernel=2, pad=2, error="RDL406"),
    example((8, 8, 8), kernel=0, error="RDL304"),
)

MAXPOOL = Operator(
    name="maxpool",
    summary="Maximum over a sliding window.",
    category=Category.POOLING,
    parameters=(_KERNEL, _STRIDE, _PAD, _CEIL),
    complete=_complete,
    reach=window_reach,
    shape_rule=lambda attributes, inputs: _shape_of("maxpool", attributes, inputs),
    other_ops=_window_ops,
    saved=_max_saved,
    emission=_max_emission,
    label=_label,
    drawn_as="max pool",
    examples=_EXAMPLES,
    reference="as torch.nn.MaxPool2d",
)

AVGPOOL = Operator(
    name="avgpool",
    summary="Mean over a sliding window.",
    category=Category.POOLING,
    parameters=(_KERNEL, _STRIDE, _PAD, _CEIL, _INCLUDE_PAD),
    complete=_complete,
    reach=window_reach,
    shape_rule=lambda attributes, inputs: _shape_of("avgpool", attributes, inputs),
    other_ops=_window_ops,
    saved=lambda attributes, inputs, output: Saved(operands=(0,)),
    emission=_average_emission,
    label=_label,
    drawn_as="avg pool",
    examples=(
        *_EXAMPLES,
        example((8, 8, 8), kernel=3, stride=2, pad=1, count_include_pad=False),
        # He et al. 2018, arXiv 1812.01187, figure 2c: a shortcut that averages.
        example((8, 7, 7), kernel=2, stride=2, ceil_mode=True, count_include_pad=False),
        example((8, 7, 7), kernel=2, stride=2, ceil_mode=True),
    ),
    reference="as torch.nn.AvgPool2d",
)

OPERATORS = (MAXPOOL, AVGPOOL)
