"""Learned tensors that stand for themselves: their key is the operator's own path.

They have no batch, so they are no tensors of the language; each operator applies one to its operand.
"""

from __future__ import annotations

from resnet_dsl.ir.contract import Category, Weight
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.emission import Emission, TextCode
from resnet_dsl.ops.parameter import Kind, Parameter
from resnet_dsl.ops.record import Attributes, Operator, Saved, Shapes, example
from resnet_dsl.ops.rules import per_element, same_shape

_OVER = Parameter(
    "over",
    Kind.WORD,
    "what has a number of its own: each channel, each element of a sample, or the whole tensor",
    default="channels",
    choices=("channels", "elements", "tensor"),
)
_TRAINABLE = Parameter(
    "trainable", Kind.BOOL, "a parameter that is trained; otherwise a buffer", default=True
)
_PERSISTENT = Parameter(
    "persistent", Kind.BOOL, "a buffer is part of the state_dict; a parameter always is", default=True
)


def _sizes(attributes: Attributes, x: Shape) -> tuple[int, ...]:
    """The tensor's shape: it broadcasts against a batch of operands."""
    if attributes["over"] == "tensor":
        return ()
    if attributes["over"] == "elements":
        return x.dims
    behind = 0 if x.channels_last else x.rank - 1
    return (x.channels, *[1] * behind)


def _tensor(attributes: Attributes, inputs: Shapes) -> Weight:
    sizes = tuple([int(size) for size in _sizes(attributes, inputs[0])])
    return Weight("", sizes, trainable=attributes["trainable"])


def _is_kept(attributes: Attributes) -> bool:
    """Whether the tensor is in the ``state_dict``."""
    return bool(attributes["trainable"] or attributes["persistent"])


def _weights(attributes: Attributes, inputs: Shapes) -> tuple[Weight, ...]:
    return (_tensor(attributes, inputs),) if _is_kept(attributes) else ()


def _constants(attributes: Attributes, inputs: Shapes) -> tuple[Weight, ...]:
    return () if _is_kept(attributes) else (_tensor(attributes, inputs),)


def _held(attributes: Attributes, x: Shape) -> TextCode:
    """The expression that makes the tensor, in the words one would use by hand."""
    sizes = _sizes(attributes, x)
    values: tuple[tuple[str, int | float], ...] = tuple([(f"size{i}", size) for i, size in enumerate(sizes)])
    listed = ", ".join([f"{{{name}}}" for name, _ in values])
    start = float(attributes["init"])
    if not sizes:
        tensor = "torch.tensor({start})"
        values = (("start", start),)
    elif start in (0.0, 1.0):
        tensor = f"torch.{'zeros' if start == 0 else 'ones'}({listed})"
    else:
        tensor = f"torch.full(({listed}{',' if len(sizes) == 1 else ''}), {{start}})"
        values = (*values, ("start", start))
    if attributes["trainable"]:
        return TextCode(f"nn.Parameter({tensor})", values)
    keeping = "" if attributes["persistent"] else ", persistent=False"
    return TextCode(f"nn.Buffer({tensor}{keeping})", values)


def _operator(name: str, summary: str, sign: str, precedence: int, start: float, reference: str) -> Operator:
    def emission(attributes: Attributes, inputs: Shapes, output: Shape) -> Emission:
        function = TextCode(f"{{0}} {sign} {{self}}", precedence=precedence)
        return Emission(function=function, held=_held(attributes, inputs[0]))

    def saved(attributes: Attributes, inputs: Shapes, output: Shape) -> Saved:
        # A product keeps its operand for the tensor's gradient; the tensor itself is a weight.
        return Saved(operands=(0,)) if sign == "*" and attributes["trainable"] else Saved()

    def backward_bytes(attributes: Attributes, inputs: Shapes, output: Shape, receives: bool) -> int:
        # A product's gradient for the tensor is as large as the output, before it is summed.
        return 4 * output.elements if sign == "*" and attributes["trainable"] else 0

    return Operator(
        name=name,
        summary=summary,
        category=Category.MERGE,
        parameters=(
            Parameter("init", Kind.FLOAT, "the value it starts at", default=start),
            _OVER,
            _TRAINABLE,
            _PERSISTENT,
        ),
        shape_rule=same_shape,
        weight_rule=_weights,
        other_ops=per_element,
        constants=_constants,
        saved=saved,
        backward_bytes=backward_bytes,
        hands_on=sign == "+",
        emission=emission,
        examples=(
            example((8, 4, 4)),
            example((8, 4, 4), init=1e-6),
            example((8, 4, 4), init=0.0, over="elements"),
            example((8, 4, 4), init=0.5, over="tensor"),
            example((32,), init=2.0),
            example((8, 4, 4), init=0.1, channels_last=True),
            example((8, 4, 4), trainable=False),
            example((8, 4, 4), trainable=False, persistent=False),
            example((8, 4, 4), over="channel", error="RDL308"),
            example((8, 4, 4), (8, 4, 4), error="RDL303"),
        ),
        reference=reference,
    )


SCALE = _operator(
    "scale",
    "Multiplies by a learned tensor, a number a channel; its key is the operator's path.",
    "*",
    2,
    1.0,
    "the layer scale of Touvron et al. 2021, arXiv 2103.17239, section 2",
)
OFFSET = _operator(
    "offset",
    "Adds a learned tensor, a number a channel; its key is the operator's path.",
    "+",
    1,
    0.0,
    "a bias that stands by itself, as a position embedding does: Dosovitskiy et al. 2020, arXiv 2010.11929",
)

OPERATORS = (SCALE, OFFSET)
