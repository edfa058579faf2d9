"""The expression of one step: a module's call, a function's call, or an operator's own text."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from resnet_dsl.backends.pytorch.identifiers import is_identifier
from resnet_dsl.backends.pytorch.units import Unit
from resnet_dsl.ops.emission import CallCode, Slot, TextCode


@dataclass(frozen=True, slots=True)
class Text:
    """An expression, how tightly it binds, and how many calls it nests."""

    text: str
    precedence: int = 9
    nesting: int = 0


def access(path: tuple[str, ...], lists: Collection[tuple[str, ...]] = ()) -> str:
    """How a module is reached from ``self``; `lists` are the paths that hold an nn.ModuleList."""
    text = "self"
    for depth, name in enumerate(path):
        if path[:depth] in lists:
            text = f"{text}[{name}]"
            continue
        text = f"{text}.{name}" if is_identifier(name) else f'getattr({text}, "{name}")'
    return text


def numbered_name(name: tuple[str, int, str], variable: str) -> str:
    """The expression of a member's name in a loop over `variable`."""
    before, _, after = name
    return f'f"{before}{{{variable}}}{after}"' if before or after else f"str({variable})"


_SLICE = re.compile(r"(?:\{([a-z]+)\})?(::?)(?:\{([a-z]+)\})?")


def _filled(template: str, values: Mapping[str, str]) -> str:
    """The template with its values; a slice's bounds stand apart unless both are plain numbers."""

    def bounds(match: re.Match[str]) -> str:
        low, colon, high = values.get(match[1], ""), match[2], values.get(match[3], "")
        plain = all([bound.isalnum() or not bound for bound in (low, high)])
        return f"{low}{colon}{high}" if plain else f"{low} {colon} {high}".strip()

    text = _SLICE.sub(bounds, template)
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


@dataclass(frozen=True, slots=True)
class Expressions:
    """Writes the expressions of a unit's steps.

    A number of a functional call is read from the module where `stored` names an attribute for it,
    and written in place where `constants` has its text; else torch's default says it.
    """

    unit: Unit
    stored: Mapping[tuple[int, str], str]
    constants: Mapping[tuple[int, str], str]

    def of(self, index: int, operands: list[Text]) -> Text:
        """The step's expression, around those of its operands."""
        step = self.unit.steps[index]
        depth = max([text.nesting for text in operands], default=0) + 1
        if step.is_module:
            inner = ", ".join([text.text for text in operands])
            return Text(f"{access(step.attribute, self.unit.lists)}({inner})", 9, depth)
        assert step.emission is not None
        code = step.emission.function
        if isinstance(code, CallCode):
            return Text(self._call(index, code, operands), 9, depth)
        assert isinstance(code, TextCode)
        return self._template(index, code, operands, depth)

    def _call(self, index: int, code: CallCode, operands: list[Text]) -> str:
        parts: list[str] = []
        for argument in code.arguments:
            if isinstance(argument.value, Slot):
                parts.append(operands[argument.value.position].text)
                continue
            if isinstance(argument.value, TextCode):
                parts.append(f"{argument.name}={argument.value.template}")
                continue
            text = self._value(index, argument.key)
            if text is not None:
                parts.append(f"{argument.name}={text}" if argument.name else text)
        return f"{code.callee}({', '.join(parts)})"

    def _value(self, index: int, name: str) -> str | None:
        """A stored or constant value's text; None where torch's default says it."""
        if (index, name) in self.stored:
            return f"self.{self.stored[index, name]}"
        return self.constants.get((index, name))

    def _template(self, index: int, code: TextCode, operands: list[Text], depth: int) -> Text:
        for sign in ("+", "*"):
            if code.template == f"{{{sign}}}":
                # As Python reads it, from the left: sums of floats depend on their order.
                own = code.precedence
                inner = [
                    f"({text.text})" if text.precedence < own + (place > 0) else text.text
                    for place, text in enumerate(operands)
                ]
                return Text(f" {sign} ".join(inner), code.precedence, depth)
        if code.template == "{0}":
            return operands[0]
        text = _filled(code.template, {name: self._value(index, name) or "" for name, _ in code.values})
        text = text.replace("{,}", ", ".join([entry.text for entry in operands]))
        text = text.replace("{self}", access(self.unit.steps[index].attribute, self.unit.lists))
        for place, entry in enumerate(operands):
            atom = entry.text if entry.precedence >= 9 else f"({entry.text})"
            text = text.replace(f"{{{place}}}", atom)
        return Text(text, code.precedence, depth)
