"""From an operator's refusal to a diagnostic that names both shapes and where each came from."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import Diagnostic, Label
from resnet_dsl.ir.provenance import Binary, Expression, Literal, Named, Variable, expression_of
from resnet_dsl.ops.record import OperatorError
from resnet_dsl.ops.registry import operators
from resnet_dsl.semantics.frames import Frame
from resnet_dsl.semantics.types import is_int
from resnet_dsl.semantics.values import Tensor, shape_words
from resnet_dsl.source import Span

_CODE = 48  # characters of a statement that are quoted in a label


def shape_error(
    error: OperatorError,
    operands: Sequence[tuple[Tensor, Span]],
    span: Span,
    frame: Frame,
) -> Diagnostic:
    """The diagnostic for an `OperatorError` raised on `operands` by the operator at `span`."""
    names = [_name(tensor, position) for position, (tensor, _) in enumerate(operands)]
    shapes = [shape_words(tensor.shape) if tensor.shape is not None else "" for tensor, _ in operands]
    fields = dict(error.fields)
    at_fault = error.operands or ((0,) if operands else ())
    fields.setdefault("operand_name", names[at_fault[0]] if at_fault else "the input")
    if "shape" in fields and at_fault:
        fields["shape"] = shapes[at_fault[0]]
    if error.code == "RDL304":  # refused by the rule, not by the table; what it means stands in the table
        callee = operators()[fields["callee"]]
        fields["meaning"] = next(entry.meaning for entry in callee.parameters if entry.name == fields["name"])
    if len(error.operands) > 1:
        first, second = error.operands[:2]
        fields.update(
            left_name=names[first], right_name=names[second], left=shapes[first], right=shapes[second]
        )
    related = tuple(label for i in at_fault for label in _origin(*operands[i], span, names[i]))
    return diagnose(
        error.code, span, where=frame.where(), related=related, help=_advice(error, operands, frame), **fields
    )


def _name(tensor: Tensor, position: int) -> str:
    if tensor.name:
        return f"`{tensor.name}`"
    return "the piped tensor" if position == 0 else f"operand {position + 1}"


def _origin(tensor: Tensor, used: Span, op: Span, name: str) -> list[Label]:
    """Labels for an operand: its shape where it is used, and the line that bound it."""
    if tensor.shape is None:
        return []
    text = shape_words(tensor.shape)
    origin = tensor.origin
    if used.start != op.start:
        return [Label(used, text + _bound(origin, op))]
    if origin is None:
        return []
    return [Label(origin, f"{name} is {text}" if tensor.name else text)]


def _bound(origin: Span | None, op: Span) -> str:
    if origin is None:
        return ""
    line = f"line {origin.start_position.line}"
    if origin.source is not op.source:
        line += f" of {origin.source.name}"
    code = " ".join(origin.text.split())
    how = "bound" if "=" in code or code.startswith("input") else "made"
    return f", {how} by `{code}` on {line}" if len(code) <= _CODE else f", {how} on {line}"


# --- edits ---------------------------------------------------------------------------------------


def _advice(error: OperatorError, operands: Sequence[tuple[Tensor, Span]], frame: Frame) -> str | None:
    """The edit that mends the mistake where the operands tell it; None for the catalog's own."""
    if error.code == "RDL406" and is_int(error.fields.get("kernel")):
        return f"use `pad = {error.fields['kernel'] // 2}` or less"
    layouts = {tensor.shape.channels_last for tensor, _ in operands if tensor.shape is not None}
    if error.code == "RDL402" and layouts == {True}:
        return "`channels_first` puts the channels in front again"
    if error.code in ("RDL401", "RDL407") and len(layouts) > 1:
        return "bring both to one layout first: `channels_last` or `channels_first`"
    if error.code != "RDL401" or len(operands) != 2:
        return None
    (left, _), (right, _) = operands
    if left.shape is None or right.shape is None:
        return None
    if (left.shape.rank == 3) != (right.shape.rank == 3):
        return "leave `flatten` out, or make a map of the vector: `reshape([x.c, 1, 1])`"
    if not left.shape.is_map or (left.role != "shortcut" and right.role != "shortcut"):
        return None
    shortcut, branch = (right, left) if right.role == "shortcut" else (left, right)
    return _projection(shortcut, branch, frame)


def _projection(shortcut: Tensor, branch: Tensor, frame: Frame) -> str | None:
    """The commonest mistake: the branch changes the shape and the shortcut keeps it."""
    if shortcut.shape is None or branch.shape is None or shortcut.origin is None:
        return None
    stride = shortcut.shape.height // max(1, branch.shape.height)
    if stride < 1 or -(-shortcut.shape.height // stride) != branch.shape.height:
        return None
    code = " ".join(shortcut.origin.text.split())
    if len(code) > _CODE:
        code = f"shortcut {shortcut.name} = ..."
    arguments = [_written(expression_of(branch.shape.channels), frame) or str(int(branch.shape.channels))]
    if stride != 1:
        arguments.append(_parameter(stride, frame) or str(stride))
    importing = "" if frame.module.names.get("project") else " (`from std.shortcuts import project`)"
    return f"project the shortcut: `{code} -> downsample: project({', '.join(arguments)})`{importing}"


def _written(expression: Expression, frame: Frame) -> str:
    """A number's history as the block's own text would put it; empty where that is not simple."""
    match expression:
        case Variable(name, axis):
            known = frame.names.get(name)
            fits = isinstance(known, Tensor) if axis else is_int(known)
            return "" if not fits else f"{name}.{axis}" if axis else name
        case Literal(value):
            return str(value)
        case Named(name, _):
            return name if is_int(frame.names.get(name)) else ""
        case Binary("*" | "//" as operator, Variable() | Literal() as left, Variable() | Literal() as right):
            sides = [_written(left, frame), _written(right, frame)]
            return f" {operator} ".join(sides) if all(sides) else ""
        case _:
            return ""


def _parameter(value: int, frame: Frame) -> str:
    """The one parameter of the block that holds a value; a number would fit this instance only."""
    names = [name for name, entry in frame.names.items() if is_int(entry) and entry == value]
    return names[0] if len(names) == 1 else ""
