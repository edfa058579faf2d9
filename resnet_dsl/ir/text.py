"""The printed form of a network: what `resnet-dsl show` prints and what tests compare.

One line a node, in registration order, under a header for each scope::

    model tiny(classes=10)
      %0 image = input(shape=[3, 8, 8]) : 3x8x8
      block stem = cbr(out=16) of x=%0 -> %3
        %1 stem.conv1 = conv(out=16, kernel=3, ...) %0 : 16x8x8

``%3~`` reads node 3 by the name that a `shortcut` statement gave it; a line that ends in
``shortcut`` was computed by one. ``_`` is an instance without a label.

Stable: the same network prints the same text. Text that stems from a spec is quoted wherever it is
more than a dotted name, so no label can forge a line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network, Node, Operand, Scope, ScopeKind
from resnet_dsl.ir.walk import walk

_PLAIN = re.compile(r"[A-Za-z0-9_]+(?:[.-][A-Za-z0-9_]+)*")
_INDENT = "  "
MAX_NESTING = 8  # values nest this deep at most; what is deeper prints as [...]


def print_network(network: Network) -> str:
    """The whole network as text that ends with a newline."""
    return "".join(line + "\n" for line in _lines(network))


def _lines(network: Network) -> Iterator[str]:
    yield f"model {_instance(network.root, network.name)} {network.variant}".rstrip()
    for depth, item in walk(network.root):
        line = _scope_header(item) if isinstance(item, Scope) else node_text(item)
        yield _INDENT * (depth + 1) + line
    for auxiliary in network.auxiliary:
        yield f"{_INDENT}aux {quoted(auxiliary.name)} = %{auxiliary.node}"
    yield f"{_INDENT}output %{network.output} : {network.node(network.output).shape}"


def node_text(node: Node) -> str:
    """One node on one line: id, path, operator, attributes, operands, shape, marks."""
    operands = " ".join(_operand(operand) for operand in node.operands)
    path = node.name if node.op.category is Category.INPUT else node.path
    parts = [f"%{node.id} {quoted(path)} = {node.op.name}({_pairs(node.attributes)})", operands]
    marks = " shortcut" if node.shortcut else ""
    return " ".join(part for part in parts if part) + f" : {node.shape}{marks}"


def _scope_header(scope: Scope) -> str:
    name = scope.path if scope.name is not None else "_"
    words = [scope.kind.value, _instance(scope, name)]
    if scope.operands:
        names = [*scope.operand_names, *[""] * (len(scope.operands) - len(scope.operand_names))]
        operands = (
            (f"{name}=" if name else "") + _operand(operand)
            for name, operand in zip(names, scope.operands, strict=True)
        )
        words += ["of", ", ".join(operands)]
    if scope.kind is not ScopeKind.GROUP:  # a level of names only
        words += ["->", f"%{scope.output}"]
    return " ".join(words) + (" shortcut" if scope.shortcut else "")


def _instance(scope: Scope, name: str) -> str:
    """``layer1 = residual_stage(n=3)``; a model that is its own definition is named once."""
    if not scope.definition:
        return quoted(name)
    call = f"{quoted(scope.definition)}({_pairs(scope.arguments)})"
    return call if scope.definition == name else f"{quoted(name)} = {call}"


def _operand(operand: Operand) -> str:
    """``%3``, or ``%3~`` where the tensor was bound by a `shortcut` statement."""
    return f"%{operand.node}~" if operand.shortcut else f"%{operand.node}"


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{quoted(name)}={value_text(value)}" for name, value in values.items())


def quoted(text: str) -> str:
    """A dotted name as it is, any other text as a JSON string in ASCII."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


def value_text(value: Any, depth: int = 0) -> str:
    """A compile-time value as the language writes it; a block or operator by its name."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(int(value))
        case float():
            return repr(value)
        case str():
            return quoted(value)
        case Enum():
            return str(value.value)
        case None:
            return "none"
        case Sequence() if depth < MAX_NESTING:
            return f"[{_joined(value, depth)}]"
        case Sequence():
            return "[...]"
        case _:
            return quoted(str(getattr(value, "name", type(value).__name__)))


def _joined(values: Iterable[Any], depth: int) -> str:
    return ", ".join(value_text(value, depth + 1) for value in values)
