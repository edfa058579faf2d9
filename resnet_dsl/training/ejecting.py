"""A run as one readable script that needs PyTorch alone and takes the very same steps.

For whoever wants to go on by hand: the network's code, the data, the loop and the evaluation in one
file, with the recipe's numbers written in place. What a recipe can say goes further than what a
short script should hold; `eject` refuses the rest (RDL956).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from textwrap import fill

from resnet_dsl.semantics.recipe_choices import Constant, Cosine, OneCycle, Polynomial, Step
from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.semantics.recipe_variations import Crop, Flip, Shift
from resnet_dsl.training.eject_recipe import constants, script_parts
from resnet_dsl.training.errors import TrainingError
from resnet_dsl.version import __version__

_WIDTH = 88
_NAMES = (
    "derive_seed generator load_data split uniform shifted wrapped cut augment glide learning_rate groups "
    "loss_of evaluate main EPOCHS BATCH_SIZE ACCUMULATE SEED LEARNING_RATE LABEL_SMOOTHING "
    "EVALUATION_BATCH DEVICE hashlib math Path load_digits"
).split()


def eject(
    recipe: Recipe, model_source: str, input_shape: Sequence[int], origin: str, *, has_heads: bool = False
) -> str:
    """The script. `model_source` is generated code, `origin` says what it was made from.

    `input_shape` is (C, H, W); `has_heads` says that the network gives auxiliary outputs in training.

    Raises `TrainingError`: RDL907 without data, RDL956 for what a script cannot hold.
    """
    _check(recipe)
    code, imports, factory = _model(model_source)
    script = "\n\n".join(
        part.strip("\n") + "\n" for part in script_parts(recipe, factory, input_shape, has_heads)
    )
    taken = {node.name for node in ast.parse(code).body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    for name in _NAMES:
        if name in taken:  # the network's own names stay
            script = re.sub(rf"\b{name}\b", f"{name}_", script)
    numbers = constants(recipe, input_shape)
    head = _heading(recipe, origin)
    return "\n".join([head, _imports(imports, script, numbers), numbers, "", code, "", script])


# --- what a script can hold --------------------------------------------------------------------------


def _check(recipe: Recipe) -> None:
    if recipe.data is None:
        raise TrainingError("RDL907", recipe=recipe.name)
    if recipe.data != "digits":
        raise _cannot("data", f"`data = {recipe.data}`")
    if recipe.loss != "cross_entropy":
        raise _cannot("loss", "the loss is not `cross_entropy`")
    if not isinstance(recipe.schedule, Constant | Step | Cosine | Polynomial | OneCycle):
        raise _cannot("schedule", f"`schedule = {recipe.schedule.kind}`")
    for step in recipe.augment:
        if not isinstance(step, Shift | Crop | Flip) or getattr(step, "vertical", False):
            raise _cannot("augment", f"the augmentation `{step.kind}`")
    for setting in ("mixup", "cutmix", "ema"):
        if getattr(recipe, setting):
            raise _cannot(setting, f"`{setting}`")


def _cannot(setting: str, what: str) -> TrainingError:
    return TrainingError("RDL956", what=what, setting=setting)


# --- the network ---------------------------------------------------------------------------------------


def _model(source: str) -> tuple[str, list[str], str]:
    """The generated code without heading, imports and self-check; the imports; the factory's name."""
    lines = source.splitlines()
    tree = ast.parse(source)
    imports = [
        ast.get_source_segment(source, node) or ""
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    kept = [node for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.Assign)]
    build = next(
        node for node in kept if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "build"
    )
    factory = ast.unparse(build.value)
    first = min(
        min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))]) for node in kept
    )
    while first > 1 and lines[first - 2].startswith("#"):
        first -= 1
    body = "\n".join(lines[first - 1 : build.lineno - 1]).strip("\n") + "\n"
    return body, imports, factory


def _imports(of_model: list[str], script: str, numbers: str) -> str:
    text = f"{numbers}\n{script}"
    standard = [name for name in ("hashlib", "math") if re.search(rf"\b{name}\.", text)]
    lines = [f"import {name}" for name in standard]
    lines += sorted(line for line in of_model if line.startswith("from collections"))
    lines += ["from pathlib import Path", "", "import torch", "import torch.nn.functional as F"]
    if "load_digits()" in text:
        lines.append("from sklearn.datasets import load_digits")
    if any(line == "import math" for line in of_model) and "math" not in standard:
        lines.insert(0, "import math")
    return "\n".join([*lines, "from torch import Tensor, nn", ""])


def _heading(recipe: Recipe, origin: str) -> str:
    title = f"Trains {recipe.model} on {recipe.data}, as the recipe {recipe.name} says."
    text = (
        f"Written by resnet-dsl {__version__} from {origin}. The same seed gives the same steps, in the same "
        "order, as `resnet-dsl train` takes them; on a CPU with one version of PyTorch and one number of "
        "threads the weights are the same to the bit. The best weights are saved beside this file."
    )
    return f'"""{title}\n\n{fill(text, _WIDTH)}\n"""\n'
