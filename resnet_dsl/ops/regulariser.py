"""Operators that act in training only."""

from __future__ import annotations

from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.emission import Argument, CallCode, Emission, Slot, Support, TextCode
from resnet_dsl.ops.parameter import Kind, Parameter
from resnet_dsl.ops.record import Attributes, Operator, Saved, Shapes, example
from resnet_dsl.ops.rules import same_shape


def _emission(attributes: Attributes, inputs: Shapes, output: Shape) -> Emission:
    rate = attributes["rate"]
    return Emission(
        CallCode("nn.Dropout", (Argument(rate, hint="p"),)),
        CallCode(
            "F.dropout",
            (Argument(Slot(0)), Argument(rate, "p"), Argument(TextCode("self.training"), "training")),
        ),
    )


def _saved(attributes: Attributes, inputs: Shapes, output: Shape) -> Saved:
    # The float mask; at rate 0 torch returns the input, at rate 1 it keeps one zero.
    rate = attributes["rate"]
    if rate == 0:
        return Saved()
    return Saved(fixed_bytes=4) if rate == 1 else Saved(extra_bytes=4 * output.elements)


DROPOUT = Operator(
    name="dropout",
    summary="Zeroes each element with probability `rate` in training and scales the rest.",
    category=Category.REGULARISER,
    parameters=(
        Parameter("rate", Kind.FLOAT, "probability of a zero", default=0.5, minimum=0.0, maximum=1.0),
    ),
    shape_rule=same_shape,
    saved=_saved,
    emission=_emission,
    label=lambda attributes: f"{float(attributes['rate']):g}",
    examples=(
        example((8, 4, 4)),
        example((64,), rate=0.2),
        example((64,), rate=0.0),
        example((64,), rate=1.0),
        example((64,), rate=1.5, error="RDL304"),
        example((64,), rate=-0.1, error="RDL304"),
    ),
    reference="Srivastava et al. 2014, JMLR 15",
)


_DROP_PATH = Support(
    "DropPath",
    '''
class DropPath(nn.Module):
    """Stochastic depth: zeroes whole samples, or the whole batch, and scales the rest."""

    def __init__(self, rate: float, mode: str = "row") -> None:
        super().__init__()
        self.rate = rate
        self.mode = mode

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.rate == 0:
            return x
        count = x.shape[0] if self.mode == "row" else 1
        return x * F.dropout(x.new_ones(count, *[1] * (x.ndim - 1)), self.rate)
''',
)


def _drop_path_emission(attributes: Attributes, inputs: Shapes, output: Shape) -> Emission:
    arguments = (
        Argument(float(attributes["rate"]), hint="rate"),
        Argument(attributes["mode"], "mode", "row"),
    )
    return Emission(CallCode("DropPath", arguments), support=_DROP_PATH)


def _drop_path_saved(attributes: Attributes, inputs: Shapes, output: Shape) -> Saved:
    # The factors, one for each sample or one for the batch; at rate 0 torch returns the input.
    if attributes["rate"] == 0:
        return Saved()
    return Saved(extra_bytes=4) if attributes["mode"] == "row" else Saved(fixed_bytes=4)


DROP_PATH = Operator(
    name="drop_path",
    summary="Stochastic depth: zeroes whole samples with probability `rate` in training, scales the rest.",
    category=Category.REGULARISER,
    parameters=(
        Parameter("rate", Kind.FLOAT, "probability that a sample is dropped", minimum=0.0, maximum=1.0),
        Parameter(
            "mode",
            Kind.WORD,
            "row decides for each sample, batch once for all",
            default="row",
            choices=("row", "batch"),
        ),
    ),
    shape_rule=same_shape,
    saved=_drop_path_saved,
    emission=_drop_path_emission,
    label=lambda attributes: f"{float(attributes['rate']):.3g}",
    drawn_as="drop path",
    examples=(
        example((8, 4, 4), rate=0.2),
        example((8, 4, 4), rate=0.5, mode="batch"),
        example((64,), rate=0.1),
        example((8, 4, 4), rate=0.0),
        example((8, 4, 4), rate=1),
        example((8, 4, 4), rate=0.3, channels_last=True),
        example((8, 4, 4), error="RDL302"),
        example((8, 4, 4), rate=1.5, error="RDL304"),
        example((8, 4, 4), rate=0.2, mode="sample", error="RDL308"),
    ),
    reference="Huang et al. 2016, Deep networks with stochastic depth, arXiv 1603.09382, section 3",
)

OPERATORS = (DROPOUT, DROP_PATH)
