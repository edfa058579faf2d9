"""Binding arguments to parameters: of operators, and of blocks, stages and models.

Every mistake is reported; a binding with mistakes is None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resnet_dsl.diagnostics.suggest import did_you_mean
from resnet_dsl.ops.record import AUTO, Kind, Operator, Parameter
from resnet_dsl.semantics.evaluate import Evaluator, is_number
from resnet_dsl.semantics.frames import Frame
from resnet_dsl.semantics.names import TYPES
from resnet_dsl.semantics.values import POISON, BlockDefinition, OpValue, Tensor, kind_of, show
from resnet_dsl.source import Span
from resnet_dsl.syntax import tree

_KIND_WORDS = {
    Kind.INT: "an int",
    Kind.FLOAT: "a float",
    Kind.BOOL: "true or false",
    Kind.WORD: "a word",
    Kind.SIZE: "an int or [height, width]",
}


@dataclass(frozen=True, slots=True)
class Given:
    """One argument as given: its value and where it stands; `name` is None by position."""

    name: str | None
    value: Any
    span: Span


def evaluate_arguments(
    callee: OpValue, nodes: Sequence[tree.Argument], frame: Frame, evaluator: Evaluator
) -> list[Given]:
    """The arguments of an application, evaluated in order."""
    return [
        Given(
            node.name.text if node.name else None,
            evaluator.argument(callee, node, frame),
            node.name.span if node.name else node.span,
        )
        for node in nodes
    ]


class Binder:
    """Binds what was given to what a callee declares. `span` is where the callee is named."""

    def __init__(self, evaluator: Evaluator, frame: Frame, span: Span) -> None:
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
        while rest and rest[0].name is None and isinstance(rest[0].value, Tensor):
            first = rest.pop(0)
            operands.append((first.value, first.span))
        least, most = op.arity
        if len(operands) < least or (most is not None and len(operands) > most):
            self.fail("RDL305", self.span, callee=op.name, wanted=_operand_count(least, most), given=len(operands))
        parameters = {parameter.name: parameter for parameter in op.parameters}
        values = self._assign(op.name, list(parameters), rest, presets)
        attributes: dict[str, Any] = {}
        for name, parameter in parameters.items():
            if name in values:
                value, span = values[name]
                attributes[name] = self._operator_value(op, parameter, value, span)
            elif parameter.required:
                self.fail("RDL302", self.span, callee=op.name, name=name, meaning=parameter.meaning)
            else:
                attributes[name] = parameter.default
        return None if self.failed else (operands, attributes)

    def _operator_value(self, op: Operator, parameter: Parameter, value: Any, span: Span) -> Any:
        if value is POISON:
            self.failed = True
            return value
        fits = {
            Kind.INT: lambda: _is_int(value),
            Kind.FLOAT: lambda: is_number(value),
            Kind.BOOL: lambda: isinstance(value, bool),
            Kind.WORD: lambda: isinstance(value, str),
            Kind.SIZE: lambda: _is_size(value),
        }[parameter.kind]()
        if not fits:
            wanted = _KIND_WORDS[parameter.kind]
            if parameter.choices:
                wanted = "one of " + ", ".join(parameter.choices)
            self.fail(
                "RDL303", span, callee=op.name, name=parameter.name, wanted=wanted, given=self._told(value)
            )
            return value
        if parameter.choices and value not in parameter.choices:
            self.fail(
                "RDL308",
                span,
                callee=op.name,
                name=parameter.name,
                value=value,
                help=did_you_mean(value, parameter.choices),
            )
        numbers = value if isinstance(value, list) else [value]
        for number in numbers:
            low, high = parameter.minimum, parameter.maximum
            if is_number(number) and (
                (low is not None and number < low) or (high is not None and number > high)
            ):
                self.fail(
                    "RDL304",
                    span,
                    callee=op.name,
                    name=parameter.name,
                    range=_range(parameter),
                    value=show(number),
                    help="",
                )
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
        values = self._assign(name, [parameter.name.text for parameter in parameters], given, presets)
        bound: dict[str, Any] = {}
        for parameter in parameters:
            key = parameter.name.text
            if key in values:
                value, span = values[key]
                if parameter.is_tensor:
                    value = self._tensor(name, key, value, span)
                else:
                    value = self._typed(name, parameter, value, span)
            elif parameter.default is not None:
                value = self.evaluator.evaluate(parameter.default, defaults)
                value = self._typed(name, parameter, value, parameter.span)
            else:
                meaning = "a tensor" if parameter.is_tensor else type_words(parameter.type)
                self.fail("RDL302", self.span, callee=name, name=key, meaning=meaning)
                continue
            self.failed = self.failed or value is POISON
            bound[key] = value
            defaults.names[key] = value
        return None if self.failed else bound

    def _tensor(self, callee: str, name: str, value: Any, span: Span) -> Any:
        if isinstance(value, Tensor) or value is POISON:
            return value
        self.fail("RDL326", span, what=f"`{name}` of `{callee}`", given=self._told(value))
        return POISON

    def _typed(self, callee: str, parameter: tree.Parameter, value: Any, span: Span) -> Any:
        if value is POISON:
            return POISON
        declared = parameter.type
        if declared is None:
            if _same_type(value, parameter, self.evaluator, self.frame):
                return value
            self.fail(
                "RDL303",
                span,
                callee=callee,
                name=parameter.name.text,
                wanted="a value of its default's type",
                given=self._told(value),
            )
            return POISON
        if fits_type(value, declared):
            return float(value) if declared.name == "float" else value
        self.fail(
            "RDL303",
            span,
            callee=callee,
            name=parameter.name.text,
            wanted=type_words(declared),
            given=self._told(value),
        )
        return POISON

    # --- both ------------------------------------------------------------------------------------

    def _assign(
        self, callee: str, names: list[str], given: Sequence[Given], presets: Mapping[str, Any]
    ) -> dict[str, tuple[Any, Span]]:
        values: dict[str, tuple[Any, Span]] = {}
        for name, value in presets.items():
            if name not in names:
                self.fail("RDL301", self.span, callee=callee, name=name, help=did_you_mean(name, names))
            else:
                values[name] = (value, self.span)
        open_names = [name for name in names if name not in presets]
        position = 0
        for argument in given:
            if argument.name is None:
                if position >= len(open_names):
                    count = sum(entry.name is None for entry in given)
                    self.fail(
                        "RDL306", argument.span, callee=callee, wanted=len(open_names), given=count
                    )
                    break
                name = open_names[position]
                position += 1
            else:
                name = argument.name
            if name not in names:
                self.fail("RDL301", argument.span, callee=callee, name=name, help=did_you_mean(name, names))
            elif name in values:
                self.fail("RDL307", argument.span, callee=callee, name=name)
            else:
                values[name] = (argument.value, argument.span)
        return values

    def _told(self, value: Any) -> str:
        if isinstance(value, OpValue):
            return f"the {'block' if isinstance(value.target, BlockDefinition) else 'operator'} `{value}`"
        if isinstance(value, Tensor):
            return "a tensor"
        return f"{kind_of(value)} ({show(value)})"


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_size(value: Any) -> bool:
    if isinstance(value, list):
        return len(value) == 2 and all([_is_int(side) for side in value])
    return _is_int(value)


def fits_type(value: Any, declared: tree.TypeName) -> bool:
    """Whether a value has a declared type; an int is a float too."""
    match declared.name:
        case "int":
            return _is_int(value)
        case "float":
            return is_number(value)
        case "bool":
            return isinstance(value, bool)
        case "str":
            return isinstance(value, str)
        case "op":
            return isinstance(value, OpValue)
        case "size":
            return _is_size(value)
        case "list":
            item = declared.item
            return isinstance(value, list) and (
                item is None or all([fits_type(entry, item) for entry in value])
            )
        case _:
            return False


def type_words(declared: tree.TypeName | None) -> str:
    """A declared type in words."""
    if declared is None:
        return "a value"
    match declared.name:
        case "int":
            return "an int"
        case "float":
            return "a float"
        case "bool":
            return "true or false"
        case "str":
            return "a string"
        case "op":
            return "a block or operator"
        case "size":
            return "an int or [height, width]"
        case "list":
            return "a list" + (f" of {declared.item.name}" if declared.item else "")
        case _:
            return "a value"


def known_type(declared: tree.TypeName) -> bool:
    if declared.name not in TYPES or (declared.item is not None and declared.name != "list"):
        return False
    return declared.item is None or known_type(declared.item)


def _same_type(value: Any, parameter: tree.Parameter, evaluator: Evaluator, frame: Frame) -> bool:
    match parameter.default:
        case tree.Number(default):
            return is_number(value) if isinstance(default, float) else _is_int(value)
        case tree.Boolean():
            return isinstance(value, bool)
        case tree.Text():
            return isinstance(value, str)
        case tree.ListOf():
            return isinstance(value, list)
        case _:
            return not isinstance(value, Tensor)


def _operand_count(least: int, most: int | None) -> str:
    if most is None:
        return f"at least {least} operand{'s' if least != 1 else ''}"
    if least == most:
        return f"{least} operand{'s' if least != 1 else ''}"
    return f"{least} to {most} operands"


def _range(parameter: Parameter) -> str:
    low, high = parameter.minimum, parameter.maximum
    if low is not None and high is not None:
        return f"between {show(low)} and {show(high)}"
    return f"at least {show(low)}" if low is not None else f"at most {show(high)}"


__all__ = ["AUTO", "Binder", "Given", "evaluate_arguments", "fits_type", "known_type", "type_words"]
