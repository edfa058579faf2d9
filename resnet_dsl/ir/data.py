"""The network as plain values, for JSON: the same facts as its printed form."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from resnet_dsl.ir.graph import Network, Node, Operand, Scope
from resnet_dsl.ir.text import MAX_NESTING, value_text

_VERSION = 1


def network_data(network: Network) -> dict[str, Any]:
    """Nodes in execution order, scopes outermost first; ids are positions in these lists."""
    return {
        "version": _VERSION,
        "model": network.name,
        **({"variant": network.variant} if network.variant else {}),
        "inputs": list(network.inputs),
        "output": network.output,
        "auxiliary": {auxiliary.name: auxiliary.node for auxiliary in network.auxiliary},
        "nodes": [_node(node) for node in network.nodes()],
        "scopes": [_scope(scope) for scope in network.scopes],
    }


def _node(node: Node) -> dict[str, Any]:
    return {
        "id": node.id,
        "path": node.path,
        "op": node.op.name,
        "scope": node.scope,
        "attributes": {name: plain(value) for name, value in node.attributes.items()},
        "operands": [_operand(operand) for operand in node.operands],
        "shape": node.shape.plain(),
        "binding": node.binding,
        "shortcut": node.shortcut,
        "line": node.span.start_position.line,
    }


def _scope(scope: Scope) -> dict[str, Any]:
    return {
        "id": scope.id,
        "parent": scope.parent,
        "kind": scope.kind.value,
        "name": scope.name,
        "path": scope.path,
        "definition": scope.definition,
        "arguments": {name: plain(value) for name, value in scope.arguments.items()},
        "operands": [_operand(operand) for operand in scope.operands],
        "output": scope.output,
        "shortcut": scope.shortcut,
    }


def _operand(operand: Operand) -> dict[str, Any]:
    return {"node": operand.node, "name": operand.name, "shortcut": operand.shortcut}


def plain(value: Any, depth: int = 0) -> Any:
    """A compile-time value as JSON has it; what JSON lacks, such as an operator, as its name."""
    match value:
        case None | bool() | float() | str():
            return value
        case int():
            return int(value)
        case Sequence() if depth < MAX_NESTING:
            return [plain(item, depth + 1) for item in value]
        case _:
            return value_text(value)


def json_text(data: Mapping[str, Any]) -> str:
    """An object with one member a line, and lists of objects with one object a line.

    So a row can be found by eye, and a diff shows the rows that changed. An iterator counts as a list
    of objects; only its text is held as a whole.
    """
    return "".join(_pieces(data))


def _pieces(data: Mapping[str, Any]) -> Iterator[str]:
    """The text in pieces, each made once: a deep network's is tens of megabytes."""
    before = "{\n"
    for name, value in data.items():
        yield f"{before}  {json.dumps(name)}: "
        before = ",\n"
        if isinstance(value, Iterator) or (isinstance(value, list) and value and isinstance(value[0], dict)):
            yield from _rows(value)
        else:
            yield json.dumps(value)
    yield "\n}"


def _rows(rows: Iterable[Any]) -> Iterator[str]:
    before = "[\n"
    for row in rows:
        yield f"{before}    {json.dumps(row)}"
        before = ",\n"
    yield "[]" if before == "[\n" else "\n  ]"
