"""The ``state_dict`` of a network, worked out without torch: keys, shapes, dtypes and order.

A module lists its own tensors first, then its children in the order they were registered, and so
on inward; so the order is that of a tree, not of execution.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from resnet_dsl.ir.contract import Weight
from resnet_dsl.ir.graph import Network, Scope
from resnet_dsl.ir.walk import walk


@dataclass(frozen=True, slots=True)
class StateEntry:
    """One tensor of a ``state_dict``: its key, its shape and its dtype as torch names it."""

    key: str
    shape: tuple[int, ...]
    dtype: str

    def __str__(self) -> str:
        """``layer1.0.conv1.weight:64x64x1x1:float32``; a scalar's shape is empty."""
        return f"{self.key}:{'x'.join(str(size) for size in self.shape)}:{self.dtype}"


@dataclass(slots=True)
class _Module:
    """A level of the tree: its own tensors and its children by name."""

    weights: list[Weight] = field(default_factory=list)
    children: dict[str, _Module] = field(default_factory=dict)


def state_dict_entries(network: Network) -> list[StateEntry]:
    """Every persistent tensor in the order of ``state_dict()``."""
    root = _Module()
    for _, item in walk(network.root):
        if isinstance(item, Scope):
            if item.name is not None:
                _descend(root, item.path)
            continue
        for weight in item.op.weights(item.attributes, item.operand_shapes):
            path = item.path if weight.name else item.path.rpartition(".")[0]
            own = weight if weight.name else weight._replace(name=item.name)
            _descend(root, path).weights.append(own)
    return list(_entries(root))


def state_dict_sha(entries: Sequence[StateEntry], ordered: bool = False) -> str:
    """SHA-256 of the entries, one line each, UTF-8; sorted lines unless `ordered`.

    Two networks with one unordered hash accept each other's weights; with one ordered hash they
    also accept each other's optimizer state, which is positional.
    """
    lines = [str(entry) for entry in entries]
    return sha256("\n".join(lines if ordered else sorted(lines)).encode()).hexdigest()


def _descend(root: _Module, path: str) -> _Module:
    module = root
    for part in path.split(".") if path else []:
        module = module.children.setdefault(part, _Module())
    return module


def _entries(root: _Module) -> Iterator[StateEntry]:
    pending = [("", root)]
    while pending:
        prefix, module = pending.pop()
        # torch lists parameters before buffers; the sort keeps each kind's own order.
        for weight in sorted(module.weights, key=lambda weight: not weight.trainable):
            yield StateEntry(prefix + weight.name, weight.shape, weight.dtype)
        pending.extend((f"{prefix}{name}.", child) for name, child in reversed(module.children.items()))
