"""Which models a spec declares: families, their applications, and what can be compiled as it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import DiagnosticBag
from resnet_dsl.diagnostics.suggest import did_you_mean
from resnet_dsl.semantics.frames import MAX_CALLS
from resnet_dsl.semantics.modules import Module
from resnet_dsl.semantics.values import ModelDefinition
from resnet_dsl.source import Span
from resnet_dsl.syntax import tree


def chosen_models(
    module: Module, model: str | None, bag: DiagnosticBag, overrides: Collection[str] = ()
) -> list[ModelDefinition]:
    """The model asked for, or every complete one that the file itself declares."""
    declared = [
        entry
        for entry in module.names.values()
        if isinstance(entry, ModelDefinition) and entry.module is module
    ]
    if model is not None:
        found = module.names.get(model)
        if isinstance(found, ModelDefinition):
            return [found]
        at = Span(module.source, 0, 0)
        advice = did_you_mean(model, [entry.name for entry in declared])
        if not bag.has_errors:
            bag.add(diagnose("RDL222", at, name=model, help=advice))
        return []
    complete = [entry for entry in declared if is_complete(entry, overrides)]
    if not complete and not bag.has_errors:
        place, advice = Span(module.source, 0, 0), "declare one: `model NAME { ... }`"
        if declared:  # families
            name = declared[0].declaration.name
            place, advice = name.span, f"give it arguments: `model NAME = {name.text}(...)`"
        bag.add(diagnose("RDL221", place, name=module.source.name, help=advice))
    return complete


def family_chain(definition: ModelDefinition) -> list[ModelDefinition]:
    """The model, the family it applies, and so on: to the one that is written out, or to where a
    family cannot be found, comes round again, or is further away than elaboration goes."""
    chain = [definition]
    while isinstance(declaration := chain[-1].declaration, tree.Application) and len(chain) <= MAX_CALLS:
        target: Any = chain[-1].module
        for name in declaration.family:
            target = target.names.get(name.text) if isinstance(target, Module) else None
        if not isinstance(target, ModelDefinition) or target in chain:
            break
        chain.append(target)
    return chain


def is_complete(definition: ModelDefinition, overrides: Collection[str] = ()) -> bool:
    """Whether a model can be compiled as it is, or with these parameters overridden: a family still
    waits for arguments."""
    chain = family_chain(definition)
    written = chain[-1].declaration
    if not isinstance(written, tree.Model):
        return True  # so that elaboration says what is wrong with the family
    known = {*overrides, *[name for name, _ in arguments_of(chain, written)]}
    return all([entry.default is not None or entry.name.text in known for entry in written.parameters])


def arguments_of(
    chain: Sequence[ModelDefinition], written: tree.Model
) -> Iterator[tuple[str, tree.Argument]]:
    """What the applications of a family give, the one nearest to it first, each argument with the
    parameter that it goes to; one too many goes to none."""
    open_names = [parameter.name.text for parameter in written.parameters]
    for entry in reversed(chain[:-1]):
        if isinstance(entry.declaration, tree.Application):
            for argument in entry.declaration.arguments:
                name = argument.name.text if argument.name else open_names[0] if open_names else ""
                if name in open_names:
                    open_names.remove(name)
                yield name, argument


def takes_parameters(definition: ModelDefinition, parameters: Mapping[str, Any], bag: DiagnosticBag) -> bool:
    """Reports overrides that the model has no parameter for."""
    if not parameters:
        return True
    written = family_chain(definition)[-1].declaration
    if not isinstance(written, tree.Model):
        return True  # elaboration says what is wrong with the family
    known = [parameter.name.text for parameter in written.parameters]
    strangers = [name for name in parameters if name not in known]
    for name in strangers:
        span = definition.declaration.name.span
        advice = did_you_mean(name, known)
        if not known:
            head = f"model {written.name.text}({name}: int = 1) {{ ... }}"
            advice = f"it has no parameters at all; they are declared behind its name: `{head}`"
        bag.add(diagnose("RDL339", span, model=definition.name, name=name, help=advice))
    return not strangers
