"""From the parser's reductions to tree values: one method for each rule of the grammar.

The parser calls them as it goes, which is twice as fast as walking a finished tree. Children are
tokens, which are text, and finished values, which are tuples, in order; punctuation is kept, because
spans are read off it.

Rules of the file and its declarations stand here, the others in `builder_statements` and
`builder_expressions`.
"""

from __future__ import annotations

from typing import Any

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.source import Span
from resnet_dsl.syntax import tree
from resnet_dsl.syntax.builder_expressions import Children
from resnet_dsl.syntax.builder_statements import StatementBuilder
from resnet_dsl.syntax.literals import MAX_DOC, MAX_PARAMETERS


class Builder(StatementBuilder):
    """Builds the tree of a file."""

    def start(self, children: Children) -> tree.SyntaxTree:
        return tree.SyntaxTree(self.source, tuple(self._values(children)))

    def docs(self, children: Children) -> str:
        tokens = self._tokens(children, "DOC")
        lines = [self._limited(token, "this doc comment", MAX_DOC)[3:].strip() for token in tokens]
        if sum(map(len, lines)) > MAX_DOC:
            span = self._token_span(tokens[0]).to(self._token_span(tokens[-1]))
            self.problems.append(
                diagnose("RDL811", span, what="this doc comment", limit=MAX_DOC, unit="characters")
            )
        return "\n".join(lines).strip()

    def declaration(self, children: Children) -> Any:
        doc, value = children
        return value._replace(doc=doc) if "doc" in value._fields else value

    def dotted(self, children: Children) -> tuple[tree.Name, ...]:
        return tuple(self._name(token) for token in self._tokens(children, "NAME"))

    def _module(self, child: Any) -> tuple[str, bool, Span]:
        if not isinstance(child, tuple):
            return self._text(child).value, True, self._token_span(child)
        return ".".join(name.text for name in child), False, child[0].span.to(child[-1].span)

    def import_file(self, children: Children) -> tree.Import:
        module, is_file, where = self._module(children[1])
        names = self._tokens(children[2:], "NAME")
        alias = self._name(names[0]) if names else None
        end = alias.span if alias else where
        span = self._token_span(children[0]).to(end)
        return tree.Import(module, is_file, alias, None, span, where)

    def import_names(self, children: Children) -> tree.Import:
        module, is_file, where = self._module(children[1])
        names = tuple(child for child in children if isinstance(child, tree.ImportedName))
        last = names[-1].alias or names[-1].name
        span = self._token_span(children[0]).to(last.span)
        return tree.Import(module, is_file, None, names, span, where)

    def imported(self, children: Children) -> tree.ImportedName:
        names = [self._name(token) for token in self._tokens(children, "NAME")]
        return tree.ImportedName(names[0], names[1] if len(names) > 1 else None)

    def const(self, children: Children) -> tree.Const:
        return tree.Const(self._name(children[1]), children[3], "", self._span(children))

    def function(self, children: Children) -> tree.Function:
        names = [self._name(token) for token in self._tokens(children, "NAME")]
        return tree.Function(names[0], tuple(names[1:]), children[-1], "", self._span(children))

    def block(self, children: Children) -> tree.Block:
        keyword, name, parameters, body = children
        is_stage = keyword.type == "STAGE"
        return tree.Block(self._name(name), parameters, body, is_stage, "", self._span(children))

    def model(self, children: Children) -> tree.Model:
        parameters = children[2] if len(children) == 4 else ()
        return tree.Model(self._name(children[1]), parameters, children[-1], "", self._span(children))

    def application(self, children: Children) -> tree.Application:
        _, name, _, family, (arguments, closing), *rest = children
        body = rest[0] if rest else None
        span = self._token_span(children[0]).to(body.span if body else closing)
        return tree.Application(self._name(name), family, arguments, body, "", span)

    def train(self, children: Children) -> tree.Train:
        names = [self._name(token) for token in self._tokens(children, "NAME")]
        settings = tuple(child for child in children if isinstance(child, tree.Setting))
        return tree.Train(names[0], names[1], settings, "", self._span(children))

    def setting(self, children: Children) -> tree.Setting:
        return tree.Setting(self._name(children[0]), children[2], self._span(children))

    def parameters(self, children: Children) -> tuple[tree.Parameter, ...]:
        parameters = tuple(self._values(children))
        if len(parameters) > MAX_PARAMETERS:
            what, unit = "this list of parameters", "entries"
            span = self._span(children)
            self.problems.append(diagnose("RDL811", span, what=what, limit=MAX_PARAMETERS, unit=unit))
        return parameters

    def parameter(self, children: Children) -> tree.Parameter:
        values = self._values(children)
        kind = next((value for value in values if isinstance(value, tree.TypeName)), None)
        default = next((value for value in values if not isinstance(value, tree.TypeName)), None)
        return tree.Parameter(self._name(children[0]), kind, default, self._span(children))

    def type(self, children: Children) -> tree.TypeName:
        item = children[2] if len(children) > 1 else None
        return tree.TypeName(str(children[0]), item, self._span(children))
