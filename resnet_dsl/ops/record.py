"""The record that is an operator: everything the product knows of it, in one place.

The grammar lists no operators. The parser reads ``name(args)``, the registry resolves the name,
and elaboration, reports, diagrams, generated code, documentation and tests all read this record.
Nothing here needs torch: emission is text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from resnet_dsl.ir.contract import Category, Weight
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.emission import Emission
from resnet_dsl.ops.parameter import Parameter

if TYPE_CHECKING:
    from fractions import Fraction  # only enlarging operators need one, and it takes a while to import

Attributes = Mapping[str, Any]
Shapes = Sequence[Shape]

MAX_DIMENSION = 2**31 - 1  # torch indexes a dimension with 32 bits in most kernels


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


class Saved(NamedTuple):
    """What autograd keeps for backward: operands by position, the output, bytes of its own.

    `extra_bytes` are for each sample, `fixed_bytes` for the whole batch. With `crossed`, an operand is
    kept for the gradients of the others alone, as a factor is.
    """

    operands: tuple[int, ...] = ()
    output: bool = False
    extra_bytes: int = 0
    fixed_bytes: int = 0
    crossed: bool = False

    def kept(self, trained: Sequence[bool]) -> list[int]:
        """The operands that are kept, by position, where a gradient goes to those that are `trained`."""
        if not self.crossed:
            return list(self.operands)
        return [place for place in self.operands if any([*trained[:place], *trained[place + 1 :]])]


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

    `weight_rule` lists what is in the ``state_dict``, `constants` tensors that the module holds beside:
    buffers that do not persist.
    `arity` is least and most operands (None: any number). `complete` fills AUTO attributes in
    place. `macs` counts multiply-adds of convolutions (transposed ones and blurs included) and
    linear layers; `other_ops` counts element operations apart from them; both for one sample.
    `working_bytes` is what a forward pass makes beside its output and drops again, by default what
    autograd would keep of it; `backward_bytes` is what the backward pass of one sample makes beside the
    gradients of output, operands and weights, where a gradient goes to an operand (the last argument)
    or not; with `hands_on` it makes no gradient for the operand, but hands the output's on;
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
    constants: Callable[[Attributes, Shapes], tuple[Weight, ...]] = _no_weights
    macs: Callable[[Attributes, Shapes, Shape], int] = _nothing
    other_ops: Callable[[Attributes, Shapes, Shape], int] = _nothing
    saved: Callable[[Attributes, Shapes, Shape], Saved] = _keeps_nothing
    working_bytes: Callable[[Attributes, Shapes, Shape], int] | None = None
    backward_bytes: Callable[[Attributes, Shapes, Shape, bool], int] | None = None
    hands_on: bool = False
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

    @property
    def has_macs(self) -> bool:
        return self.macs is not _nothing

    @property
    def keeps_place(self) -> bool:
        """Whether each position of the output reads the same position of the operands, and no other."""
        return self.reach is _same_place

    def parameter(self, name: str) -> Parameter | None:
        return next((entry for entry in self.parameters if entry.name == name), None)

    @property
    def has_weights(self) -> bool:
        return self.weight_rule is not _no_weights

    @property
    def short(self) -> str:
        """The word that diagrams print."""
        return self.drawn_as or self.name
