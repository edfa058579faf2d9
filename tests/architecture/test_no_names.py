"""The compiler knows no network: the name of none, of no block and of no key is in its code.

The names come from the specs, the library and the reference files, so a new family is covered the
day it arrives. Three rules:

- What networks are called (`FAMILY`) stands nowhere in the package outside the library: no
  identifier, string, comment or docstring, but for the lines in `CITED`.
- A string of one word or path, such as code compares with, holds no name of a model, block or key.
- A sentence for people holds none of those that can be nothing but names, but for `EXAMPLES`.

What is the compiler's own anyway is no name: words of the grammar, operators with their parameters,
and `TERMS`. A spec that labels a convolution `conv` does not forbid the word.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from resnet_dsl.analysis.keys import state_dict_entries
from resnet_dsl.ops.registry import operators
from tests.conftest import ROOT
from tests.specs.shipped import PATHS, every_model

PACKAGE = ROOT / "resnet_dsl"
LIBRARY = PACKAGE / "std"
TEMPLATE = PACKAGE / "cli" / "new.rdl"  # a spec for users to start from: it has blocks and labels
REFERENCE = ROOT / "tests" / "conformance" / "reference"

FAMILY = re.compile(
    r"alexnet|convnext|darknet|densenet|dpn|efficientnet|googlenet|highway|hourglass|inception|mnasnet"
    r"|mobilenet|plain[_-]?\d|regnet|res2ne[tx]|resnest|resnet|resnext|senet|shufflenet|sk[_-]?net|squeezenet"
    r"|stochastic[_-]depth|timm|torchvision|u[_-]?net(?![a-z])|vgg|wrn|\bmlp",
    re.IGNORECASE,
)
OWN_NAME = re.compile(r"resnet[-_]dsl")

# Prose that names a network. What it says has to stand there, or its line here goes.
CITED = [
    # A limit is measured against the deepest network that people know.
    ("weights/checkpoint.py", "# ResNet-1202 has about 7,000"),
    ("diagnostics/catalog_limits.py", "ResNet-1202 has about 4,200 operators"),
    # A docstring shows a rule by an example.
    ("analysis/depth.py", "so SE-ResNet-50 is 50"),
    ("backends/graphviz/likeness.py", "Stacked hourglasses"),
    ("backends/pytorch/identifiers.py", "``/// ResNet-50 for ImageNet``"),
    ("backends/pytorch/identifiers.py", "the model ``resnet50`` becomes ``ResNet50``"),
    # Where numbers come from.
    ("training/augment/colour.py", "as fb.resnet.torch prints them"),
]

# Terms of the field and of torch that some spec uses as a label, too.
TERMS = frozenset(
    """
    block blocks body branch conv features head layer layers mean norm paths plain stem unit
    weight running_mean running_var num_batches_tracked
    """.split()
)

# Names without a digit or an underscore that are no plain words either.
COINED = frozenset("bottleneck denseblock denselayer downsample preact".split())

# Strings that hold a name and do not know anything by it.
EXAMPLES = {
    # Drawn beside an edge, whatever its block is called.
    ("backends/graphviz/model.py", "projection"),
    ("backends/graphviz/rows.py", "gate"),
    ("ops/linear.py", "fc"),
    # `fc` is what some write for the operator `linear`.
    ("semantics/name_advice.py", "fc"),
    # Help shows what to write by an example.
    ("cli/options.py", "layer3"),
    ("cli/options.py", "downsample"),
    ("diagnostics/catalog_edits.py", "layer3"),
    ("analysis/explain.py", "bottleneck"),
    ("diagnostics/catalog_names.py", "bottleneck"),
    ("diagnostics/catalog_shapes.py", "bn1"),
    ("semantics/shape_errors.py", "downsample"),
    ("semantics/shape_errors.py", "project"),
    ("syntax/advice.py", "bottleneck"),
    ("training/saved_state.py", "average"),  # of the weights
}


def sources() -> list[Path]:
    """Every text of the package outside the library: blocks, and named recipes, which say whose they are."""
    found = [path for path in PACKAGE.rglob("*") if path.suffix in {".py", ".lark", ".j2", ".rdl"}]
    return sorted(path for path in found if LIBRARY not in path.parents and path.name != "recipes.rdl")


def relative(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@cache
def model_names() -> frozenset[str]:
    """What specs and reference files call networks."""
    zoo = json.loads((REFERENCE / "zoo.json").read_text())["models"]
    papers = json.loads((REFERENCE / "papers.json").read_text())
    return frozenset(
        [*(model.name for model in every_model()), *(entry["name"] for entry in [*zoo, *papers])]
    )


@cache
def names() -> frozenset[str]:
    """Models, blocks and stages of specs and library, and the parts of all keys; each with a number
    at its end without it, too."""
    found = set(model_names())
    for path in [*PATHS, *LIBRARY.glob("*.rdl")]:
        found |= set(re.findall(r"^(?:block|stage|model)\s+(\w+)", path.read_text(), re.MULTILINE))
    for model in every_model():
        found |= {
            part for entry in state_dict_entries(model.network.network) for part in entry.key.split(".")
        }
    found |= {name.rstrip("0123456789_-") for name in found}
    return frozenset(name for name in found if re.search("[A-Za-z]{2}", name)) - own_words()


@cache
def own_words() -> frozenset[str]:
    """Words and rules of the grammar, operators and their parameters, terms."""
    grammar = (PACKAGE / "syntax" / "grammar.lark").read_text()
    found = {word for pair in re.findall(r'"(\w+)"|^[?]?(\w+):', grammar, re.MULTILINE) for word in pair}
    for operator in operators().values():
        found |= {operator.name, *(parameter.name for parameter in operator.parameters)}
    return TERMS | found


def strings(text: str) -> Iterator[str]:
    """The strings of Python code, those of patterns too, but not docstrings; of an f-string its parts."""
    module = ast.parse(text)
    prose = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.value


def named_in(text: str) -> Iterator[str]:
    """The names in a string. Words of a sentence count where they are coined or have a digit or `_`."""
    is_sentence = re.search(r"\s", text.strip())
    for word in re.findall(r"[A-Za-z_]\w*(?:-\w+)*", text):
        if word in names() and not (is_sentence and re.fullmatch("[A-Za-z]+", word) and word not in COINED):
            yield word


def test_every_network_is_of_a_family() -> None:
    """What is called otherwise would be looked for in vain."""
    assert not [name for name in model_names() if not FAMILY.search(name)]


def test_no_source_names_a_network() -> None:
    cited = {
        relative(path): [phrase for file, phrase in CITED if file == relative(path)] for path in sources()
    }
    found = []
    for path in sources():
        text = path.read_text(encoding="utf-8")
        for phrase in cited[relative(path)]:
            assert phrase in text, f"{relative(path)} does not say {phrase!r} any more"
            text = text.replace(phrase, "")
        lines = OWN_NAME.sub("", text).splitlines()
        found += [f"{relative(path)}: {line.strip()}" for line in lines if FAMILY.search(line)]
        assert not FAMILY.search(relative(path))
    assert not found, "\n".join(found)


def test_no_string_names_a_block_or_a_key() -> None:
    found = set()
    for path in sources():
        text = path.read_text(encoding="utf-8")
        if path != TEMPLATE:
            parts = strings(text) if path.suffix == ".py" else text.splitlines()
            found |= {(relative(path), word) for part in parts for word in named_in(part)}
    assert found == EXAMPLES


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("if path == 'layer1': pass", ["layer1"]),
        ("match name:\n  case 'layer2.0.downsample': pass", ["layer2", "downsample"]),
        ("name.startswith('denselayer')", ["denselayer"]),
        ("f'features.{i}.transition1'", ["transition1"]),
        ("{'basic': 2, 'bottleneck': 4}[block]", ["basic", "bottleneck"]),
        ("is_dense = block in ('dense_layer', 'dense_block')", ["dense_layer", "dense_block"]),
        ("help = 'use a bottleneck after layer1'", ["bottleneck", "layer1"]),
        ("help = 'a basic rule for the project'", []),
        ("def f():\n  '''As in ``layer1.0``.'''", []),
        ("terms = 'conv', 'bn', 'relu', 'running_mean', 'block', 'kernel'", []),
    ],
)
def test_the_rule_sees_what_it_should(code: str, words: list[str]) -> None:
    assert [word for part in strings(f"value = None\n{code}") for word in named_in(part)] == words


@pytest.mark.parametrize(
    "text", ["class ResNetWriter:", "# as DenseNet does", "u-net", "UNet", "mobilenet_v2"]
)
def test_families_are_seen_in_any_form(text: str) -> None:
    assert FAMILY.search(text)
