"""Names, before anything is elaborated: also in blocks that no model uses.

Purpose: report what can be known without values: unknown names, arms that bind different names,
statements out of place, bodies without a result. Holds after: the returned set holds the `id` of
every declaration with a mistake; elaboration passes over them quietly.
"""

from __future__ import annotations

from collections import ChainMap

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import DiagnosticBag, Label
from resnet_dsl.diagnostics.suggest import did_you_mean
from resnet_dsl.semantics.models import family_chain
from resnet_dsl.semantics.modules import Module
from resnet_dsl.semantics.names import FACTS, FUNCTIONS, TYPES, refusal
from resnet_dsl.semantics.statements import keyword_of, returns
from resnet_dsl.semantics.types import conversion, fits_type, told, type_words, unknown_type
from resnet_dsl.semantics.uses import Local, Scope, Uses
from resnet_dsl.semantics.values import ModelDefinition
from resnet_dsl.syntax import tree

_ADVICE = {
    "input": "a block's tensors are its parameters: `block unit(x, y) { ... }`",
    "expect": "put it into the model; inside a block, `assert` guards arguments",
    "aux": "bind it in the model: `aux a = x -> head(...)`",
}


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


class _Checker(Uses):
    """Checks one declaration."""

    place = ""
    shortcuts: tuple[tree.Name, ...] = ()

    def __init__(self, module: Module, bag: DiagnosticBag) -> None:
        super().__init__(module, bag)
        self.places: list[tree.Label] = []  # what `register` statements name

    # --- declarations ----------------------------------------------------------------------------

    def function(self, node: tree.Function) -> None:
        scope: Scope = ChainMap()
        for name in node.parameters:
            self._bind(name, "value", scope)
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
                self._tolerance(statement)

    def _tolerance(self, node: tree.Expect) -> None:
        equality = isinstance(node.condition, tree.Binary) and node.condition.operator == "=="
        if node.within is not None and not equality:
            self.fail("RDL344", node.condition.span)

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
        self._bind(node.name, kind, scope)

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

    # --- statements ------------------------------------------------------------------------------

    def body(self, node: tree.Body, scope: Scope) -> bool:
        """Checks statements in order, binding in `scope`; whether the end is never reached."""
        returned = False
        for statement in node.statements:
            if returned and not isinstance(statement, tree.Expect):
                self.fail("RDL331", statement.span)
                break
            word = keyword_of(statement)
            if self.place != "a model" and word in _ADVICE:
                self.fail("RDL333", statement.span, what=word, place=self.place, help=_ADVICE[word])
            returned = self._statement(statement, scope) or returned
        return returned

    def _statement(self, node: tree.Statement, scope: Scope) -> bool:
        match node:
            case tree.Bind():
                self.pipeline(node.pipeline, scope, binding=node.name.text)
                if node.role == "shortcut":
                    self.shortcuts = (*self.shortcuts, node.name)
                self._bind(node.name, "tensor", scope)
            case tree.Let():
                self.expression(node.value, scope)
                arithmetic = isinstance(node.value, tree.Number | tree.Binary | tree.Unary | tree.ListOf)
                self._bind(node.name, "value" if arithmetic else "block", scope)  # it may be a block
            case tree.Return():
                self.pipeline(node.pipeline, scope)
                return True
            case tree.If():
                return self._choice(node, scope)
            case tree.Assert():
                self.expression(node.condition, scope)
            case tree.Expect():
                self._tolerance(node)
                self.expression(
                    node.condition, scope.new_child(dict.fromkeys(FACTS, Local("value", node.span)))
                )
            case tree.Input():
                for dim in node.dims:
                    self.expression(dim, scope)
                self._bind(node.name, "tensor", scope, rebinds=False)
            case tree.Register():
                self.places += node.labels
                for label in node.labels:
                    self.label(label, scope)
        return False

    def _choice(self, node: tree.If, scope: Scope) -> bool:
        self.expression(node.condition, scope)
        arms = [node.then, node.otherwise or tree.Body((), node.span)]
        scopes = [scope.new_child(), scope.new_child()]
        ended = [self.body(arm, inner) for arm, inner in zip(arms, scopes, strict=True)]
        if all(ended):
            return True
        if ended[0] != ended[1]:
            scope.update(scopes[ended[0]].maps[0])  # only the arm that goes on binds anything
            return False
        first, second = scopes[0].maps[0], scopes[1].maps[0]
        for name in sorted(first.keys() ^ second.keys()):
            if name not in scope:
                # It may be used in its arm; whoever uses it after the `if` is told.
                local = first.pop(name, None) or second.pop(name)
                scope[name] = Local("partial", local.span)
                if node.otherwise is None:
                    self.lone.add(name)
        scope.update({**second, **first})
        return False

    def _bind(self, name: tree.Name, kind: str, scope: Scope, *, rebinds: bool = True) -> None:
        """Binds a name where it may be; a tensor may be bound anew (`x = x -> relu`)."""
        known = scope.get(name.text)
        if known is not None and known.kind == "partial":
            known = None  # bound in an arm that has ended
        if known is not None and not (rebinds and kind == known.kind == "tensor"):
            first = (Label(known.span, "first bound here"),)
            self.fail("RDL203", name.span, name=name.text, related=first)
            scope[name.text] = Local("either", known.span)  # it may be used as what it was meant to be
            return
        if known is None:
            self.bindable(name)
        scope[name.text] = Local(kind, name.span)

    def bindable(self, name: tree.Name) -> bool:
        reason = refusal(name.text)
        if reason is None and self.place == "a model" and name.text in FACTS:
            reason = "RDL205", "a fact of every model"
        if reason is not None:
            self.fail(reason[0], name.span, name=name.text, what=reason[1], reason=reason[1])
        return reason is None


def _plain(label: tree.Label) -> tuple[str, ...] | None:
    """A label's parts, None where values are put into one."""
    parts = [part[0] if part else "" for part in label.parts if all([isinstance(p, str) for p in part])]
    return tuple([str(part) for part in parts]) if len(parts) == len(label.parts) else None
