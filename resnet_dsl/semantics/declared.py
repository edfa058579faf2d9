"""The models that a file declares and the parameters that they take, families included."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from resnet_dsl.diagnostics.model import DiagnosticBag
from resnet_dsl.semantics.models import arguments_of, family_chain
from resnet_dsl.semantics.modules import Loader
from resnet_dsl.semantics.values import ModelDefinition
from resnet_dsl.syntax import tree


class DeclaredParameter(NamedTuple):
    """A parameter's type and default as they are written; a type may be left out beside a default."""

    type: str
    default: str | None


def declared_models(path: Path, include: Iterable[Path] = ()) -> dict[str, dict[str, DeclaredParameter]]:
    """The parameters of each model of a file without mistakes, by the model's name.

    An application has its family's parameters; the arguments that it gives are their defaults.
    """
    module = Loader(DiagnosticBag(), include).load(path)
    if module is None:
        return {}
    return {
        entry.name: _parameters(entry)
        for entry in module.names.values()
        if isinstance(entry, ModelDefinition) and entry.module is module
    }


def _parameters(definition: ModelDefinition) -> dict[str, DeclaredParameter]:
    chain = family_chain(definition)
    written = chain[-1].declaration
    if not isinstance(written, tree.Model):
        return {}
    found = {
        parameter.name.text: DeclaredParameter(
            parameter.type.span.text if parameter.type is not None else "",
            parameter.default.span.text if parameter.default is not None else None,
        )
        for parameter in written.parameters
    }
    for name, argument in arguments_of(chain, written):
        if name in found:
            found[name] = found[name]._replace(default=argument.value.span.text)
    return found
