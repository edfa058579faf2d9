"""Random networks of every family of operators: wide in what they hold, with dead ends and heads.

`mish` is left out: the meta device does its backward pass in more steps than torch's kernels. Between
`linear` and `channels_first` stands an activation: without one, torch copies a gradient whose axes lie
in another order, which the analysis does not follow.
"""

from __future__ import annotations

from typing import NamedTuple

import hypothesis.strategies as st

_LARGEST = 40  # pixels a side that are still enlarged
_MOST_CHANNELS = 64
_BEHIND = [
    *("", " -> bn -> relu", " -> bn", " -> relu", " -> gelu", " -> silu", " -> gn(2) -> hardswish"),
    *(" -> leaky_relu", " -> layer_norm2d", " -> prelu", " -> elu", " -> prelu(per_channel = true)"),
]
_ALONE = [
    *("relu", "sigmoid", "gelu", "drop_path(0.2)", "dropout(0.3)", "scale", "identity", "hardsigmoid"),
    *(
        "times(0.5)",
        "one_minus",
        "offset",
        "tanh",
        "relu6",
        "lrn",
        "lrn(3)",
        "elu",
        "scale(trainable = false)",
    ),
]


class _Map(NamedTuple):
    name: str
    channels: int
    height: int
    width: int


@st.composite
def wide(draw: st.DrawFn) -> str:
    """A model of 4 to 12 steps, each of an earlier map, mostly of a late one; not all are used."""
    sides = st.sampled_from([16, 24, 31])
    maps = [_Map("image", draw(st.sampled_from([3, 4, 8])), draw(sides), draw(sides))]
    lines = [f"  input image [{maps[0].channels}, {maps[0].height}, {maps[0].width}]"]
    for number in range(draw(st.integers(4, 12))):
        x = draw(st.sampled_from(maps[-3:] if draw(st.integers(0, 4)) else maps))
        found = _step(draw, f"t{number}", x, maps)
        if found is None:
            continue
        text, made = found
        lines.append(f"  {made.name} = {text}")
        maps.append(made)
        if draw(st.integers(0, 19)) == 0:
            lines.append(f"  aux a{number} = {made.name} -> gap -> flatten -> linear(3)")
    lines.append(f"  return {maps[-1].name} -> gap -> flatten -> linear(5)")
    return "model net {\n" + "\n".join(lines) + "\n}\n"


def _step(draw: st.DrawFn, name: str, x: _Map, maps: list[_Map]) -> tuple[str, _Map] | None:
    """What makes a map of `x`, and the map; None where it does not fit."""
    made = x._replace(name=name)
    family = draw(
        st.sampled_from(
            ["conv", "conv", "conv", "larger", "pool", "alone", "gate", "part", "mlp", "merge", "merge"]
        )
    )
    if family == "conv":
        return _convolution(draw, x, made)
    if family == "larger" and max(x.height, x.width) <= _LARGEST:
        made = made._replace(height=2 * x.height, width=2 * x.width)
        width = draw(st.sampled_from([4, 8]))
        how = draw(st.sampled_from(["deconv", "nearest", "bilinear"]))
        if how == "deconv":
            behind = draw(st.sampled_from(_BEHIND))
            return f"{x.name} -> deconv({width}, 2, 2){behind}", made._replace(channels=width)
        return f"{x.name} -> upsample(2, mode = {how})", made
    if family == "pool" and min(x.height, x.width) >= 3:
        return _pooling(draw, x, made)
    if family == "alone":
        return f"{x.name} -> {draw(st.sampled_from(_ALONE))}", made
    if family == "gate":
        gate = f"gap -> conv({x.channels}, 1) -> {draw(st.sampled_from(['sigmoid', 'hardsigmoid']))}"
        return f"{x.name} -> {gate}\n  {name} = mul({x.name}, {name})", made
    if family == "part" and x.channels % 2 == 0:
        half = x.channels // 2
        text, channels = draw(
            st.sampled_from(
                [
                    ("channel_shuffle(2)", x.channels),
                    (f"slice(0, {half})", half),
                    ("group_sum(2)", half),
                    (f"pad_channels({x.channels + 4})", x.channels + 4),
                ]
            )
        )
        return f"{x.name} -> {text}", made._replace(channels=channels)
    if family == "mlp":
        inner = draw(st.sampled_from([4, 8]))
        layers = f"ln -> linear({inner}) -> gelu -> linear({x.channels}) -> silu"
        return f"{x.name} -> channels_last -> {layers} -> channels_first", made
    if family == "merge":
        return _merge(draw, x, made, maps)
    return None


def _convolution(draw: st.DrawFn, x: _Map, made: _Map) -> tuple[str, _Map]:
    width, kernel = draw(st.sampled_from([4, 8, 12, 16])), draw(st.sampled_from([1, 3, 5, 7]))
    stride, dilation = draw(st.sampled_from([1, 1, 1, 2])), draw(st.sampled_from([1, 1, 2]))
    groups = draw(st.sampled_from([1, 1, 2, 4, x.channels]))
    if groups == x.channels:
        width = x.channels
    if x.channels % groups or width % groups:
        groups = 1
    if width % 2:
        width += 1  # for norms of two groups
        groups = 1
    height, length = ((side - 1) // stride + 1 for side in (x.height, x.width))
    bias = draw(st.sampled_from(["", ", bias = true", ", bias = false"]))
    given = f"{width}, {kernel}, {stride}, dilation = {dilation}, groups = {groups}{bias}"
    text = f"{x.name} -> conv({given}){draw(st.sampled_from(_BEHIND))}"
    return text, made._replace(channels=width, height=height, width=length)


def _pooling(draw: st.DrawFn, x: _Map, made: _Map) -> tuple[str, _Map]:
    rows, columns = ((side - 1) // 2 + 1 for side in (x.height, x.width))
    text, height, width = draw(
        st.sampled_from(
            [
                ("maxpool(2)", x.height // 2, x.width // 2),
                ("maxpool(3, 1, 1)", x.height, x.width),
                ("avgpool(3, 2, 1)", rows, columns),
                ("adaptive_avgpool(2)", 2, 2),
                ("adaptive_maxpool(2)", 2, 2),
                ("blur_pool", rows, columns),
                ("subsample(2)", rows, columns),
            ]
        )
    )
    return f"{x.name} -> {text}", made._replace(height=height, width=width)


def _merge(draw: st.DrawFn, x: _Map, made: _Map, maps: list[_Map]) -> tuple[str, _Map] | None:
    """Two maps of one size: a sum or a product where channels agree, else both behind each other."""
    other = draw(st.sampled_from([entry for entry in maps if entry[2:] == x[2:]]))
    if other.channels == x.channels and draw(st.integers(0, 3)):
        how = draw(st.sampled_from(["add", "add", "add", "mul"]))
        return f"{how}({x.name}, {other.name}){draw(st.sampled_from(['', ' -> relu']))}", made
    channels = x.channels + other.channels
    if channels > _MOST_CHANNELS:
        return None
    behind = draw(st.sampled_from(["", " -> relu", " -> bn"]))
    return f"concat({x.name}, {other.name}){behind}", made._replace(channels=channels)
