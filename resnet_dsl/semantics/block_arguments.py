"""Binding what a block, stage or model was given: its parameters' values, defaults filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from resnet_dsl.semantics.arguments import Binder, Given
from resnet_dsl.semantics.arithmetic import weight
from resnet_dsl.semantics.evaluate import Evaluator
from resnet_dsl.semantics.frames import Frame, title
from resnet_dsl.semantics.types import default_words, fits_default, fits_type, told, type_words
from resnet_dsl.semantics.values import POISON, OpValue, Tensor
from resnet_dsl.source import Span
from resnet_dsl.syntax import tree

_SAFE = tree.Number | tree.Boolean | tree.Text | tree.Reference  # defaults that cannot fail
# The types of the language and of Python bear the same names; a bool is an int to Python.
_TYPES = {"bool": bool, "int": int, "float": float, "str": str, "list": list}
_SENTENCE = re.compile(r"(?<=[.:;]) ")
_TOLD = 160  # characters of a sentence that is quoted


class BlockBinder(Binder):
    """Binds the arguments of a block, stage or model; `doc` is the callee's documentation."""

    def __init__(self, evaluator: Evaluator, frame: Frame, span: Span, doc: str = "") -> None:
        super().__init__(evaluator, frame, span)
        self.doc = doc

    def bind(
        self,
        name: str,
        parameters: Sequence[tree.Parameter],
        given: Sequence[Given],
        presets: Mapping[str, Any],
        defaults: Frame,
    ) -> dict[str, Any] | None:
        """The parameters' values; `defaults` is a frame of the callee's file, filled as we go,
        so that a default may use the parameters before it."""
        written = f"{name}({', '.join([parameter.span.text for parameter in parameters])})"
        names = [parameter.name.text for parameter in parameters]
        piped = sum(entry.span is self.span for entry in given[:1])
        nameless = not defaults.title  # a block's frame; a model's says which model it is
        values = self.assign(name, names, given, presets, written, piped)
        bound: dict[str, Any] = {}
        missing: list[str] = []
        for parameter in parameters:
            key = parameter.name.text
            if key in values:
                value, span = values[key]
                if parameter.is_tensor:
                    value = self._tensor(name, key, value, span)
                else:
                    value = self._typed(name, parameter, value, span)
            elif parameter.default is not None:
                if nameless and not isinstance(parameter.default, _SAFE):
                    defaults.title = f"{title(name, bound)} in {self.frame.where()}"
                value = self.evaluator.evaluate(parameter.default, defaults)
                value = self._typed(name, parameter, value, parameter.span)
            else:
                meaning = "a tensor" if parameter.is_tensor else type_words(parameter.type)
                missing.append(f"`{key}` ({meaning})")
                continue
            self.failed = self.failed or value is POISON
            if isinstance(value, list | OpValue):
                self.evaluator.budget.step(self.span, weight(value))  # it is copied for the body
            bound[key] = value
            defaults.names[key] = value
        self.missing(name, missing, written)
        return None if self.failed else bound

    def _declared(self, parameter: tree.Parameter) -> str:
        """What a block's own text says of a parameter: its declaration, and where its documentation
        names it in backquotes."""
        name = parameter.name.text
        text = " ".join(self.doc.split())
        told = next((part for part in _SENTENCE.split(text) if f"`{name}`" in part), "")
        shown = f"; {told.rstrip('.:;,')}" if 0 < len(told) <= _TOLD else ""
        return f"declared as `{' '.join(parameter.span.text.split())}`{shown}"

    def _tensor(self, callee: str, name: str, value: Any, span: Span) -> Any:
        if isinstance(value, Tensor) or value is POISON:
            return value
        kind = next((word for word, kind in _TYPES.items() if isinstance(value, kind)), None)
        advice = f"where a value is meant, its type says so: `{name}: {kind}`" if kind else None
        self.fail("RDL326", span, what=f"`{name}` of `{callee}`", given=told(value), help=advice)
        return POISON

    def _typed(self, callee: str, parameter: tree.Parameter, value: Any, span: Span) -> Any:
        declared = parameter.type
        if value is POISON:
            return POISON
        if declared is None:
            if fits_default(value, parameter.default):
                return value
            wanted = default_words(parameter.default)
            return self.mistyped(callee, parameter.name.text, wanted, value, span, self._declared(parameter))
        if fits_type(value, declared):
            return float(value) if declared.name == "float" else value
        wanted = type_words(declared)
        return self.mistyped(callee, parameter.name.text, wanted, value, span, self._declared(parameter))
