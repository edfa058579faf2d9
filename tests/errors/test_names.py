"""Names of a spec: each works, down to `state_dict` keys, or is refused with a reason."""

from __future__ import annotations

import keyword

import pytest
from torch import nn

import resnet_dsl
from resnet_dsl.diagnostics.model import SpecError
from resnet_dsl.semantics.names import MODULE_ATTRIBUTES
from tests.errors.naming import BLOCK, built

REASONS = {"RDL203", "RDL205", "RDL206", "RDL207", "RDL501", "RDL502"}

# A label, and everything else that can carry a name.
LABEL = "model net {{\n  input image [3, 8, 8]\n  return image -> {0}: conv(4, 3) -> {0}2: bn -> relu\n}}\n"
QUOTED = LABEL.replace("{0}2", '"{0}2"').replace("{0}:", '"{0}":')
SCOPE = (
    "model net {{\n  input image [3, 8, 8]\n  return image -> {0}: seq {{ conv(4, 3) -> bn }} -> relu\n}}\n"
)
LOOP = (
    "block unit(x) {{ return x -> conv(3, 3) -> bn -> add(x) }}\n"
    "model net {{\n  input image [3, 8, 8]\n  return image -> {0}: repeat 4 {{ unit }}\n}}\n"
)
STAGE = BLOCK.replace("block", "stage").replace("{0}(", "{0} (")
PARAMETER = (
    "block unit(x, {0}: int) {{ return x -> conv({0}, 3) -> bn -> relu }}\n"
    "model net {{\n  input image [3, 8, 8]\n  return image -> a: unit(4) -> b: unit(5) -> c: unit(6)\n}}\n"
)
PART = (
    "block unit(x, {0}: op) {{ return x -> part: {0} -> relu }}\n"
    "block one(x) {{ return x -> conv(4, 3) }}\n"
    "block two(x) {{ return x -> conv(4, 3) -> bn }}\n"
    "model net {{\n  input image [3, 8, 8]\n  return image -> a: unit(one) -> b: unit(two)\n}}\n"
)
TENSOR = (
    "block unit({0}, y) {{ return add({0}, y) -> conv(4, 3) }}\n"
    "model net {{\n  input image [3, 8, 8]\n  {0} = image -> conv(3, 3)\n  z = image -> a: unit({0})\n"
    "  return z -> relu -> b: unit(z)\n}}\n"
)
VALUE = (
    "block unit(x, n: int) {{\n  let {0} = 2 * n + 1\n  return x -> conv({0}, 3) -> conv({0}, 3)\n}}\n"
    "model net {{\n  input image [3, 8, 8]\n  return image -> a: unit(1) -> b: unit(2)\n}}\n"
)
COUNTER = (
    "model net {{\n  input image [3, 8, 8]\n  return image -> repeat 3 as {0} {{ conv({0} + 1, 3) }}\n}}\n"
)
MODEL = "model {0} {{\n  input image [3, 8, 8]\n  return image -> conv(4, 3) -> bn\n}}\n"
INPUT = "model net {{\n  input {0} [3, 8, 8]\n  y = {0} -> conv(3, 3)\n  return add(y, {0})\n}}\n"
PLACES = {
    "label": LABEL,
    "quoted label": QUOTED,
    "label of a seq": SCOPE,
    "label of a repeat": LOOP,
    "block": BLOCK,
    "stage": STAGE,
    "parameter": PARAMETER,
    "op parameter": PART,
    "tensor": TENSOR,
    "let": VALUE,
    "counter": COUNTER,
    "model": MODEL,
    "input": INPUT,
}

GENERATED = [
    "nn", "F", "torch", "Tensor", "self", "super", "range", "build", "OrderedDict", "module", "forward",
    "forward_features", "forward_head", "init", "layers", "layer", "number", "index", "Net", "net", "Unit",
    "annotations", "main", "in_channels", "out_channels", "x", "y", "args", "kwargs", "cls", "conv1", "bn1",
]  # fmt: skip
BUILTINS = [
    "print",
    "int",
    "str",
    "len",
    "list",
    "type",
    "isinstance",
    "getattr",
    "enumerate",
    "object",
    "id",
]
MODULE = [
    "train",
    "eval",
    "add_module",
    "modules",
    "children",
    "state_dict",
    "to",
    "float",
    "half",
    "training",
]
PRIVATE = ["_x", "__init__", "__class__", "__dict__", "_modules", "__name__"]
NAMES = list(dict.fromkeys([*GENERATED, *BUILTINS, *MODULE, *PRIVATE, *keyword.kwlist, *keyword.softkwlist]))


def verdict(text: str) -> set[str]:
    """The codes that refuse a text; none where its network is built and runs."""
    try:
        program = resnet_dsl.loads(text)
    except SpecError as error:
        return {entry.code for entry in error.diagnostics if entry.is_error}
    for name in program:
        built(program[name])
    return set()


@pytest.mark.parametrize("place", PLACES)
def test_every_name_works_or_is_refused_with_a_reason(place: str) -> None:
    verdicts = {name: verdict(PLACES[place].format(name)) for name in NAMES}
    refused = {name: codes for name, codes in verdicts.items() if codes}
    # After `not` a value must come; `unit(y, y)` has two parameters of one name.
    expected = {"not"} | ({"y"} if place == "tensor" else set())
    assert {name for name, codes in refused.items() if not codes & REASONS} <= expected
    assert 0 < len(refused) < len(NAMES)


@pytest.mark.parametrize("place", ["label", "quoted label", "label of a seq", "label of a repeat"])
def test_attributes_of_a_torch_module_are_no_labels(place: str) -> None:
    for name in ["forward", "train", "add_module", "training", "to", "__init__", "_modules", "lambda"]:
        with pytest.raises(SpecError, match="RDL502"):
            resnet_dsl.loads(PLACES[place].format(name))


@pytest.mark.parametrize("place", ["block", "parameter", "tensor", "let", "model", "input"])
def test_names_of_the_generated_code_are_no_names(place: str) -> None:
    for name in ["nn", "torch", "self", "super", "_x", "lambda"]:
        with pytest.raises(SpecError, match="RDL207"):
            resnet_dsl.loads(PLACES[place].format(name))


def test_the_list_of_attributes_is_torchs_own() -> None:
    ours = {"forward_features", "forward_head"}  # methods of generated classes
    torchs = {name for kind in (nn.Module, nn.Sequential) for name in [*dir(kind), *vars(kind())]}
    assert {name for name in torchs if not name.startswith("_")} | ours == MODULE_ATTRIBUTES


# --- names that meet -----------------------------------------------------------------------------


def test_a_model_and_a_block_of_one_name() -> None:
    with pytest.raises(SpecError, match="RDL203"):
        resnet_dsl.loads(BLOCK.format("net"))


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("resnet50", "res_net50"),
        ("a_b", "aB"),
        ("a_b", "a__b"),
        ("net", "Net"),
        ("Net2", "net2"),
        ("unit", "Unit"),
    ],
)
def test_classes_of_names_that_read_alike_stay_apart(one: str, two: str) -> None:
    text = (
        f"block {one}(x) {{ return x -> conv(4, 3) -> bn }}\n"
        f"block {two}(x) {{ return x -> conv(5, 1) -> relu -> conv(6, 1) }}\n"
        "model res_net50_net {\n  input image [3, 8, 8]\n"
        f"  return image -> a: {one} -> b: {two} -> c: {one} -> d: {two}\n}}\n"
    )
    module = built(resnet_dsl.loads(text)["res_net50_net"])
    assert type(module.a) is type(module.c)
    assert type(module.a) is not type(module.b)


def test_a_block_named_like_the_class_of_its_model() -> None:
    text = (
        "block ResNet50(x) { return x -> conv(4, 3) -> bn }\n"
        "/// ResNet-50.\n"
        "model resnet50 {\n  input image [3, 8, 8]\n  return image -> a: ResNet50 -> b: ResNet50\n}\n"
    )
    built(resnet_dsl.loads(text)["resnet50"])


def test_a_tensor_named_like_a_module() -> None:
    text = (
        "model net {\n  input image [3, 8, 8]\n  stem = image -> stem: conv(3, 3)\n"
        "  conv1 = stem -> conv(3, 3) -> relu\n  return conv1 -> add(stem)\n}\n"
    )
    assert set(dict(built(resnet_dsl.loads(text)["net"]).named_children())) == {"stem", "conv1"}


def test_a_parameter_named_like_a_module_and_a_tensor() -> None:
    text = (
        "block unit(x, conv1: int, bn1: op) {\n  y = x -> conv(conv1, 3) -> bn -> part: bn1\n"
        "  return y -> relu1: conv(conv1, 3)\n}\n"
        "model net {\n  input image [3, 8, 8]\n  return image -> a: unit(4, relu) -> b: unit(5, sigmoid)\n}\n"
    )
    built(resnet_dsl.loads(text)["net"])


def test_labels_that_are_no_identifiers_are_keys() -> None:
    text = (
        'model net {\n  input image [3, 8, 8]\n  return image -> "conv-1": conv(4, 3) -> 7: bn\n'
        '    -> "a.0-b.c": conv(4, 1) -> "{1 + 1}x": conv(4, 1) -> 007: conv(4, 1)\n}\n'
    )
    keys = [key for key in built(resnet_dsl.loads(text)["net"]).state_dict() if key.endswith("weight")]
    assert keys == ["conv-1.weight", "7.weight", "a.0-b.c.weight", "2x.weight", "007.weight"]
