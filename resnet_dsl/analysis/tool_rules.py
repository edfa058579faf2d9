"""Which terms each tool adds for an operator: one rule a tool, for one sample of inference.

Each rule follows the source of the version that `conventions` names, and tests run the tools
themselves. It is told whether the network that the tool saw calls the operator as a function
(``F.relu``) or as a module (``nn.ReLU``): two of the tools count these otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import prod

from resnet_dsl.analysis.facts import Facts
from resnet_dsl.ir.contract import Category
from resnet_dsl.ops.parameter import pair

Terms = Iterator[tuple[str, int]]
Rule = Callable[[Facts, bool], Terms]

_PRODUCTS = "convolution and linear layers, multiply-adds"


def multiply_adds(entry: Facts) -> int:
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


def paper(entry: Facts, as_function: bool) -> Terms:
    if _is_layer(entry):
        yield _PRODUCTS, multiply_adds(entry)


def flopcounter(entry: Facts, as_function: bool) -> Terms:
    if macs := multiply_adds(entry):
        yield "convolution and linear layers, 2 for each multiply-add", 2 * macs


def fvcore(entry: Facts, as_function: bool) -> Terms:
    if macs := multiply_adds(entry):
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


def torchinfo(entry: Facts, as_function: bool) -> Terms:
    name = entry.operator.name
    if entry.operator.category is Category.CONV:
        area = prod(entry.output[1:])
        weight, *bias = [weight.elements for weight in entry.weights]
        what = _PRODUCTS if name != "deconv" else "transposed convolution, its weights at each output pixel"
        yield what, weight * area
        yield "biases, at each output pixel", sum(bias) * area
    elif name == "linear":
        if multiply_adds(entry) == entry.weights[0].elements:
            yield _PRODUCTS, entry.weights[0].elements
        else:
            yield "linear layers on maps, as if on one pixel", entry.weights[0].elements
        yield "biases of linear layers", sum(weight.elements for weight in entry.weights[1:])
    elif entry.operator.category is Category.NORM or name == "prelu":
        yield "parameters of normalisation and PReLU, each once", _trained(entry)


_RESPONSE = "response normalisation, the functions it calls: squares, mean, scale and shift"


def _response(entry: Facts) -> int:
    """The mean reads the squares of the channels and of those that pad them."""
    channels, height, width = entry.output
    padded = (channels + int(entry.node.attributes["size"]) - 1) * height * width
    return padded + 3 * _in(entry)


_PTFLOPS_TWICE = frozenset({"relu", "elu", "prelu", "gelu"})
_PTFLOPS_ONCE = frozenset({"relu6", "leaky_relu", "silu", "softmax"})


def ptflops(entry: Facts, as_function: bool) -> Terms:
    name, size = entry.operator.name, _in(entry)
    if _is_layer(entry):
        yield _PRODUCTS, multiply_adds(entry)
        if _has_bias(entry):
            yield "biases, 1 an output element", _out(entry)
    elif name in {"bn", "gn"}:
        each = 2 if _is_affine(entry) else 1
        yield f"batch and group normalisation, {each} an element", each * size
    elif name == "ln":
        yield "layer normalisation, 1 an element", size
    elif name == "lrn":
        yield _RESPONSE, _response(entry)
    elif name in _PTFLOPS_TWICE:
        if as_function:
            yield "activations, the function: 1 an element", size
        else:
            yield "activations, the module and the function it calls: 2 an element", 2 * size
    elif name in _PTFLOPS_ONCE:
        yield "activations of which it knows the module or the function, 1 an element", size
    elif entry.operator.category is Category.POOLING and name != "blur_pool":
        if as_function:
            yield "pooling, the function: 1 an input element", size
        else:
            yield "pooling, the module and the function it calls: 2 an input element", 2 * size
    elif name == "upsample":
        if as_function:
            yield "upsampling, the function: 1 an output element", _out(entry)
        else:
            yield "upsampling, the module and the function it calls: 2 an output element", 2 * _out(entry)


def thop(entry: Facts, as_function: bool) -> Terms:
    if as_function:
        return  # it hooks modules alone
    name, size, out = entry.operator.name, _in(entry), _out(entry)
    attributes = entry.node.attributes
    if name == "deconv":
        weight = entry.weights[0]
        each = int(entry.inputs[0].channels) // int(attributes["groups"]) * prod(weight.shape[2:])
        yield "transposed convolution, at each output pixel", out * each
    elif _is_layer(entry):
        yield _PRODUCTS, multiply_adds(entry)
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


def calflops(entry: Facts, as_function: bool) -> Terms:
    name, size = entry.operator.name, _in(entry)
    if macs := multiply_adds(entry):
        yield "convolution and linear layers, 2 for each multiply-add", 2 * macs
    if entry.operator.category is Category.CONV and _has_bias(entry):
        if name == "deconv":
            yield "biases of transposed convolutions, as if they shrank the map", _shrunk(entry)
        else:
            yield "biases of convolutions, 1 an output element", _out(entry)
    if name == "bn":
        each = 2 if _is_affine(entry) else 1
        yield f"batch normalisation, {each} an element", each * size
    elif name in {"gn", "ln", "layer_norm2d"}:
        each = 5 if _is_affine(entry) else 4
        yield f"group and layer normalisation, {each} an element", each * size
    elif name == "lrn":
        yield _RESPONSE, _response(entry)
    elif name in _CALFLOPS_ACTIVATIONS:
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


_CALFLOPS_ACTIVATIONS = frozenset({"relu", "prelu", "elu", "leaky_relu", "silu", "gelu", "softmax"})
