"""What the statements of a body bind, in order, and whether its end is reached."""

from __future__ import annotations

from resnet_dsl.diagnostics.model import DiagnosticBag, Label
from resnet_dsl.semantics.modules import Module
from resnet_dsl.semantics.names import FACTS
from resnet_dsl.semantics.statements import keyword_of
from resnet_dsl.semantics.uses import Local, Scope, Uses
from resnet_dsl.syntax import tree

_ADVICE = {
    "input": "a block's tensors are its parameters: `block unit(x, y) { ... }`",
    "expect": "put it into the model; inside a block, `assert` guards arguments",
    "aux": "bind it in the model: `aux a = x -> head(...)`",
}


class Bindings(Uses):
    """Reports statements out of place, and names bound twice or in one arm only."""

    def __init__(self, module: Module, bag: DiagnosticBag) -> None:
        super().__init__(module, bag)
        self.places: list[tree.Label] = []  # what `register` statements name
        self.shortcuts: list[tree.Name] = []

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
                    self.shortcuts.append(node.name)
                self.bind(node.name, "tensor", scope)
            case tree.Let():
                self.expression(node.value, scope)
                arithmetic = isinstance(node.value, tree.Number | tree.Binary | tree.Unary | tree.ListOf)
                self.bind(node.name, "value" if arithmetic else "block", scope)  # it may be a block
            case tree.Return():
                self.pipeline(node.pipeline, scope)
                return True
            case tree.If():
                return self._choice(node, scope)
            case tree.Assert():
                self.expression(node.condition, scope)
            case tree.Expect():
                self.tolerance(node)
                self.expression(
                    node.condition, scope.new_child(dict.fromkeys(FACTS, Local("value", node.span)))
                )
            case tree.Input():
                for dim in node.dims:
                    self.expression(dim, scope)
                self.bind(node.name, "tensor", scope, rebinds=False)
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

    def bind(self, name: tree.Name, kind: str, scope: Scope, *, rebinds: bool = True) -> None:
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
            self.check_name(name)
        scope[name.text] = Local(kind, name.span)

    def tolerance(self, node: tree.Expect) -> None:
        """Reports a tolerance of anything but an equality."""
        equality = isinstance(node.condition, tree.Binary) and node.condition.operator == "=="
        if node.within is not None and not equality:
            self.fail("RDL344", node.condition.span)
