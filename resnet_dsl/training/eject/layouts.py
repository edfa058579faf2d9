"""Lines that became too long when a template was filled in, broken as ruff and black would."""

from __future__ import annotations

import ast

from resnet_dsl.backends.pytorch.code import WIDTH, layout, signature


def in_columns(text: str) -> str:
    """The text of a definition, its simple statements and its signatures in 88 columns."""
    lines = text.splitlines()
    replaced: list[tuple[int, list[str]]] = []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.stmt) or len(lines[node.lineno - 1]) <= WIDTH:
            continue
        if isinstance(node, ast.FunctionDef):
            replaced.append((node.lineno, _signature(node)))
        elif node.lineno == node.end_lineno:
            replaced.append((node.lineno, _statement(lines[node.lineno - 1], node)))
    for number, new in sorted(replaced, reverse=True):
        lines[number - 1 : number] = new
    return "\n".join(lines)


def _signature(node: ast.FunctionDef) -> list[str]:
    parameters = [ast.unparse(each) for each in node.args.args]
    return signature(
        node.name, parameters, ast.unparse(node.returns) if node.returns else "None", node.col_offset
    )


def _statement(line: str, node: ast.stmt) -> list[str]:
    value = getattr(node, "value", None)
    if not isinstance(value, ast.expr):
        return [line]
    start = value.col_offset
    while line[start - 1] == "(":  # brackets around the value are no part of its node
        start -= 1
    return layout(line[node.col_offset : start], line[start:], "", node.col_offset)
