"""Binding what an operator was given: its operands, and its attributes by the operator's record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from resnet_dsl.diagnostics.suggest import did_you_mean
from resnet_dsl.ops.parameter import Parameter
from resnet_dsl.ops.record import Operator
from resnet_dsl.semantics.arguments import Binder, Given
from resnet_dsl.semantics.signatures import operand_advice, operand_count, taken_by
from resnet_dsl.semantics.types import fits_kind, is_int, is_number, kind_words, range_words
from resnet_dsl.semantics.values import POISON, Tensor, show
from resnet_dsl.source import Span


class OperatorBinder(Binder):
    """Binds the arguments of an operator."""

    def bind(
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
            values = self.assign(op.name, taken.names, rest, presets, taken.signature, 0)
            missing: list[str] = []
            for parameter in op.parameters:
                name = parameter.name
                if name in values:
                    value, span = values[name]
                    attributes[name] = self._value(op, parameter, value, span)
                elif name in taken.required:
                    missing.append(f"`{name}` ({parameter.meaning})")
            self.missing(op.name, missing, taken.signature)
        return None if self.failed else (operands, attributes)

    def _value(self, op: Operator, parameter: Parameter, value: Any, span: Span) -> Any:
        name = parameter.name
        if value is POISON:
            self.failed = True
        elif not fits_kind(value, parameter.kind):
            advice = None
            if (
                name == "bias" and is_int(value) and value > 1 and op.parameter("kernel") is None
            ):  # in other libraries the input's size comes first
                advice = f"the input's size is known: write `{op.name}({value})`"
            self.mistyped(op.name, name, kind_words(parameter), value, span, parameter.meaning, advice)
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
