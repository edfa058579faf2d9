"""Are recipe and network those that a run was begun with? What they do is compared, not what is said of them."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

_LONGEST = 100  # of a line that is shown


def code_sha256(source: str) -> str:
    """A hash over a module's statements: comments, documentation and layout leave it as it is."""
    return hashlib.sha256(_statements(source).encode()).hexdigest()


def first_difference(before: str, now: str) -> str:
    """The first statement in which two modules differ, in words; empty where they do not."""
    lines = zip_longest(_statements(before).splitlines(), _statements(now).splitlines(), fillvalue="")
    for old, new in lines:
        if old != new:
            return f"{_shown(old)} is now {_shown(new)}"
    return ""


def _shown(line: str) -> str:
    return f"`{line.strip()[:_LONGEST]}`" if line else "the end"


def _statements(source: str) -> str:
    """The module without comments, documentation and layout; what does not parse is taken as it is."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return source
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and ast.get_docstring(node) is not None
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def first_change(before: Mapping[str, Any], now: Mapping[str, Any], prefix: str = "train.") -> str:
    """The first value in which two recipes differ, in words; empty where they are the same."""
    for key in sorted(before.keys() | now.keys()):
        old, new = before.get(key), now.get(key)
        name = f"`{prefix}{key}`"
        if prefix == "train." and key in {"name", "model"}:
            name = "its name" if key == "name" else "its model"
        if isinstance(old, dict) and isinstance(new, dict) and old.get("kind") == new.get("kind"):
            inner = first_change(old, new, f"{prefix}{key}.")
            if inner:
                return inner
        elif old != new:
            return f"{name} was {_value(old)} and is now {_value(new)}"
    return ""


def _value(value: Any) -> str:
    return str(value["kind"]) if isinstance(value, dict) and "kind" in value else json.dumps(value)
