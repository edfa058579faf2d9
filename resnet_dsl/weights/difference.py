"""The first place where a checkpoint and a network disagree, told as the spec has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from resnet_dsl.analysis.keys import StateEntry
from resnet_dsl.ir.graph import Network, Node, Scope
from resnet_dsl.ir.text import value_text
from resnet_dsl.source import Span
from resnet_dsl.weights.checkpoint import TensorInfo
from resnet_dsl.weights.compare import Comparison, Pair


class Difference(NamedTuple):
    """A disagreement: the network's key or the checkpoint's, what is the matter with it, and the
    spec's line and block instance that it belongs to."""

    key: str
    text: str
    span: Span | None
    where: str


def first_difference(
    network: Network, found: Comparison, original: Mapping[str, TensorInfo]
) -> Difference | None:
    """The first of the network's tensors, in registration order, that gets nothing; else the first of
    the checkpoint's that has no place. `original` knows tensors that a proposed rule would bring."""
    pairs = {pair.entry.key: pair for pair in (*found.misshaped, *found.mistyped)}
    missing = {entry.key for entry in found.missing}
    for entry in found.entries:
        if entry.key in missing or entry.key in pairs:
            module = _module(network, entry.key)
            text = _lack(entry, pairs.get(entry.key), original.get(entry.key))
            return Difference(entry.key, text, module.span, _where(network, module))
    for key, tensor in (*found.unexpected, *found.collisions):
        module = _module(network, key)
        text = f"`{key}` {shape_text(tensor.shape)} of the checkpoint has no place here"
        return Difference(key, text, module.span, _where(network, module))
    return None


def _lack(entry: StateEntry, pair: Pair | None, elsewhere: TensorInfo | None) -> str:
    if pair is None:
        other = f"; there it may be `{elsewhere.key}`" if elsewhere is not None else ""
        return f"`{entry.key}` {shape_text(entry.shape)} is not in the checkpoint{other}"
    if pair.entry.shape != pair.tensor.shape:
        return f"`{entry.key}` is {shape_text(entry.shape)} here and {shape_text(pair.tensor.shape)} there"
    return f"`{entry.key}` is {entry.dtype} here and {pair.tensor.dtype} there"


def shape_text(shape: tuple[int, ...]) -> str:
    """``[64, 3, 7, 7]``."""
    return f"[{', '.join(str(int(size)) for size in shape)}]"


def _module(network: Network, key: str) -> Node | Scope:
    """What stands at the longest part of a key that the network has."""
    known: dict[str, Node | Scope] = {scope.path: scope for scope in network.scopes if scope.name is not None}
    known.update((node.path, node) for node in network.nodes())
    while key:
        if key in known:
            return known[key]
        key = key.rpartition(".")[0]
    return network.root


def _where(network: Network, module: Node | Scope) -> str:
    """The block instance: ``layer1.0 = basic(width = 64)``."""
    scope = network.scope(module.scope) if isinstance(module, Node) else module
    while not scope.definition and scope.parent is not None:
        scope = network.scope(scope.parent)
    if scope.parent is None:
        return f"model {network.name}"
    arguments = ", ".join(f"{name} = {value_text(value)}" for name, value in scope.arguments.items())
    shown = f"{scope.definition}({arguments if len(arguments) <= 120 else arguments[:117] + '...'})"
    return f"{scope.path} = {shown}" if scope.path else shown


def settings(network: Network, found: Comparison) -> dict[str, int]:
    """The model's parameters, with other values, that may give the mis-shaped tensors their shapes.

    A guess: a parameter is taken for a size where it alone has that value. Empty unless every size is
    explained so, each parameter in one way.
    """
    values = Counter(value for value in network.root.arguments.values() if isinstance(value, int))
    names = {value: name for name, value in network.root.arguments.items() if isinstance(value, int)}
    wanted: dict[str, int] = {}
    for pair in found.misshaped:
        if len(pair.entry.shape) != len(pair.tensor.shape):
            return {}
        for size, other in zip(pair.entry.shape, pair.tensor.shape, strict=True):
            if size == other:
                continue
            if values[size] != 1 or wanted.setdefault(names[size], other) != other:
                return {}
    return wanted
