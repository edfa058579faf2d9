"""Where a spec itself writes its parts, whatever files it imports."""

from __future__ import annotations

from collections.abc import Mapping

from resnet_dsl.ir.graph import Network


def lines_of_spec(network: Network) -> dict[str, int]:
    """Lines of the model's own file, by the path of each operator and named level.

    For what stands in an imported file it is the line that uses the block around it, and the line
    of the model's declaration where none in the file does.
    """
    source = network.root.span.source
    used: list[int] = []  # by scope; a scope's number is greater than those of the scopes around it
    for scope in network.scopes:
        around = used[scope.parent] if scope.parent is not None else scope.span.start_position.line
        used.append(scope.span.start_position.line if scope.span.source is source else around)
    found = {scope.path: used[scope.id] for scope in network.scopes if scope.path}
    for node in network.nodes():
        own = node.span.source is source
        found[node.path or node.name] = node.span.start_position.line if own else used[node.scope]
    return found


def line_of(whole: Mapping[str, int], lines: Mapping[str, int], path: str) -> int | None:
    """The line of the outermost new level around a key or operator, else its own."""
    parts = path.split(".")
    around = (".".join(parts[:depth]) for depth in range(1, len(parts) + 1))
    own = lines.get(path, lines.get(owner(path)))
    return next((whole[level] for level in around if level in whole), own)


def owner(key: str) -> str:
    """The path of the operator that a key belongs to."""
    return key.rpartition(".")[0]
