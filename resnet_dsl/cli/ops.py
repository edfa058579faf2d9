"""``resnet-dsl ops``: the table of operators, and all that its record says of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from resnet_dsl.cli.terminal import put

if TYPE_CHECKING:
    from resnet_dsl.ops.parameter import Parameter
    from resnet_dsl.ops.record import Example, Operator


class Form(StrEnum):
    """How operators are printed."""

    TABLE = "table"
    JSON = "json"


def register(app: typer.Typer) -> None:
    app.command("ops")(ops)


def ops(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="One operator; without it: all.")
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="The output's form.")] = Form.TABLE,
) -> None:
    """List the operators of the language, or show one."""
    from resnet_dsl.ops.registry import operators

    table = operators()
    if name is not None and name not in table:
        from resnet_dsl.semantics.name_advice import block_advice

        raise typer.BadParameter(
            f"there is no operator {name!r}; {block_advice(name, ())}", param_hint="NAME"
        )
    if form is Form.JSON:
        from json import dumps

        rows = [_as_json(operator) for operator in table.values() if name in {None, operator.name}]
        put(dumps(rows if name is None else rows[0], indent=2))
    elif name is None:
        put(_aligned([(entry.name, entry.category.value, entry.summary) for entry in table.values()]))
    else:
        put("\n".join(_described(table[name])))


def _described(operator: Operator) -> Iterator[str]:
    yield f"{operator.name}({', '.join(_signature(entry) for entry in operator.parameters)})"
    yield operator.summary
    yield ""
    if operator.parameters:
        heads = ("argument", "type", "default", "meaning")
        yield _aligned([heads, *(_row(entry) for entry in operator.parameters)])
        yield ""
    yield _aligned(
        [
            ("operands", _arity(operator.arity)),
            ("category", operator.category.value),
            ("weights", "yes" if operator.has_weights else "none"),
            ("depth", "counts as a layer" if operator.counts_depth else "not counted"),
            ("reference", operator.reference),
        ]
    )
    yield ""
    yield from (_use(operator.name, entry) for entry in operator.examples)


def _signature(parameter: Parameter) -> str:
    return parameter.name if parameter.required else f"{parameter.name} = {_default(parameter)}"


def _row(parameter: Parameter) -> tuple[str, str, str, str]:
    kind = " | ".join(parameter.choices) or parameter.kind.value
    bounds = [
        f"{word} {bound:g}"
        for word, bound in (("at least", parameter.minimum), ("at most", parameter.maximum))
        if bound is not None
    ]
    unit = [f"in {parameter.unit}"] if parameter.unit and parameter.unit not in parameter.meaning else []
    meaning = ", ".join([parameter.meaning, *unit, *bounds])
    if parameter.auto:
        meaning += f"; auto: {parameter.auto}"
    return parameter.name, kind, "" if parameter.required else _default(parameter), meaning


def _default(parameter: Parameter) -> str:
    return _literal(getattr(parameter.default, "value", parameter.default))  # `AUTO` by its word


def _literal(value: Any) -> str:
    """A value as the language writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_literal(item) for item in value)}]"
    return str(value)


def _arity(arity: tuple[int, int | None]) -> str:
    least, most = arity
    if most is None:
        return f"{least} or more"
    return str(least) if least == most else f"{least} to {most}"


def _use(name: str, example: Example) -> str:
    """``[3, 32, 32] -> conv(out = 16, kernel = 3)``, with the code where it is a mistake."""
    arguments = ", ".join(f"{key} = {_literal(value)}" for key, value in example.arguments)
    line = f"{', '.join(_literal(shape) for shape in example.inputs)} -> {name}({arguments})"
    return f"{line}   error[{example.error}]" if example.error else line


def _aligned(rows: Sequence[tuple[str, ...]]) -> str:
    """Rows with every column but the last padded to one width."""
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]) - 1)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in rows
    )


def _as_json(operator: Operator) -> dict[str, Any]:
    least, most = operator.arity
    return {
        "name": operator.name,
        "summary": operator.summary,
        "category": operator.category.value,
        "operands": {"min": least, "max": most},
        "parameters": [
            {
                "name": entry.name,
                "type": entry.kind.value,
                "required": entry.required,
                "default": None if entry.required else getattr(entry.default, "value", entry.default),
                "min": entry.minimum,
                "max": entry.maximum,
                "unit": entry.unit,
                "choices": list(entry.choices),
                "meaning": entry.meaning,
                "auto": entry.auto,
            }
            for entry in operator.parameters
        ],
        "weights": operator.has_weights,
        "counts_depth": operator.counts_depth,
        "reference": operator.reference,
        "examples": [
            {"inputs": entry.inputs, "arguments": dict(entry.arguments), "error": entry.error or None}
            for entry in operator.examples
        ],
    }
