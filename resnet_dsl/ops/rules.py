"""Rules that several families of operators share: what they need of an operand, sliding windows."""

from __future__ import annotations

from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.parameter import pair
from resnet_dsl.ops.record import Attributes, OperatorError, Reach, Shapes


def need_map(op: str, shapes: Shapes, position: int = 0) -> Shape:
    """The operand as a ``[C, H, W]`` map, or RDL402."""
    shape = shapes[position]
    if not shape.is_map:
        raise OperatorError("RDL402", operands=(position,), op=op, shape=str(shape))
    return shape


def need_vector(op: str, shapes: Shapes, position: int = 0) -> Shape:
    """The operand as an ``[F]`` vector, or RDL403."""
    shape = shapes[position]
    if shape.rank != 1:
        raise OperatorError("RDL403", operands=(position,), op=op, shape=str(shape))
    return shape


def need_groups(groups: int, **channels: int) -> None:
    """Each number of channels splits into equal groups, or RDL405; keywords say which they are."""
    for what, count in channels.items():
        if int(count) % int(groups):  # bare numbers: nobody asks for the history of a remainder
            raise OperatorError(
                "RDL405",
                operands=(0,) if what == "input" else (),
                parameter="groups",
                what=what,
                channels=int(count),
                groups=int(groups),
            )


def window_reach(attributes: Attributes, inputs: Shapes, output: Shape) -> tuple[Reach, Reach] | None:
    """The reach of a sliding window: `kernel`, `stride`, and `pad` and `dilation` where there are any."""
    sides = []
    for axis in (0, 1):
        kernel, stride, pad, dilation = (
            int(pair(attributes.get(name, default))[axis])
            for name, default in (("kernel", 1), ("stride", 1), ("pad", 0), ("dilation", 1))
        )
        sides.append(Reach(stride, pad, (kernel - 1) * dilation - pad))
    return sides[0], sides[1]


def windowed(
    op: str, size: int, kernel: int, stride: int, pad: int, dilation: int = 1, *, ceil: bool = False
) -> int:
    """Output length of a sliding window along one side, or RDL404 where nothing is left.

    With `ceil`, a last window may run over the edge, but must start inside the padded input.
    """
    span = int(dilation) * (int(kernel) - 1) + 1
    free = int(size) + 2 * int(pad) - span
    if free < 0:
        raise OperatorError("RDL404", operands=(0,), op=op, window=span, size=int(size), pad=int(pad))
    stride = int(stride)
    length = free // stride + 1
    if ceil and free % stride and length * stride < int(size) + int(pad):
        length += 1
    return length


def same_shape(attributes: Attributes, inputs: Shapes) -> Shape:
    """Shape rule of element-wise operators: the output is shaped like the input."""
    return inputs[0]


def per_element(attributes: Attributes, inputs: Shapes, output: Shape) -> int:
    """One element operation an output element."""
    return output.elements
