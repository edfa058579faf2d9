"""`docs/library.md`, made from the files of the library: their comments, signatures and uses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeAlias

from resnet_dsl.semantics.imports import LIBRARY, library_folder
from resnet_dsl.source import Source
from resnet_dsl.syntax import tree
from resnet_dsl.syntax.parser import parse
from tests.conftest import ROOT
from tests.docs.library_keys import keys
from tests.docs.markdown import table

_MOST_USERS = 6

Declared: TypeAlias = tree.Block | tree.Model | tree.Application | tree.Function | tree.Const


@cache
def parsed(path: Path) -> tree.SyntaxTree:
    found, mistakes = parse(Source(str(path), path.read_text(encoding="utf-8")))
    assert not mistakes
    return found


def library_files() -> list[Path]:
    return sorted(library_folder().glob("*.rdl"))


def library_index() -> Iterator[str]:
    """Every file with what it declares."""
    rows = []
    for path in library_files():
        names = ", ".join(f"`{entry.name.text}`" for entry in _declarations(path))
        rows.append((f"[`{LIBRARY}.{path.stem}`](#{LIBRARY}{path.stem})", names))
    return table(("file", "declares"), rows)


def library_entries() -> Iterator[str]:
    """A section a file, an entry a declaration."""
    for path in library_files():
        yield from (f"## {LIBRARY}.{path.stem}", "")
        yield from (f"{_remark(path)} [Source](../resnet_dsl/std/{path.name}).", "")
        for declaration in _declarations(path):
            yield from _entry(path, declaration)


def _declarations(path: Path) -> list[Declared]:
    kinds = tree.Block | tree.Model | tree.Application | tree.Function | tree.Const
    return [entry for entry in parsed(path).declarations if isinstance(entry, kinds)]


def _remark(path: Path) -> str:
    """The comment at the head of a file."""
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("# "):
            break
        lines.append(line.removeprefix("# "))
    assert lines, f"{path.name} does not say what it is"
    return " ".join(lines)


def _entry(path: Path, declaration: Declared) -> Iterator[str]:
    name = declaration.name.text
    yield from (f"### {name}", "", "```text", _signature(declaration), "```", "")
    if declaration.doc:
        yield from (" ".join(declaration.doc.split()), "")
    if isinstance(declaration, tree.Block | tree.Model):
        yield from _parameters(declaration)
        named = list(keys(declaration))
        if named:
            yield from (f"Keys: {', '.join(named)}.", "")
    users = _users()[path.stem, name]
    if users:
        more = f" and {len(users) - _MOST_USERS} more" if len(users) > _MOST_USERS else ""
        yield from ("Used by " + ", ".join(_link(user) for user in users[:_MOST_USERS]) + f"{more}.", "")


def _signature(declaration: Declared) -> str:
    match declaration:
        case tree.Block():
            word = "stage" if declaration.is_stage else "block"
            return f"{word} {declaration.name.text}({_listed(declaration)})"
        case tree.Model():
            return f"model {declaration.name.text}({_listed(declaration)})"
        case tree.Application():
            arguments = ", ".join(" ".join(entry.span.text.split()) for entry in declaration.arguments)
            return f"model {declaration.name.text} = {declaration.family[-1].text}({arguments})"
        case tree.Function():
            return f"fn {declaration.name.text}({', '.join(name.text for name in declaration.parameters)})"
        case tree.Const():
            return f"const {declaration.name.text}"


def _listed(declaration: tree.Block | tree.Model) -> str:
    return ", ".join(" ".join(entry.span.text.split()) for entry in declaration.parameters)


def _parameters(declaration: tree.Block | tree.Model) -> Iterator[str]:
    rows = [
        (f"`{entry.name.text}`", _type(entry), _default(entry))
        for entry in declaration.parameters
        if not entry.is_tensor
    ]
    tensors = [f"`{entry.name.text}`" for entry in declaration.parameters if entry.is_tensor]
    if tensors:
        yield from (f"Takes the tensor{'s' if len(tensors) > 1 else ''} {', '.join(tensors)}.", "")
    if rows:
        yield from (*table(("parameter", "type", "default"), rows), "")


def _type(parameter: tree.Parameter) -> str:
    return "that of its default" if parameter.type is None else f"`{parameter.type.span.text}`"


def _default(parameter: tree.Parameter) -> str:
    if parameter.default is None:
        return ""
    _, _, default = " ".join(parameter.span.text.split()).partition(" = ")
    return f"`{default}`"


@cache
def _users() -> dict[tuple[str, str], list[Path]]:
    """Which files of `specs/` and of the library import a name of the library."""
    found: dict[tuple[str, str], list[Path]] = defaultdict(list)
    for path in [*sorted((ROOT / "specs").rglob("*.rdl")), *library_files()]:
        for entry in parsed(path).declarations:
            if isinstance(entry, tree.Import) and entry.module.startswith(f"{LIBRARY}.") and entry.names:
                for imported in entry.names:
                    found[entry.module.removeprefix(f"{LIBRARY}."), imported.name.text].append(path)
    return found


def _link(path: Path) -> str:
    """A spec by its path, a file of the library by its module's name."""
    if path.is_relative_to(library_folder()):
        return f"`{LIBRARY}.{path.stem}`"
    place = path.relative_to(ROOT).as_posix()
    return f"[{place}](../{place})"
