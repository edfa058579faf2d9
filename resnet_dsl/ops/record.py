"""The record that is an operator: everything the product knows of it, in one place.

The grammar lists no operators. The parser reads ``name(args)``, the registry resolves the name,
and elaboration, reports, diagrams, generated code, documentation and tests all read this record.
Nothing here needs torch: emission is text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from resnet_dsl.ir.contract import Category, Weight
from resnet_dsl.ir.shape import Shape

if TYPE_CHECKING:
    from fractions import Fraction  # only enlarging operators need one, and it takes a while to import

Attributes = Mapping[str, Any]
Shapes = Sequence[Shape]

MAX_DIMENSION = 2**31 - 1  # torch indexes a dimension with 32 bits in most kernels


class Marker(Enum):
    """Defaults that are not values."""

    REQUIRED = "required"
    AUTO = "auto"  # worked out from the other attributes, the inputs or the next operator


REQUIRED = Marker.REQUIRED
AUTO = Marker.AUTO


class Kind(Enum):
    """The types an operator's parameter can have."""

    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    WORD = "word"  # one of `choices`
    SIZE = "size"  # an int, or [height, width]
    INTS = "ints"  # a list of ints


class Parameter(NamedTuple):
    """One argument of an operator: type, default, least value, unit and a line of meaning."""

    name: str
    kind: Kind
    meaning: str
    default: Any = REQUIRED
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    auto: str = ""  # how an AUTO default is worked out, for people

    @property
    def required(self) -> bool:
        return self.default is REQUIRED


class OperatorError(Exception):
    """An operator does not accept what it was given; the elaborator makes a diagnostic of it.

    `operands` are the positions of the operands at fault, `parameter` the argument at fault.
    """

    def __init__(
        self, code: str, *, operands: tuple[int, ...] = (), parameter: str = "", **fields: Any
    ) -> None:
        super().__init__(code)
        self.code = code
        self.operands = operands
        self.parameter = parameter
        self.fields = fields


class Slot(NamedTuple):
    """In emitted code: the place of an operand."""

    position: int


class Argument(NamedTuple):
    """An argument of emitted code: a value or a `Slot`; omitted where it equals torch's default.

    `name` is its keyword, empty by position; `hint` is torch's word for a positional one.
    """

    value: Any
    name: str = ""
    default: Any = REQUIRED
    hint: str = ""

    @property
    def key(self) -> str:
        return self.name or self.hint


class CallCode(NamedTuple):
    """``callee(arguments)``: a torch module's constructor, or a function on operands."""

    callee: str
    arguments: tuple[Argument, ...] = ()


class TextCode(NamedTuple):
    """An expression with holes: ``{0}`` one operand, ``{name}`` a value.

    ``{+}``, ``{*}`` and ``{,}`` are all operands joined by that sign.

    `precedence` orders ``+`` (1), ``*`` (2) and everything that needs no parentheses (9).
    """

    template: str
    values: tuple[tuple[str, Any], ...] = ()
    precedence: int = 9


class Initialiser(NamedTuple):
    """How one weight starts: a function called on it, with further arguments as text."""

    weight: str
    function: str
    arguments: tuple[str, ...] = ()


class Support(NamedTuple):
    """A class or function that emitted code calls and torch does not have.

    Its whole text, formatted, is written once into each module that needs it.
    """

    name: str
    text: str


class Emission(NamedTuple):
    """How an operator is written in PyTorch: as a module, as a function, or either.

    With `held`, the operator is no module but a bare tensor: `held` is the expression that makes
    it, kept on the module around it under the operator's name (so the key is the path itself, with
    nothing behind), and `function` says ``{self}`` where it reads it. It may use sizes of the
    operands, so it takes values like any template.

    Where torch has no such module, `support` brings the text of one along.
    """

    module: CallCode | None = None
    function: CallCode | TextCode | None = None
    initialisers: tuple[Initialiser, ...] = ()
    held: TextCode | None = None
    support: Support | None = None


class Saved(NamedTuple):
    """What autograd keeps for backward: operands by position, the output, bytes of its own.

    `extra_bytes` are for each sample, `fixed_bytes` for the whole batch.
    """

    operands: tuple[int, ...] = ()
    output: bool = False
    extra_bytes: int = 0
    fixed_bytes: int = 0


class Reach(NamedTuple):
    """Which positions along one axis an output reads: the whole numbers from ``o * step - before`` to
    ``o * step + after``."""

    step: int | Fraction = 1
    before: int | Fraction = 0
    after: int | Fraction = 0


EVERYWHERE = None  # the reach of an operator whose every output reads every position


class Example(NamedTuple):
    """A use of the operator, tested against torch; with `error`, the diagnostic it must give.

    With `channels_last`, maps among the inputs have their channels moved behind before.
    """

    inputs: tuple[tuple[int, ...], ...]
    arguments: tuple[tuple[str, Any], ...] = ()
    error: str = ""
    channels_last: bool = False


def example(
    *inputs: tuple[int, ...], error: str = "", channels_last: bool = False, **arguments: Any
) -> Example:
    return Example(inputs, tuple(arguments.items()), error, channels_last)


def _no_weights(attributes: Attributes, inputs: Shapes) -> tuple[Weight, ...]:
    return ()


def _nothing(attributes: Attributes, inputs: Shapes, output: Shape) -> int:
    return 0


def _keeps_nothing(attributes: Attributes, inputs: Shapes, output: Shape) -> Saved:
    return Saved()


def _same_place(attributes: Attributes, inputs: Shapes, output: Shape) -> tuple[Reach, Reach] | None:
    return Reach(), Reach()


def _as_given(attributes: dict[str, Any], inputs: Shapes) -> None:
    return None


def _plain_label(attributes: Attributes) -> str:
    return ""


class Operator(NamedTuple):
    """One operator. See `docs/architecture.md`, "Adding an operator", for a walk-through.

    `arity` is least and most operands (None: any number). `complete` fills AUTO attributes in
    place. `macs` counts multiply-adds of convolutions (transposed ones and blurs included) and
    linear layers; `other_ops` counts element operations apart from them; both for one sample.
    `working_bytes` is what a forward pass makes beside its output and drops again, by default what
    autograd would keep of it;
    `reach` says along height and width which pixels an output reads; `counts_depth` marks weighted
    layers; `gates` names operands that `depth` does not follow.
    """

    name: str
    summary: str
    category: Category
    shape_rule: Callable[[Attributes, Shapes], Shape]
    emission: Callable[[Attributes, Shapes, Shape], Emission]
    examples: tuple[Example, ...]
    reference: str
    parameters: tuple[Parameter, ...] = ()
    arity: tuple[int, int | None] = (1, 1)
    complete: Callable[[dict[str, Any], Shapes], None] = _as_given
    weight_rule: Callable[[Attributes, Shapes], tuple[Weight, ...]] = _no_weights
    macs: Callable[[Attributes, Shapes, Shape], int] = _nothing
    other_ops: Callable[[Attributes, Shapes, Shape], int] = _nothing
    saved: Callable[[Attributes, Shapes, Shape], Saved] = _keeps_nothing
    working_bytes: Callable[[Attributes, Shapes, Shape], int] | None = None
    reach: Callable[[Attributes, Shapes, Shape], tuple[Reach, Reach] | None] = _same_place
    label: Callable[[Attributes], str] = _plain_label
    drawn_as: str = ""
    counts_depth: bool = False
    gates: tuple[int, ...] = ()
    has_auto_bias: bool = False  # `bias = auto`: off exactly when a norm follows
    view: bool = False  # the output shares the operand's memory

    def infer(self, attributes: Attributes, inputs: Shapes) -> Shape:
        """The output's shape. Raises `OperatorError` where the inputs do not fit."""
        shape = self.shape_rule(attributes, inputs)
        for dim in shape.dims:
            if dim > MAX_DIMENSION:
                raise OperatorError("RDL805", size=int(dim), limit=MAX_DIMENSION)
        return shape

    def weights(self, attributes: Attributes, inputs: Shapes) -> tuple[Weight, ...]:
        return self.weight_rule(attributes, inputs)

    def parameter(self, name: str) -> Parameter | None:
        return next((entry for entry in self.parameters if entry.name == name), None)

    @property
    def has_weights(self) -> bool:
        return self.weight_rule is not _no_weights

    @property
    def short(self) -> str:
        """The word that diagrams print."""
        return self.drawn_as or self.name


# --- rules that several families share -----------------------------------------------------------


def pair(value: int | Sequence[int]) -> tuple[int, int]:
    """A `SIZE` value as (height, width)."""
    if isinstance(value, int):
        return value, value
    return value[0], value[1]


def size_code(value: Any) -> Any:
    """A `SIZE` value as torch code wants it: an int where both sides agree, else a pair."""
    if isinstance(value, int):
        return value
    return (value[0], value[1]) if value[0] != value[1] else value[0]


def size_text(value: Any) -> str:
    height, width = pair(value)
    return f"{int(height)}×{int(width)}"


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
        if count % groups:
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
