"""What other tools would count for a network, term by term, and the same integers.

Each convention is a rule from an operator to the terms that the tool adds for it, for one sample of
the inference graph. The versions whose sources and results the rules follow are named with them;
tests run the real tools. Figures of some tools depend on how a network is written: the rules are
for modules (``nn.ReLU``, ``nn.MaxPool2d``), which is how the zoos write; sums, products and joins
are written as operators (``x + y``), which all of them pass over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from math import prod
from types import MappingProxyType
from typing import NamedTuple

from resnet_dsl.analysis.facts import Facts, facts
from resnet_dsl.diagnostics.suggest import did_you_mean
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network
from resnet_dsl.ops.parameter import pair

Terms = Iterator[tuple[str, int]]


class ConventionError(ValueError):
    """A convention that nobody knows; the message names those that there are."""


class Convention(NamedTuple):
    """How one tool counts: the version followed, what it calls its figure, and its rule."""

    name: str
    tool: str
    unit: str
    rule: Callable[[Facts], Terms]
    remark: str = ""


class Line(NamedTuple):
    """One term of a total: what is counted, the sum, and over how many operators."""

    what: str
    amount: int
    operators: int


class Counted(NamedTuple):
    """A network's figure by a convention; `base` is ours: multiply-adds of convolution and linear."""

    convention: Convention
    lines: tuple[Line, ...]
    base: int

    @property
    def total(self) -> int:
        return sum(line.amount for line in self.lines)


def count_as(network: Network, convention: Convention) -> Counted:
    """The convention's figure for one sample of the inference graph."""
    nodes = facts(network)
    shown = network.inference_nodes()
    sums: dict[str, tuple[int, int]] = {}
    base = 0
    for entry in nodes:
        if entry.node.id not in shown or entry.operator.category is Category.INPUT:
            continue
        base += _macs(entry)
        for what, amount in convention.rule(entry):
            before, operators = sums.get(what, (0, 0))
            sums[what] = (before + amount, operators + 1)
    lines = tuple(Line(what, amount, operators) for what, (amount, operators) in sums.items() if amount)
    return Counted(convention, lines, base)


def convention(name: str) -> Convention:
    """A convention by its name. Raises `ConventionError` with what was probably meant."""
    if name in CONVENTIONS:
        return CONVENTIONS[name]
    raise ConventionError(f"there is no convention `{name}`; {did_you_mean(name, CONVENTIONS)}")


# --- quantities ----------------------------------------------------------------------------------

_PRODUCTS = "convolution and linear layers, multiply-adds"


def _macs(entry: Facts) -> int:
    return entry.operator.macs(entry.node.attributes, entry.inputs, entry.node.shape)


def _in(entry: Facts) -> int:
    return prod(map(int, entry.inputs[0].dims))


def _out(entry: Facts) -> int:
    return prod(entry.output)


def _has_bias(entry: Facts) -> bool:
    return any([weight.name == "bias" for weight in entry.weights])


def _trained(entry: Facts) -> int:
    return sum(weight.elements for weight in entry.weights if weight.trainable)


def _is_affine(entry: Facts) -> bool:
    return any([weight.trainable for weight in entry.weights])


def _is_layer(entry: Facts) -> bool:
    """Whether torch's own convolution and linear modules do it."""
    return entry.operator.category in {Category.CONV, Category.LINEAR}


# --- one rule a tool -----------------------------------------------------------------------------


def _paper(entry: Facts) -> Terms:
    if _is_layer(entry):
        yield _PRODUCTS, _macs(entry)


def _flopcounter(entry: Facts) -> Terms:
    if macs := _macs(entry):
        yield "convolution and linear layers, 2 for each multiply-add", 2 * macs


def _fvcore(entry: Facts) -> Terms:
    if macs := _macs(entry):
        yield _PRODUCTS, macs
    name, size = entry.operator.name, _in(entry)
    if name == "bn":
        affine = _is_affine(entry)
        yield f"batch normalisation, {2 if affine else 1} an element", (2 if affine else 1) * size
    elif name in {"gn", "ln", "layer_norm2d"}:
        affine = _is_affine(entry)
        yield f"group and layer normalisation, {5 if affine else 4} an element", (5 if affine else 4) * size
    elif name in {"gap", "adaptive_avgpool"}:
        yield "adaptive average pooling, 1 an input element", size
    elif name == "upsample":
        each = 4 if entry.node.attributes["mode"] == "bilinear" else 1
        yield f"upsampling, {each} an output element", each * _out(entry)


def _torchinfo(entry: Facts) -> Terms:
    name = entry.operator.name
    if entry.operator.category is Category.CONV:
        area = prod(entry.output[1:])
        weight, *bias = [weight.elements for weight in entry.weights]
        what = _PRODUCTS if name != "deconv" else "transposed convolution, its weights at each output pixel"
        yield what, weight * area
        yield "biases, at each output pixel", sum(bias) * area
    elif name == "linear":
        if _macs(entry) == entry.weights[0].elements:
            yield _PRODUCTS, entry.weights[0].elements
        else:
            yield "linear layers on maps, as if on one pixel", entry.weights[0].elements
        yield "biases of linear layers", sum(weight.elements for weight in entry.weights[1:])
    elif entry.operator.category is Category.NORM or name == "prelu":
        yield "parameters of normalisation and PReLU, each once", _trained(entry)


_PTFLOPS_TWICE = frozenset({"relu", "elu", "prelu", "gelu"})
_PTFLOPS_ONCE = frozenset({"relu6", "leaky_relu", "silu", "softmax"})


def _ptflops(entry: Facts) -> Terms:
    name, size = entry.operator.name, _in(entry)
    if _is_layer(entry):
        yield _PRODUCTS, _macs(entry)
        if _has_bias(entry):
            yield "biases, 1 an output element", _out(entry)
    elif name in {"bn", "gn"}:
        each = 2 if _is_affine(entry) else 1
        yield f"batch and group normalisation, {each} an element", each * size
    elif name == "ln":
        yield "layer normalisation, 1 an element", size
    elif name == "lrn":
        attributes, (channels, height, width) = entry.node.attributes, entry.output
        padded = (channels + int(attributes["size"]) - 1) * height * width
        yield (
            "response normalisation, the functions it calls: squares, mean, scale and shift",
            padded + 3 * size,
        )
    elif name in _PTFLOPS_TWICE:
        yield "activations, the module and the function it calls: 2 an element", 2 * size
    elif name in _PTFLOPS_ONCE:
        yield "activations of which it knows the module or the function, 1 an element", size
    elif entry.operator.category is Category.POOLING and name != "blur_pool":
        yield "pooling, the module and the function it calls: 2 an input element", 2 * size
    elif name == "upsample":
        yield "upsampling, the module and the function it calls: 2 an output element", 2 * _out(entry)


def _thop(entry: Facts) -> Terms:
    name, size, out = entry.operator.name, _in(entry), _out(entry)
    attributes = entry.node.attributes
    if name == "deconv":
        weight = entry.weights[0]
        each = int(entry.inputs[0].channels) // int(attributes["groups"]) * prod(weight.shape[2:])
        yield "transposed convolution, at each output pixel", out * each
    elif _is_layer(entry):
        yield _PRODUCTS, _macs(entry)
    elif name in {"bn", "ln"}:
        each = 4 if _is_affine(entry) else 2
        yield f"batch and layer normalisation, {each} an element", each * size
    elif name == "prelu":
        yield "PReLU, 1 an element", size
    elif name == "softmax":
        features = int(entry.inputs[0].channels)
        yield "softmax, 3 an element but one", size // features * (3 * features - 1)
    elif name == "avgpool":
        yield "average pooling, 1 an output element", out
    elif name in {"gap", "adaptive_avgpool"}:
        sides = zip(entry.inputs[0].spatial, entry.node.shape.spatial, strict=True)
        window = prod([Fraction(int(size), int(side)) for size, side in sides])
        yield "adaptive average pooling, its window and 1 an output element", int((window + 1) * out)
    elif name == "upsample":
        each = 11 if attributes["mode"] == "bilinear" else 1
        yield f"upsampling, {each} an output element", each * out


def _calflops(entry: Facts) -> Terms:
    name, size = entry.operator.name, _in(entry)
    if macs := _macs(entry):
        yield "convolution and linear layers, 2 for each multiply-add", 2 * macs
    if entry.operator.category is Category.CONV and _has_bias(entry):
        if name == "deconv":
            yield "biases of transposed convolutions, as if they shrank the map", _shrunk(entry)
        else:
            yield "biases of convolutions, 1 an output element", _out(entry)
    if name == "bn":
        yield "batch normalisation, 2 an element", 2 * size
    elif entry.operator.category is Category.ACTIVATION and name in _CALFLOPS_ACTIVATIONS:
        yield "activations, 1 an element", size
    elif (entry.operator.category is Category.POOLING and name != "blur_pool") or name == "upsample":
        yield "pooling and upsampling, 1 an input element", size


def _shrunk(entry: Facts) -> int:
    """Output elements of the plain convolution with a transposed one's kernel, stride and padding."""
    attributes, sides = entry.node.attributes, []
    for axis, size in enumerate(entry.inputs[0].spatial):
        kernel, stride, pad, dilation = (
            int(pair(attributes[name])[axis]) for name in ("kernel", "stride", "pad", "dilation")
        )
        sides.append((int(size) + 2 * pad - (dilation * (kernel - 1) + 1)) // stride + 1)
    return entry.output[0] * prod(sides)


_CALFLOPS_ACTIVATIONS = frozenset({"relu", "relu6", "prelu", "elu", "leaky_relu", "silu", "gelu", "softmax"})


def _table(conventions: Iterable[Convention]) -> Mapping[str, Convention]:
    return MappingProxyType({entry.name: entry for entry in conventions})


CONVENTIONS = _table(
    (
        Convention(
            "paper", "papers", "FLOPs", _paper, "one multiply-add is one FLOP, as most papers have it"
        ),
        Convention(
            "flopcounter", "torch.utils.flop_counter", "FLOPs", _flopcounter, "the forward pass alone"
        ),
        Convention("fvcore", "fvcore 0.1.5", "flops", _fvcore, "its flop is a multiply-add"),
        Convention("torchinfo", "torchinfo 1.8.0", "mult-adds", _torchinfo),
        Convention(
            "ptflops",
            "ptflops 0.7.5, pytorch backend",
            "MACs",
            _ptflops,
            "where a network calls functions in place of modules, activations and pooling count once",
        ),
        Convention("thop", "thop 0.1.1", "MACs", _thop),
        Convention("calflops", "calflops 0.3.2", "FLOPs", _calflops, "its MACs are ours"),
    )
)
