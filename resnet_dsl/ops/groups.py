"""Channels as equal groups that stand one after another: shuffled, summed, compared."""

from __future__ import annotations

from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.emission import Argument, CallCode, Emission, Slot, Support, TextCode
from resnet_dsl.ops.parameter import Kind, Parameter
from resnet_dsl.ops.record import Attributes, Operator, OperatorError, Saved, Shapes, example
from resnet_dsl.ops.rules import need_groups, need_map, per_element


def _in_front(op: str, inputs: Shapes) -> Shape:
    """The operand with its channels in front: a map, a vector or a sequence."""
    return need_map(op, inputs) if inputs[0].channels_last else inputs[0]


def _groups(meaning: str) -> Parameter:
    return Parameter("groups", Kind.INT, meaning, minimum=1)


def _shuffle_shape(attributes: Attributes, inputs: Shapes) -> Shape:
    x = need_map("channel_shuffle", inputs)
    need_groups(attributes["groups"], input=x.channels)
    return x


def _shuffle_emission(attributes: Attributes, inputs: Shapes, output: Shape) -> Emission:
    groups = Argument(attributes["groups"], hint="groups")
    return Emission(
        CallCode("nn.ChannelShuffle", (groups,)),
        CallCode("F.channel_shuffle", (Argument(Slot(0)), groups)),
    )


CHANNEL_SHUFFLE = Operator(
    name="channel_shuffle",
    summary="Deals the channels out anew: the first of each group, then the second of each group.",
    category=Category.RESHAPE,
    parameters=(_groups("groups that the channels come from"),),
    shape_rule=_shuffle_shape,
    emission=_shuffle_emission,
    label=lambda attributes: f"g{int(attributes['groups'])}",
    drawn_as="shuffle",
    examples=(
        example((8, 4, 4), groups=2),
        example((12, 3, 5), groups=3),
        example((8, 4, 4), groups=1),
        example((8, 4, 4), groups=3, error="RDL405"),
        example((8, 4, 4), groups=0, error="RDL304"),
        example((8,), groups=2, error="RDL402"),
        example((8, 4, 4), groups=2, channels_last=True, error="RDL402"),
    ),
    reference="Zhang et al. 2017, arXiv 1707.01083, section 3.1; as torch.nn.ChannelShuffle",
)


def _sum_shape(attributes: Attributes, inputs: Shapes) -> Shape:
    x, groups = _in_front("group_sum", inputs), attributes["groups"]
    need_groups(groups, input=x.channels)
    return x.with_channels(x.channels // groups)


GROUP_SUM = Operator(
    name="group_sum",
    summary="[G * C, H, W] to [C, H, W]: the sum of `groups` groups of channels.",
    category=Category.MERGE,
    parameters=(_groups("groups that are added up"),),
    shape_rule=_sum_shape,
    other_ops=lambda attributes, inputs, output: inputs[0].elements - output.elements,
    emission=lambda attributes, inputs, output: Emission(
        function=TextCode("{0}.unflatten(1, ({groups}, -1)).sum(1)", (("groups", attributes["groups"]),))
    ),
    label=lambda attributes: f"g{int(attributes['groups'])}",
    drawn_as="group sum",
    examples=(
        example((8, 4, 4), groups=2),
        example((12, 3, 5), groups=4),
        example((8, 4, 4), groups=1),
        example((16,), groups=2),
        example((8, 4, 4), groups=3, error="RDL405"),
        example((8, 4, 4), groups=0, error="RDL304"),
        example((8, 4, 4), groups=2, channels_last=True, error="RDL402"),
    ),
    reference="Zhang et al. 2020, arXiv 2004.08955, section 3.1: splits are summed, before and after their weights",
)


_RADIX_SOFTMAX = Support(
    "r_softmax",
    '''
def r_softmax(x: Tensor, radix: int, groups: int) -> Tensor:
    """Softmax over the splits of each group; the result holds split after split."""
    splits = x.unflatten(1, (groups, radix, -1)).transpose(1, 2)
    return splits.softmax(1).flatten(1, 3)
''',
)


def _softmax_shape(attributes: Attributes, inputs: Shapes) -> Shape:
    x, radix, groups = _in_front("r_softmax", inputs), attributes["radix"], attributes["groups"]
    if x.channels % (radix * groups):
        raise OperatorError(
            "RDL420", operands=(0,), channels=int(x.channels), radix=int(radix), groups=int(groups)
        )
    return x


def _softmax_emission(attributes: Attributes, inputs: Shapes, output: Shape) -> Emission:
    if attributes["radix"] == 1:
        return Emission(CallCode("nn.Sigmoid"), CallCode("torch.sigmoid", (Argument(Slot(0)),)))
    arguments = (
        Argument(Slot(0)),
        Argument(attributes["radix"], hint="radix"),
        Argument(attributes["groups"], hint="groups"),
    )
    return Emission(function=CallCode("r_softmax", arguments), support=_RADIX_SOFTMAX)


R_SOFTMAX = Operator(
    name="r_softmax",
    summary="Softmax over the `radix` splits of each group, [groups, radix, C] to [radix, groups, C]; "
    "a sigmoid at radix 1.",
    category=Category.ACTIVATION,
    parameters=(
        Parameter("radix", Kind.INT, "splits in a group, which share 1 between them", minimum=1),
        Parameter("groups", Kind.INT, "cardinal groups of channels", default=1, minimum=1),
    ),
    shape_rule=_softmax_shape,
    other_ops=per_element,
    saved=lambda attributes, inputs, output: Saved(output=True),
    emission=_softmax_emission,
    label=lambda attributes: f"r{int(attributes['radix'])}",
    drawn_as="r-softmax",
    examples=(
        example((16, 1, 1), radix=2),
        example((16, 1, 1), radix=4, groups=2),
        example((16, 1, 1), radix=1),
        example((16, 3, 5), radix=2, groups=4),
        example((32,), radix=2, groups=2),
        example((16, 1, 1), radix=3, error="RDL420"),
        example((16, 1, 1), radix=8, groups=4, error="RDL420"),
        example((16, 1, 1), radix=0, error="RDL304"),
        example((16, 1, 1), radix=2, channels_last=True, error="RDL402"),
    ),
    reference="Zhang et al. 2020, arXiv 2004.08955, section 3.1",
)

OPERATORS = (CHANNEL_SHUFFLE, GROUP_SUM, R_SOFTMAX)
