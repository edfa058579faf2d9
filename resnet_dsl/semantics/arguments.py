"""Arguments as they are given, and what binding them to parameters has in common.

Every mistake is reported; a binding with mistakes is None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from resnet_dsl.semantics.evaluate import Evaluator
from resnet_dsl.semantics.frames import Frame
from resnet_dsl.semantics.signatures import argument_advice, argument_count
from resnet_dsl.semantics.types import conversion, told
from resnet_dsl.semantics.values import POISON, OpValue
from resnet_dsl.source import Span
from resnet_dsl.syntax import tree


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
    """The arguments of an application, evaluated in order; `nodes` is None where there are no parentheses."""
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


class Binder:
    """What was given to a callee, on its way to what the callee declares. `span` is where the callee
    is named."""

    def __init__(self, evaluator: Evaluator, frame: Frame, span: Span) -> None:
        self.evaluator = evaluator
        self.frame = frame
        self.span = span
        self.failed = False

    def fail(self, code: str, span: Span, **fields: Any) -> None:
        self.failed = True
        self.evaluator.report(code, span, self.frame, **fields)

    def assign(
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
                advice = argument_advice(name, names, callee)
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
                advice = argument_advice(name, names, callee)
                self.fail("RDL301", argument.place, callee=callee, name=name, help=advice)
            elif name in values:
                self.fail("RDL307", argument.place, callee=callee, name=name)
            else:
                values[name] = (argument.value, argument.span)
        return values

    def missing(self, callee: str, missing: list[str], written: str) -> None:
        """Reports parameters that got no value."""
        if missing:
            names = " and ".join(missing) if len(missing) < 3 else ", ".join(missing)
            self.fail("RDL302", self.span, callee=callee, missing=names, help=f"it is `{written}`")

    def mistyped(
        self,
        callee: str,
        name: str,
        wanted: str,
        value: Any,
        span: Span,
        meaning: str,
        advice: str | None = None,
    ) -> Any:
        """Reports a value of another type than is `wanted`, and yields `POISON`."""
        advice = advice or conversion(value, wanted)
        fields = {"callee": callee, "name": name, "wanted": wanted, "given": told(value)}
        self.fail("RDL303", span, meaning=meaning, help=advice, **fields)
        return POISON
