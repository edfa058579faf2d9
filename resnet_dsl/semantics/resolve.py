"""Names, before anything is elaborated: also in blocks that no model uses.

Purpose: report what can be known without values: unknown names, arms that bind different names,
statements out of place, bodies without a result. Holds after: the returned set holds the `id` of
every declaration with a mistake; elaboration passes over them quietly.
"""

from __future__ import annotations

from collections import ChainMap

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import DiagnosticBag
from resnet_dsl.diagnostics.suggest import did_you_mean
from resnet_dsl.semantics.bindings import Bindings
from resnet_dsl.semantics.models import family_chain
from resnet_dsl.semantics.modules import Module
from resnet_dsl.semantics.names import FUNCTIONS, TYPES
from resnet_dsl.semantics.statements import keyword_of, returns
from resnet_dsl.semantics.types import conversion, fits_type, told, type_words, unknown_type
from resnet_dsl.semantics.uses import Scope
from resnet_dsl.semantics.values import ModelDefinition
from resnet_dsl.syntax import tree


def resolve(module: Module, bag: DiagnosticBag) -> set[int]:
    """Checks every declaration of a file; the ids of those with mistakes."""
    broken: set[int] = set()
    for declaration in module.tree.declarations:
        checker = _Checker(module, bag)
        match declaration:
            case tree.Const():
                checker.expression(declaration.value, ChainMap())
            case tree.Function():
                checker.function(declaration)
            case tree.Block():
                checker.body_of(declaration, "a block" if not declaration.is_stage else "a stage")
            case tree.Model():
                checker.body_of(declaration, "a model")
            case tree.Application():
                checker.application(declaration)
            case _:
                continue
        if checker.failed:
            broken.add(id(declaration))
    return broken


class _Checker(Bindings):
    """Checks one declaration."""

    def function(self, node: tree.Function) -> None:
        scope: Scope = ChainMap()
        for name in node.parameters:
            self.bind(name, "value", scope)
        self.expression(node.value, scope)

    def application(self, node: tree.Application) -> None:
        definition = self.module.names.get(node.name.text)
        written = family_chain(definition)[-1] if isinstance(definition, ModelDefinition) else None
        family = written.declaration if written is not None else None
        for argument in node.arguments:
            if isinstance(family, tree.Model) and argument.name is not None:
                known = [parameter.name.text for parameter in family.parameters]
                if argument.name.text not in known:
                    self.unknown_argument(argument.name, family.name.text, known)
            self.expression(argument.value, ChainMap())
        for statement in node.body.statements if node.body is not None else ():
            if not isinstance(statement, tree.Expect | tree.Assert):
                place = "the body of an application"
                advice = "it holds only `expect` and `assert`: what is built stands in the family"
                self.fail("RDL333", statement.span, what=keyword_of(statement), place=place, help=advice)
            elif isinstance(statement, tree.Expect):
                self.tolerance(statement)

    def body_of(self, node: tree.Block | tree.Model, place: str) -> None:
        self.place = place
        scope: Scope = ChainMap()
        defaulted = False
        for parameter in node.parameters:
            self._parameter(parameter, node.name.text, scope)
            if parameter.default is None and defaulted:
                self.fail("RDL341", parameter.span, name=parameter.name.text)
            defaulted = defaulted or parameter.default is not None
        always = self.body(node.body, scope)
        has_input = any(isinstance(s, tree.Input) for s in node.body.statements)
        if place == "a model" and not has_input:
            self.fail("RDL332", node.name.span, name=node.name.text)
        if not always:
            self._no_result(node)
        self._places()
        for name in self.shortcuts:
            if name.text not in self.used:
                self.bag.add(diagnose("RDL337", name.span, name=name.text))

    def _parameter(self, node: tree.Parameter, callee: str, scope: Scope) -> None:
        if node.type is not None:
            unknown = unknown_type(node.type)
            if unknown is not None:
                advice = did_you_mean(unknown.name, TYPES)
                if unknown.name in TYPES:
                    advice = "only `list` has a type behind it: `list[int]`"
                if unknown.name == "tensor":
                    advice = f"a parameter without a type is a tensor: write `{node.name.text}`"
                self.fail("RDL340", unknown.span, name=unknown.span.text, help=advice)
            elif isinstance(node.default, tree.Number | tree.Text | tree.Boolean):
                value = node.default.value
                if not fits_type(value, node.type):
                    wanted = type_words(node.type)
                    self.fail(
                        "RDL303",
                        node.default.span,
                        callee=callee,
                        name=node.name.text,
                        wanted=wanted,
                        given=told(value),
                        help=conversion(value, wanted),
                    )
        if isinstance(node.default, tree.Reference) and node.default.name in {*TYPES, *FUNCTIONS}:
            name = node.default.name
            if name not in scope and name not in self.module.names:
                advice = f"types stand behind a colon: `{node.name.text}: {name}`"
                self.fail("RDL328", node.default.span, name=name, what="a type", use="a value", help=advice)
        elif node.default is not None:
            self.expression(node.default, scope)
        if node.is_tensor and self.place == "a model":
            self.fail("RDL342", node.span, name=node.name.text)
        kind = "tensor" if node.is_tensor else "value"
        if (node.type is not None and node.type.name == "op") or (
            node.type is None and isinstance(node.default, tree.Reference | tree.Call)
        ):
            kind = "block"
        self.bind(node.name, kind, scope)

    def _places(self) -> None:
        """What `register` names has to be made here; labels with values in them may be anything."""
        made = [_plain(label) for label in self.labels]
        if None in made:
            return
        known = {".".join(name[:depth]) for name in made if name for depth in range(1, len(name) + 1)}
        for label in self.places:
            name = ".".join(_plain(label) or ())
            if name and name not in known:
                advice = (
                    did_you_mean(name, sorted(known))
                    or f"automatic names have no place: label the operator, `{name}: ...`"
                )
                self.fail("RDL504", label.span, name=name, help=advice)

    def _no_result(self, node: tree.Block | tree.Model) -> None:
        last = next((s for s in reversed(node.body.statements) if isinstance(s, tree.Bind)), None)
        result = f"return {last.name.text}" if last is not None else "return ..."
        sometimes = any(isinstance(s, tree.If) and returns(s) for s in node.body.statements)
        when = " where no `if` applies" if sometimes else ""
        self.fail("RDL330", node.name.span, name=node.name.text, when=when, help=f"end it with `{result}`")


def _plain(label: tree.Label) -> tuple[str, ...] | None:
    """A label's parts, None where values are put into one."""
    parts = [part[0] if part else "" for part in label.parts if all([isinstance(p, str) for p in part])]
    return tuple([str(part) for part in parts]) if len(parts) == len(label.parts) else None
