"""A recipe written down: as RDL for people, and read back from the plain values of `recipe.json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from resnet_dsl.semantics.recipe_schema import Choice, Field
from resnet_dsl.semantics.recipe_table import SETTINGS
from resnet_dsl.semantics.recipe_values import Recipe


def recipe_text(recipe: Recipe, *, has_heads: bool = True) -> str:
    """The recipe as a ``train`` block with every default filled in; what is not used is left out.

    A model that has no auxiliary heads has no use for their weights, and its spec may not name them (RDL345).
    """
    used = [row for row in SETTINGS if has_heads or row.name != "aux_weights"]
    rows = [(row.name, _written(row, getattr(recipe, row.target))) for row in used]
    shown = [(name, text) for name, text in rows if text]
    width = max(len(name) for name, _ in shown)
    lines = "".join(f"  {name:{width}} = {text}\n" for name, text in shown)
    return f"train {recipe.name} for {recipe.model} {{\n{lines}}}\n"


def _written(row: Field, value: Any) -> str:
    """The value as RDL; empty where the key stays away."""
    if value is None or (row.choices and value == ()):
        return ""
    if row.choices and isinstance(value, tuple):
        return f"[{', '.join(_written(row, each) for each in value)}]"
    if row.choices:
        word = getattr(value, "kind", value)
        choice = row.choice(word)
        return _call(choice, value) if choice and choice.fields else word
    match value:
        case bool():
            return str(value).lower()
        case str():
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'
        case tuple():
            return f"[{', '.join(_written(row, each) for each in value)}]"
        case _:
            return repr(value)


def _call(choice: Choice, value: Any) -> str:
    arguments = [f"{row.name} = {_written(row, getattr(value, row.target))}" for row in choice.fields]
    return f"{choice.name}({', '.join(arguments)})"


def typed_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """What `Recipe.as_dict` gives, under the names that a spec and `--set` have: ``batch``, ``optimizer.lr``."""
    rows = {row.target: row for row in SETTINGS}
    return {
        rows[key].name if key in rows else key: _typed(rows.get(key), value) for key, value in values.items()
    }


def _typed(row: Field | None, value: Any) -> Any:
    if isinstance(value, list):
        return [_typed(row, each) for each in value]
    choice = row.choice(str(value.get("kind"))) if row is not None and isinstance(value, dict) else None
    if choice is None:
        return value
    names = {entry.target: entry.name for entry in choice.fields}
    return {names.get(key, key): each for key, each in value.items()}


def recipe_from_dict(values: Mapping[str, Any]) -> Recipe:
    """The recipe of which `Recipe.as_dict` made `values`. Raises ValueError where it is none.

    A key that an older version did not write has its default.
    """
    rows = {row.target: row for row in SETTINGS}
    known = {entry.name for entry in fields(Recipe)}
    unknown = sorted(values.keys() - known)
    if unknown:
        raise ValueError(f"`{unknown[0]}` is no part of a recipe")
    made = {key: _read(rows[key], value) if key in rows else value for key, value in values.items()}
    try:
        return Recipe(**made)
    except TypeError as error:
        raise ValueError(str(error)) from error


def _read(row: Field, value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_read(row, each) for each in value)
    if not isinstance(value, dict):
        return value
    choice = row.choice(str(value.get("kind")))
    if choice is None or choice.build is None:
        raise ValueError(f"`{row.name}` cannot be `{value.get('kind')}`")
    inner = {entry.target: entry for entry in choice.fields}
    given = {key: each for key, each in value.items() if key != "kind"}
    if given.keys() != inner.keys():
        raise ValueError(f"`{row.name}` has other arguments than `{choice.name}`")
    return choice.build(**{key: _read(inner[key], each) for key, each in given.items()})
