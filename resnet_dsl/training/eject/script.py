"""From filled templates to the script: what `main` reaches, under names of its own, in 88 columns."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import StringIO
from textwrap import fill
from token import NAME, STRING
from tokenize import generate_tokens

from jinja2 import Environment, FunctionLoader, StrictUndefined

from resnet_dsl.backends.pytorch.code import WIDTH
from resnet_dsl.backends.pytorch.identifiers import docstring
from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.eject.facts import Form, facts_of
from resnet_dsl.training.eject.layouts import in_columns
from resnet_dsl.version import __version__

_TEMPLATES = ("seeds", "data", "augment", "colours", "learning", "main")
_FACTORY = "new_network_of_the_spec"  # stands in the template for a name that must not be changed

# Where the names that a script uses come from; standard library first, as imports are sorted.
_IMPORTS = {
    **{name: ("", name) for name in ("hashlib", "math", "os", "pickle")},
    "ThreadPoolExecutor": ("concurrent.futures", "ThreadPoolExecutor"),
    "deepcopy": ("copy", "deepcopy"),
    "Path": ("pathlib", "Path"),
    "Random": ("random", "Random"),
}
_OTHERS = {
    "Image": ("PIL", "Image"),
    "ImageOps": ("PIL", "ImageOps"),
    "load_digits": ("sklearn.datasets", "load_digits"),
}
_NEEDS = {"PIL": "Pillow", "sklearn": "scikit-learn", "pickle": "numpy"}


def eject(recipe: Recipe, model_source: str, form: Form, origin: str) -> str:
    """The script. `model_source` is generated code, `origin` says what it was made from.

    Raises `TrainingError`: RDL907 without data, RDL956 for data that has no short reader, RDL970 for
    a folder that is not there.
    """
    network = _network(model_source)
    facts = facts_of(recipe, form)
    environment = _environment()
    texts = [environment.get_template(f"{name}.py.j2").render(facts, factory=_FACTORY) for name in _TEMPLATES]
    definitions = list(_reached(_definitions("\n\n".join(texts))))
    used = set().union(*(each.names for each in definitions))
    if "FOLDER" in used:
        facts["constants"].insert(0, f"FOLDER = Path({facts['folder']})")
    texts = [in_columns(each.text) for each in definitions]
    constants = [in_columns(line) for line in facts["constants"] if line.partition(" ")[0] in used]
    head = "\n".join(_renamed(text, network.names) for text in constants)
    script = _spaced([_renamed(text, network.names) for text in texts]).replace(_FACTORY, network.factory)
    imports, needs = _imports(network, used)
    return "\n".join([_heading(recipe, origin, needs), imports, head, "", "", network.code, "", script])


@cache
def _environment() -> Environment:
    folder = files("resnet_dsl.training.eject")
    # The output is Python, where HTML escapes would be wrong; texts of recipes come as literals.
    return Environment(  # noqa: S701
        loader=FunctionLoader(lambda name: folder.joinpath(name).read_text(encoding="utf-8")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


# --- the parts that are needed --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Definition:
    """A function, class, constant or other statement of the top level, with the comment above it."""

    name: str  # empty for what is always there
    text: str
    names: frozenset[str]  # that it uses


def _definitions(text: str) -> Iterator[_Definition]:
    lines = text.splitlines()
    for node in ast.parse(text).body:
        name = ""
        first = node.lineno
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            name = node.name
            first = min([first, *(each.lineno for each in node.decorator_list)])
        elif isinstance(node, ast.Assign):
            name = ast.unparse(node.targets[0])
        while first > 1 and lines[first - 2].startswith("#"):
            first -= 1
        yield _Definition(name, "\n".join(lines[first - 1 : node.end_lineno]), _names_used(node))


def _names_used(node: ast.stmt) -> frozenset[str]:
    """Names that are read and are no locals."""
    names = [each for each in ast.walk(node) if isinstance(each, ast.Name)]
    own = {each.id for each in names if isinstance(each.ctx, ast.Store)}
    own |= {each.arg for each in ast.walk(node) if isinstance(each, ast.arg)}
    return frozenset({each.id for each in names} - own)


def _reached(definitions: Iterator[_Definition]) -> Iterator[_Definition]:
    """Those that the last statement needs, in their order."""
    known = list(definitions)
    wanted, grown = {""}, True
    while grown:
        before = len(wanted)
        wanted |= {name for each in known if each.name in wanted for name in each.names}
        grown = len(wanted) > before
    return (each for each in known if each.name in wanted)


def _spaced(parts: list[str]) -> str:
    """Two empty lines between definitions, none between constants that stand together."""
    text = ""
    for part in parts:
        short = re.match(r"[A-Z_]+ = ", part) is not None
        together = short and re.search(r"(\A|\n)[A-Z_]+ = [^\n]*\n\Z", text) is not None
        text += ("" if together else "\n\n" if text else "") + part + "\n"
    return text


# --- the network ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Network:
    """The generated code without heading, imports and self-check."""

    code: str
    imports: tuple[str, ...]
    factory: str
    names: frozenset[str]  # of the top level


def _network(source: str) -> _Network:
    lines = source.splitlines()
    tree = ast.parse(source)
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    kept = [node for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.Assign)]
    build = next(
        node for node in kept if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "build"
    )
    first = min(
        min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))]) for node in kept
    )
    while first > 1 and lines[first - 2].startswith("#"):
        first -= 1
    names = {node.name for node in kept if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    names |= {ast.unparse(node.targets[0]) for node in kept if isinstance(node, ast.Assign)} - {"build"}
    return _Network(
        "\n".join(lines[first - 1 : build.lineno - 1]).strip("\n") + "\n",
        tuple(ast.unparse(node) for node in imports),
        ast.unparse(build.value),
        frozenset(names),
    )


def _renamed(text: str, taken: frozenset[str]) -> str:
    """The script's text where its names are none of `taken`: those get an underscore."""
    tree = ast.parse(text)
    names = {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)}
    names |= {each.arg for each in ast.walk(tree) if isinstance(each, ast.arg)}
    names |= {each.name for each in tree.body if isinstance(each, ast.ClassDef | ast.FunctionDef)}
    names &= taken
    if not names:
        return text
    word = re.compile(rf"(?<![.\w])({'|'.join(sorted(names))})\b")
    lines = text.splitlines()
    tokens = list(generate_tokens(StringIO(text).readline))
    for before, token, after in reversed(list(zip(tokens, tokens[1:], tokens[2:], strict=False))):
        # Attributes keep their names, and so do keywords of calls, which are torch's.
        is_keyword = after.string == "=" and after.start == token.end
        if token.type == NAME and token.string in names and before.string != "." and not is_keyword:
            new = f"{token.string}_"
        elif token.type == STRING and token.string.startswith("f"):
            new = re.sub(r"(?<={)[^{}]+", lambda code: word.sub(r"\1_", code[0]), token.string)
        else:
            continue
        row, column = token.start
        lines[row - 1] = lines[row - 1][:column] + new + lines[row - 1][token.end[1] :]
    return "\n".join(lines)


# --- the head -------------------------------------------------------------------------------------------


def _imports(network: _Network, used: set[str]) -> tuple[str, list[str]]:
    """The import statements, and the packages beside torch that they need."""

    def lines(table: dict[str, tuple[str, str]]) -> list[str]:
        modules: dict[str, list[str]] = {}
        for name, (module, what) in table.items():
            if name in used:
                known_as = f" as {name}_" if name in network.names else ""
                modules.setdefault(module, []).append(what + known_as)
        plain = [f"import {name}" for name in modules.pop("", [])]
        return plain + [f"from {module} import {', '.join(names)}" for module, names in modules.items()]

    standard = lines(_IMPORTS)
    for line in network.imports:
        if "torch" not in line and line not in standard:
            standard.append(line)
    standard.sort(key=lambda line: (not line.startswith("import "), line.split()[1]))
    others = lines(_OTHERS)
    pillow = [line for line in others if "PIL" in line]
    torch = ["import torch", "import torch.nn.functional as F"]
    rest = [line for line in others if line not in pillow]
    packages = [each for key, each in _NEEDS.items() if any(key in line for line in standard + others)]
    text = [*standard, "", *torch, *pillow, *rest, "from torch import Tensor, nn", ""]
    return "\n".join(text), packages


def _heading(recipe: Recipe, origin: str, needs: list[str]) -> str:
    title = f"Trains {recipe.model} on {recipe.data}, as the recipe {recipe.name} says."
    text = (
        f"Written by resnet-dsl {__version__} from {origin}; needs {' and '.join(['PyTorch', *needs])}. The "
        "same seed gives the same steps, in the same order, as `resnet-dsl train` takes them; on a CPU with "
        "one version of PyTorch and one number of threads the weights are the same to the bit. The best "
        "weights are saved beside this file."
    )
    return "\n".join(docstring(f"{fill(title, WIDTH)}\n\n{fill(text, WIDTH)}\n", 0)) + "\n"
