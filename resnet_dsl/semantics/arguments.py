"""Binding arguments to parameters: of operators, and of blocks, stages and models.

Every mistake is reported; a binding with mistakes is None.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from resnet_dsl.diagnostics.suggest import did_you_mean
from resnet_dsl.ops.parameter import Parameter
from resnet_dsl.ops.record import Operator
from resnet_dsl.semantics.arithmetic import weight
from resnet_dsl.semantics.evaluate import Evaluator
from resnet_dsl.semantics.frames import Frame, title
from resnet_dsl.semantics.signatures import argument_count, operand_advice, operand_count, taken_by
from resnet_dsl.semantics.types import (
    conversion,
    default_words,
    fits_default,
    fits_kind,
    fits_type,
    is_int,
    is_number,
    kind_words,
    range_words,
    told,
    type_words,
)
from resnet_dsl.semantics.values import POISON, OpValue, Tensor, show
from resnet_dsl.source import Span
from resnet_dsl.syntax import tree

_SAFE = tree.Number | tree.Boolean | tree.Text | tree.Reference  # defaults that cannot fail


class Given(NamedTuple):
    """One argument as given: its value and where that stands; `name` is None by position."""

    name: str | None
    value: Any
    span: Span
    name_span: Span | None = None

    @property
    def place(self) -> Span:
        """Where the argument begins: at its name, if it has one."""
        return self.name_span or self.span


def evaluate_arguments(
    callee: OpValue, nodes: Sequence[tree.Argument] | None, frame: Frame, evaluator: Evaluator
) -> list[Given]:
    """The arguments of an application, evaluated in order; None where there are no parentheses."""
    if not nodes:
        return []
    return [
        Given(
            node.name.text if node.name else None,
            evaluator.argument(callee, node, frame),
            node.value.span,
            node.name.span if node.name else None,
        )
        for node in nodes
    ]


_TYPES = {"bool": bool, "int": int, "float": float, "str": str, "list": list}


_SENTENCE = re.compile(r"(?<=[.:;]) ")
_TOLD = 160  # characters of a sentence that is quoted


class Binder:
    """Binds what was given to what a callee declares. `span` is where the callee is named, `doc` its
    documentation."""

    def __init__(self, evaluator: Evaluator, frame: Frame, span: Span, doc: str = "") -> None:
        self.doc = doc
        self.evaluator = evaluator
        self.frame = frame
        self.span = span
        self.failed = False

    def fail(self, code: str, span: Span, **fields: Any) -> None:
        self.failed = True
        self.evaluator.report(code, span, self.frame, **fields)

    # --- operators -------------------------------------------------------------------------------

    def operator(
        self, op: Operator, piped: Tensor | None, given: Sequence[Given], presets: Mapping[str, Any]
    ) -> tuple[list[tuple[Tensor, Span]], dict[str, Any]] | None:
        """The operands, each with its place, and the attributes with defaults filled in."""
        operands = [(piped, self.span)] if piped is not None else []
        rest = list(given)
        least, most = op.arity
        while rest and rest[0].name is None and isinstance(rest[0].value, Tensor):
            if op.parameters and most is not None and len(operands) >= most:
                break  # a tensor where an argument belongs
            first = rest.pop(0)
            operands.append((first.value, first.span))
        count = len(operands)
        if count < least or (most is not None and count > most):
            wanted, advice = operand_count(least, most), operand_advice(op.name, count, least)
            self.fail("RDL305", self.span, callee=op.name, wanted=wanted, given=count or "none", help=advice)
        taken = taken_by(op)
        attributes = dict(taken.defaults)
        if rest or presets or taken.required:
            values = self._assign(op.name, taken.names, rest, presets, taken.signature, 0)
            missing: list[str] = []
            for parameter in op.parameters:
                name = parameter.name
                if name in values:
                    value, span = values[name]
                    attributes[name] = self._operator_value(op, parameter, value, span)
                elif name in taken.required:
                    missing.append(f"`{name}` ({parameter.meaning})")
            self._missing(op.name, missing, taken.signature)
        return None if self.failed else (operands, attributes)

    def _operator_value(self, op: Operator, parameter: Parameter, value: Any, span: Span) -> Any:
        name = parameter.name
        if value is POISON:
            self.failed = True
        elif not fits_kind(value, parameter.kind):
            advice = None
            if (
                name == "bias" and is_int(value) and value > 1 and op.parameter("kernel") is None
            ):  # in other libraries the input's size comes first
                advice = f"the input's size is known: write `{op.name}({value})`"
            self._mistyped(op.name, name, kind_words(parameter), value, span, parameter.meaning, advice)
        elif parameter.choices and value not in parameter.choices:
            advice = did_you_mean(value, parameter.choices)
            self.fail(
                "RDL308",
                span,
                callee=op.name,
                name=name,
                value=value,
                meaning=parameter.meaning,
                help=advice,
            )
        else:
            low, high = parameter.minimum, parameter.maximum
            for number in value if isinstance(value, list) else [value]:
                if is_number(number) and (
                    (low is not None and number < low) or (high is not None and number > high)
                ):
                    bounds = range_words(parameter)
                    fields = {"callee": op.name, "name": name, "range": bounds, "value": show(number)}
                    self.fail("RDL304", span, meaning=parameter.meaning, **fields)
                    break
        return value

    # --- blocks and models -----------------------------------------------------------------------

    def block(
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
        values = self._assign(name, names, given, presets, written, piped)
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
        self._missing(name, missing, written)
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
        advice = None
        if isinstance(value, bool | int | float | str | list):
            # The types of the language and of Python bear the same names.
            advice = f"where a value is meant, its type says so: `{name}: {_type_name(value)}`"
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
            return self._mistyped(callee, parameter.name.text, wanted, value, span, self._declared(parameter))
        if fits_type(value, declared):
            return float(value) if declared.name == "float" else value
        wanted = type_words(declared)
        return self._mistyped(callee, parameter.name.text, wanted, value, span, self._declared(parameter))

    # --- both ------------------------------------------------------------------------------------

    def _assign(
        self,
        callee: str,
        names: list[str],
        given: Sequence[Given],
        presets: Mapping[str, Any],
        written: str,
        piped: int,
    ) -> dict[str, tuple[Any, Span]]:
        """Which value each parameter gets. `piped` counts those of `given` that nobody wrote."""
        values: dict[str, tuple[Any, Span]] = {}
        for name, value in presets.items():
            if name not in names:
                advice = did_you_mean(name, names) or f"`{callee}` takes no arguments"
                self.fail("RDL301", self.span, callee=callee, name=name, help=advice)
            else:
                values[name] = (value, self.span)
        open_names = [name for name in names if name not in presets] if presets else names
        position = 0
        for argument in given:
            if argument.name is None:
                if position >= len(open_names):
                    count = sum(entry.name is None for entry in given) - piped
                    wanted = argument_count(len(open_names) - piped)
                    advice = f"it is `{written}`" if names else f"write `{callee}`"
                    self.fail("RDL306", argument.span, callee=callee, wanted=wanted, given=count, help=advice)
                    break
                name = open_names[position]
                position += 1
            else:
                name = argument.name
            if name not in names:
                advice = did_you_mean(name, names) or f"`{callee}` takes no arguments"
                self.fail("RDL301", argument.place, callee=callee, name=name, help=advice)
            elif name in values:
                self.fail("RDL307", argument.place, callee=callee, name=name)
            else:
                values[name] = (argument.value, argument.span)
        return values

    def _missing(self, callee: str, missing: list[str], written: str) -> None:
        if missing:
            names = " and ".join(missing) if len(missing) < 3 else ", ".join(missing)
            self.fail("RDL302", self.span, callee=callee, missing=names, help=f"it is `{written}`")

    def _mistyped(
        self,
        callee: str,
        name: str,
        wanted: str,
        value: Any,
        span: Span,
        meaning: str,
        advice: str | None = None,
    ) -> Any:
        advice = advice or conversion(value, wanted)
        fields = {"callee": callee, "name": name, "wanted": wanted, "given": told(value)}
        self.fail("RDL303", span, meaning=meaning, help=advice, **fields)
        return POISON


def _type_name(value: object) -> str:
    return next(word for word in ("bool", "int", "float", "str", "list") if isinstance(value, _TYPES[word]))
