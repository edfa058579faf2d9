"""`docs/zoo.md`: every model of `specs/`, with the figures that its spec expects.

Expectations are checked whenever a spec is compiled, so they are read here and nothing is compiled.
A model that leaves a figure unsaid is compiled for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import resnet_dsl
from resnet_dsl.diagnostics.model import DiagnosticBag
from resnet_dsl.semantics.models import chosen_models, family_chain
from resnet_dsl.semantics.modules import Loader
from resnet_dsl.semantics.values import ModelDefinition
from resnet_dsl.syntax import tree
from tests.conftest import ROOT
from tests.docs.markdown import table

_FIGURES = ("params", "macs", "depth")
_HEADS = ("model", "input", "params", "MACs", "depth", "which is")


def zoo_entries() -> Iterator[str]:
    """A table for each folder of specs; the specs that lie flat come first."""
    specs = ROOT / "specs"
    folders = [specs, *sorted(path for path in specs.iterdir() if path.is_dir())]
    loader = Loader(DiagnosticBag())
    for folder in folders:
        yield from (f"## {folder.relative_to(ROOT).as_posix()}", "")
        rows = [row for path in sorted(folder.glob("*.rdl")) for row in _rows(path, loader)]
        yield from (*table(_HEADS, rows), "")


def _rows(path: Path, loader: Loader) -> Iterator[tuple[str, ...]]:
    module = loader.load(path)
    assert module is not None
    place = path.relative_to(ROOT).as_posix()
    for definition in chosen_models(module, None, loader.bag):
        found = _expected(definition)
        shape = _input(definition)
        if shape is None or set(found) != set(_FIGURES):
            network = resnet_dsl.load(path, model=definition.name)[definition.name]
            shape = "x".join(str(size) for size in network.report().input)
            found = {name: getattr(network, name) for name in _FIGURES}
        declaration = definition.declaration
        doc = " ".join(declaration.doc.split("\n\n")[0].split()) if declaration.doc else ""
        yield (
            f"[{definition.name}](../{place})",
            shape,
            *(f"{found[name]:,}" for name in _FIGURES),
            doc,
        )


def _expected(definition: ModelDefinition) -> dict[str, int]:
    """What the model itself, and the family it applies, expect of its figures."""
    chain = family_chain(definition)
    bodies = [definition.declaration.body]
    if isinstance(definition.declaration, tree.Application) and not _is_complete(chain[-1]):
        bodies.append(chain[-1].declaration.body)
    found: dict[str, int] = {}
    for body in bodies:
        for statement in body.statements if body is not None else ():
            if isinstance(statement, tree.Expect) and statement.within is None:
                found |= {name: value for name, value in _claims(statement.condition) if name not in found}
    return found


def _is_complete(written: ModelDefinition) -> bool:
    """Whether a model needs no argument; what it expects, it then expects of itself alone."""
    declaration = written.declaration
    assert isinstance(declaration, tree.Model)
    return all(parameter.default is not None for parameter in declaration.parameters)


def _claims(condition: tree.Expression) -> Iterator[tuple[str, int]]:
    """``params == 10 and depth == 3``, taken apart."""
    if not isinstance(condition, tree.Binary):
        return
    if condition.operator == "and":
        yield from _claims(condition.left)
        yield from _claims(condition.right)
    elif condition.operator == "==" and isinstance(condition.left, tree.Reference):
        value = _number(condition.right)
        if condition.left.name in _FIGURES and value is not None:
            yield condition.left.name, value


def _number(value: tree.Expression | None) -> int | None:
    return value.value if isinstance(value, tree.Number) and isinstance(value.value, int) else None


def _input(definition: ModelDefinition) -> str | None:
    """The shape of the first input, where its dimensions are numbers or parameters that are."""
    chain = family_chain(definition)
    written = chain[-1].declaration
    assert isinstance(written, tree.Model)
    values = {parameter.name.text: _number(parameter.default) for parameter in written.parameters}
    open_names = list(values)  # what an argument without a name goes to, in order
    for entry in reversed(chain[:-1]):
        assert isinstance(entry.declaration, tree.Application)
        for argument in entry.declaration.arguments:
            name = argument.name.text if argument.name is not None else open_names[0]
            values[name] = _number(argument.value)
            if name in open_names:
                open_names.remove(name)
    statement = next(entry for entry in written.body.statements if isinstance(entry, tree.Input))
    sizes = [
        values.get(size.name) if isinstance(size, tree.Reference) else _number(size)
        for size in statement.dims
    ]
    return None if None in sizes else "x".join(str(size) for size in sizes)
