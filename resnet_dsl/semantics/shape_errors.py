"""From an operator's refusal to a diagnostic that names both shapes and where each came from."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import Diagnostic, Label
from resnet_dsl.ops.record import OperatorError
from resnet_dsl.semantics.frames import Frame
from resnet_dsl.semantics.values import Tensor
from resnet_dsl.source import Span


def shape_error(
    error: OperatorError,
    operands: Sequence[tuple[Tensor, Span]],
    span: Span,
    frame: Frame,
) -> Diagnostic:
    """The diagnostic for an `OperatorError` raised on `operands` by the operator at `span`."""
    names = [_name(tensor, position) for position, (tensor, _) in enumerate(operands)]
    fields = dict(error.fields)
    at_fault = error.operands or ((0,) if operands else ())
    fields.setdefault("operand_name", names[at_fault[0]] if at_fault else "the input")
    if len(error.operands) > 1:
        fields["left_name"], fields["right_name"] = (names[i] for i in error.operands[:2])
    related = tuple(
        label for i in at_fault for label in _origin(*operands[i], span, names[i])
    )
    return diagnose(
        error.code,
        span,
        where=frame.where(),
        related=related,
        help=_advice(error, operands),
        **fields,
    )


def _name(tensor: Tensor, position: int) -> str:
    if tensor.name:
        return f"`{tensor.name}`"
    return "the piped value" if position == 0 else f"operand {position + 1}"


def _origin(tensor: Tensor, used: Span, op: Span, name: str) -> list[Label]:
    """Labels for an operand: its shape where it is used, and the line that bound it."""
    if tensor.shape is None:
        return []
    text = str(tensor.shape)
    origin = tensor.origin
    bound = ""
    if origin is not None:
        code = " ".join(origin.text.split())
        code = code if len(code) <= 60 else code[:57] + "..."
        bound = f", from `{code}` on line {origin.start_position.line}"
        if origin.source is not op.source:
            bound += f" of {origin.source.name}"
    if used.start != op.start:
        return [Label(used, text + bound)]
    if origin is not None:
        return [Label(origin, f"{name} is {text}, made here")]
    return []


def _advice(error: OperatorError, operands: Sequence[tuple[Tensor, Span]]) -> str | None:
    """The edit that mends the commonest mistake: a shortcut that keeps its input's shape."""
    if error.code != "RDL401" or len(operands) != 2:
        return None
    left, right = (tensor for tensor, _ in operands)
    shortcut, branch = (right, left) if right.role == "shortcut" else (left, right)
    if shortcut.role != "shortcut" or shortcut.shape is None or branch.shape is None:
        return None
    if not (shortcut.shape.is_map and branch.shape.is_map):
        return None
    stride = shortcut.shape.height // max(1, branch.shape.height)
    if stride < 1 or -(-shortcut.shape.height // stride) != branch.shape.height:
        return None
    out = int(branch.shape.channels)
    return (
        f"project the shortcut to {branch.shape}: `shortcut {shortcut.name} = ... -> "
        f"downsample: project({out}, {stride})` (from std.residual)"
    )
