"""What a phase of the compiler made, as text: for whoever works on the compiler or wonders at it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resnet_dsl.cli.loading import LeftOut, load_models

if TYPE_CHECKING:
    from resnet_dsl.semantics.modules import Module


def dump(
    phase: str,
    spec: Path,
    model: str | None,
    overrides: Sequence[str],
    include: Iterable[Path],
    left_out: LeftOut,
) -> str:
    """The result of one phase: a syntax tree, a table of names, a graph, or a model's facts."""
    if phase in {"parse", "resolve"}:
        module = _module(spec, include)
        return "\n".join(_tree(module.tree) if phase == "parse" else _names(module))
    networks = load_models(spec, model, overrides, include=include, left_out=left_out)
    if phase == "expect":
        return "\n".join(repr(net) for net in networks)
    from resnet_dsl.ir.text import print_network

    return "\n".join(print_network(net.network).rstrip("\n") for net in networks)


def _module(spec: Path, include: Iterable[Path]) -> Module:
    from resnet_dsl.diagnostics.model import DiagnosticBag, InternalError
    from resnet_dsl.semantics.modules import Loader

    bag = DiagnosticBag()
    module = Loader(bag, list(include)).load(spec)
    bag.raise_if_errors()
    if module is None:
        raise InternalError(f"{spec} was not read, and nobody said why")
    return module


def _names(module: Module) -> Iterator[str]:
    """Every name that the file's declarations see: what it is, and where it comes from."""
    for name, entity in module.names.items():
        kind = type(entity).__name__.removesuffix("Definition").lower()
        origin = getattr(getattr(entity, "module", entity), "name", "")
        yield f"{name}: {kind}, {origin}".removesuffix(", ")


def _tree(node: Any, depth: int = 0, role: str = "") -> Iterator[str]:
    """A node a line: the field that holds it, its kind, its plain values; children below."""
    values: list[str] = []
    children: list[tuple[str, Any]] = []
    for field in node._fields:
        value = getattr(node, field)
        if field in {"source", "span"} or value is None or value == ():
            continue
        if _is_leaf(value):
            values.append(f"{field}={_leaf(value)}")
        else:
            children.extend((field, child) for child in _nodes(value))
    span = getattr(node, "span", None)
    line = f"  [{span.start_position.line}]" if span is not None else ""
    lead = f"{role}: " if role else ""
    yield "  " * depth + " ".join([lead + type(node).__name__, *values]) + line
    for name, child in children:
        yield from _tree(child, depth + 1, name)


def _is_node(value: Any) -> bool:
    """Whether a value is a node of the tree; bare tuples are lists of them."""
    return hasattr(value, "_fields")


def _is_leaf(value: Any) -> bool:
    if isinstance(value, tuple) and not _is_node(value):
        return all(_is_leaf(item) for item in value)
    return not _is_node(value) or type(value).__name__ == "Name"


def _leaf(value: Any) -> str:
    if isinstance(value, tuple) and not _is_node(value):
        return "(" + ", ".join(_leaf(item) for item in value) + ")"
    return str(getattr(value, "text", "")) if _is_node(value) else ascii(value)


def _nodes(value: Any) -> Iterator[Any]:
    """The nodes in a field, in nested tuples too; a bare text among them stays a leaf elsewhere."""
    if _is_node(value):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes(item)
