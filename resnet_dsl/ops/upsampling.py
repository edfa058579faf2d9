"""Maps made larger."""

from __future__ import annotations

from typing import Any

from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.emission import Argument, CallCode, Emission, Slot
from resnet_dsl.ops.parameter import AUTO, Kind, Parameter, pair, size_code, size_text
from resnet_dsl.ops.record import Attributes, Operator, OperatorError, Reach, Shapes, example
from resnet_dsl.ops.rules import need_map

_CORNERS_READ = 4  # pixels weighed for one of a bilinear output


def _shape(attributes: Attributes, inputs: Shapes) -> Shape:
    x = need_map("upsample", inputs)
    factor, size = attributes["factor"], attributes["size"]
    if (factor is AUTO) == (size is AUTO):
        raise OperatorError("RDL424", given="neither" if size is AUTO else "both")
    if attributes["align_corners"] and attributes["mode"] != "bilinear":
        raise OperatorError(
            "RDL304",
            name="align_corners",
            callee="upsample",
            range=f"false with `mode = {attributes['mode']}`",
            value="true",
        )
    if size is not AUTO:
        return Shape.map(x.channels, *pair(size))
    height, width = pair(factor)
    return Shape.map(x.channels, x.height * height, x.width * width)


def _emission(attributes: Attributes, inputs: Shapes, output: Shape) -> Emission:
    if attributes["size"] is not AUTO:
        scale = Argument(size_code(attributes["size"]), "size")
    else:
        scale = Argument(size_code(attributes["factor"]), "scale_factor")
    arguments = (
        scale,
        Argument(attributes["mode"], "mode", "nearest"),
        Argument(attributes["align_corners"], "align_corners", False),
    )
    return Emission(
        CallCode("nn.Upsample", arguments),
        CallCode("F.interpolate", (Argument(Slot(0)), *arguments)),
    )


def _reach(attributes: Attributes, inputs: Shapes, output: Shape) -> tuple[Reach, Reach]:
    from fractions import Fraction

    sides = []
    for size, out in zip(inputs[0].spatial, output.spatial, strict=True):
        step = Fraction(int(size), int(out))
        rest = 1 - Fraction(1, step.denominator)
        if attributes["mode"] == "nearest":
            sides.append(Reach(step, rest, 0))  # the pixel at floor(o * step)
        else:  # the one there, half a pixel to the left, and the next
            half = (1 - step) / 2
            sides.append(Reach(step, half + 1 - Fraction(1, 2 * step.denominator), 1 - half))
    return sides[0], sides[1]


def _other_ops(attributes: Attributes, inputs: Shapes, output: Shape) -> int:
    return _CORNERS_READ * output.elements if attributes["mode"] == "bilinear" else 0


def _label(attributes: Attributes) -> str:
    size, factor = attributes["size"], attributes["factor"]
    if size is not AUTO:
        return f"to {size_text(size)}"
    height, width = pair(factor)
    return f"×{int(height)}" if height == width else f"×({size_text(factor)})"


def _auto(other: str) -> dict[str, Any]:
    return {"default": AUTO, "minimum": 1, "auto": f"what `{other}` makes it; give one of them"}


UPSAMPLE = Operator(
    name="upsample",
    summary="Resizes maps by a whole factor, or to a size.",
    category=Category.RESHAPE,
    parameters=(
        Parameter("factor", Kind.SIZE, "factor of height and width", **_auto("size")),
        Parameter("size", Kind.SIZE, "output height and width", unit="pixels", **_auto("factor")),
        Parameter(
            "mode",
            Kind.WORD,
            "nearest repeats pixels, bilinear weighs the four around a place",
            default="nearest",
            choices=("nearest", "bilinear"),
        ),
        Parameter(
            "align_corners",
            Kind.BOOL,
            "bilinear only: the centres of the corner pixels coincide, else their outer edges",
            default=False,
        ),
    ),
    shape_rule=_shape,
    other_ops=_other_ops,
    reach=_reach,
    emission=_emission,
    label=_label,
    examples=(
        example((8, 4, 4), factor=2),
        example((8, 3, 5), factor=[2, 3]),
        example((8, 4, 4), factor=2, mode="bilinear"),
        example((8, 4, 4), factor=2, mode="bilinear", align_corners=True),
        example((8, 4, 4), size=7),
        example((8, 4, 4), size=[7, 9], mode="bilinear"),
        example((8, 4, 4), factor=1),
        example((8, 4, 4), error="RDL424"),
        example((8, 4, 4), factor=2, size=8, error="RDL424"),
        example((8, 4, 4), factor=2, align_corners=True, error="RDL304"),
        example((8, 4, 4), factor=0, error="RDL304"),
        example((8, 4, 4), factor=2, mode="cubic", error="RDL308"),
        example((8,), factor=2, error="RDL402"),
    ),
    reference="as torch.nn.Upsample; nearest in Newell, Yang and Deng 2016, arXiv 1603.06937, section 3.1",
)

OPERATORS = (UPSAMPLE,)
