"""The recipes that come with the program: `recipes.rdl` beside this file, one ``train`` block each."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from resnet_dsl.diagnostics.model import DiagnosticBag
from resnet_dsl.semantics.modules import Loader, Module
from resnet_dsl.syntax import tree

FILE = Path(__file__).with_name("recipes.rdl")


@cache
def _module() -> Module:
    bag = DiagnosticBag()
    module = Loader(bag).load_text(FILE.read_text(encoding="utf-8"), FILE.name)
    bag.raise_if_errors()
    assert module is not None
    return module


def named_recipe(name: str) -> tuple[tree.Train, Module] | None:
    """The block of that name and the file it stands in; None where there is none."""
    module = _module()
    return next(((node, module) for node in _blocks(module) if node.name.text == name), None)


def recipe_names() -> tuple[str, ...]:
    """All names, in the order of the file."""
    return tuple(node.name.text for node in _blocks(_module()))


def _blocks(module: Module) -> list[tree.Train]:
    return [node for node in module.tree.declarations if isinstance(node, tree.Train)]


def recipe_summaries() -> dict[str, str]:
    """What the comment above each recipe says, its source included."""
    summaries: dict[str, str] = {}
    comment: list[str] = []
    for line in _module().source.text.splitlines():
        if line.startswith("///"):
            comment.append(line.removeprefix("///").strip())
        elif line.startswith("train "):
            summaries[line.split()[1]] = " ".join(comment)
            comment = []
    return summaries


def summaries_markdown() -> str:
    """The recipes as a Markdown table, as `docs/training.md` shows it."""
    rows = [f"| `{name}` | {text} |" for name, text in recipe_summaries().items()]
    return "\n".join(["| recipe | what it is |", "|---|---|", *rows]) + "\n"
