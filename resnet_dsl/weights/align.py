"""Which tensor of a checkpoint is which of a network, where the keys do not say it.

Keys are set aside; what is left is a tree of modules with tensors of certain shapes. Modules are
paired by their own tensors and by what stands around them: the unit, the stage, the network. Those
with most around them come first, then with less of what is nearest, down to nothing. Of modules that
look the same the first is paired with the first, in order; where one side has more of them, none is.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby
from typing import NamedTuple

from resnet_dsl.analysis.keys import StateEntry
from resnet_dsl.weights.checkpoint import TensorInfo
from resnet_dsl.weights.compare import is_counter

_MAX_LEVELS = 12  # around a module
_FEW = 8  # leaves whose names are compared each with each
_DIGITS = re.compile(r"(\d+)")

_Around = tuple[int, ...]
Leaf = tuple[str, tuple[int, ...]]  # the last part of a key, and the shape


class Module(NamedTuple):
    """A level of keys that holds tensors: the parts of its path, and its leaves in order."""

    path: tuple[str, ...]
    leaves: tuple[Leaf, ...]


class Link(NamedTuple):
    """A checkpoint's key and the network's that it is taken for, as parts."""

    old: tuple[str, ...]
    new: tuple[str, ...]


def natural(key: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts ``layer.10`` behind ``layer.9``."""
    return tuple((0, int(text[:18]), "") if text.isdigit() else (1, 0, text) for text in _DIGITS.split(key))


def align(entries: Sequence[StateEntry], tensors: Sequence[TensorInfo], *, in_order: bool) -> list[Link]:
    """Links between both sides; what is ambiguous has none.

    Without `in_order` both sides are read in natural order of their keys, which the order of names
    shares more often than not.
    """
    ours = _modules(entries, in_order)
    theirs = _modules(tensors, in_order)
    paired = _paired(theirs, ours, lambda module: tuple(sorted(module.leaves)), in_order=in_order)
    # Where the last parts have other names (`gamma` for `weight`), shapes alone have to do.
    left_theirs = [module for module in theirs if module.path not in paired]
    taken = {module.path for module in paired.values()}
    left_ours = [module for module in ours if module.path not in taken]
    paired |= _paired(
        left_theirs,
        left_ours,
        lambda module: tuple(sorted(shape for _, shape in module.leaves)),
        in_order=in_order,
    )

    links = []
    for module in theirs:
        partner = paired.get(module.path)
        if partner is not None:
            links += [Link((*module.path, a), (*partner.path, b)) for a, b in _leaves(module, partner)]
    return links


def _modules(tensors: Iterable[StateEntry | TensorInfo], in_order: bool) -> list[Module]:
    by_path: dict[tuple[str, ...], list[Leaf]] = defaultdict(list)
    listed = [tensor for tensor in tensors if not is_counter(tensor)]
    for tensor in listed if in_order else sorted(listed, key=lambda tensor: natural(tensor.key)):
        *path, leaf = tensor.key.split(".")
        by_path[tuple(path)].append((leaf, tuple(int(size) for size in tensor.shape)))
    return [Module(path, tuple(leaves)) for path, leaves in by_path.items()]


def _leaves(module: Module, partner: Module) -> list[tuple[str, str]]:
    """The leaves of paired modules: those of one name, then the likest names, then by order."""
    same = set(module.leaves) & set(partner.leaves)
    pairs = [(name, name) for name, _ in sorted(same)]
    theirs, ours = ([leaf for leaf in side.leaves if leaf not in same] for side in (module, partner))
    while 0 < len(theirs) <= _FEW:
        _, a, b = min(
            (-SequenceMatcher(None, old[0][:64], new[0][:64]).ratio(), a, b)
            for a, old in enumerate(theirs)
            for b, new in enumerate(ours)
            if old[1] == new[1]
        )
        pairs.append((theirs.pop(a)[0], ours.pop(b)[0]))
    return pairs + [(old[0], new[0]) for old, new in zip(theirs, ours, strict=True)]


def _by_name(theirs: Sequence[Module], ours: Sequence[Module]) -> Iterator[tuple[Module, Module]]:
    """Modules that look the same, from files that keep no order: those of one last name first.

    Where the names are the same but for numbers, as in `conv0, conv1` and `conv1, conv2`, numbers give
    the order, and a name on both sides says nothing.
    """
    sides = [Counter(_last(module) for module in side) for side in (theirs, ours)]
    stems = [Counter(_DIGITS.sub("", _last(module)) for module in side) for side in (theirs, ours)]
    shared = (
        {name for name in sides[0] if sides[0][name] == sides[1][name]} if stems[0] != stems[1] else set()
    )
    for name in sorted(shared):
        yield from zip(
            *([module for module in side if _last(module) == name] for side in (theirs, ours)), strict=True
        )
    left, right = ([module for module in side if _last(module) not in shared] for side in (theirs, ours))
    yield from zip(left, right, strict=True)


def _last(module: Module) -> str:
    return module.path[-1] if module.path else ""


def _paired(
    theirs: Sequence[Module], ours: Sequence[Module], look: Callable[[Module], Hashable], *, in_order: bool
) -> dict[tuple[str, ...], Module]:
    """Each of `theirs` that has a partner, by path."""
    paired: dict[tuple[str, ...], Module] = {}
    taken: set[tuple[str, ...]] = set()
    around_theirs, around_ours = _surroundings(theirs, ours, look)
    deepest = max((len(seen) for seen in around_ours.values()), default=0)
    for level in range(deepest, -1, -1):
        classes: dict[Hashable, tuple[list[Module], list[Module]]] = {}
        for side, modules, around in ((0, theirs, around_theirs), (1, ours, around_ours)):
            for module in modules:
                if module.path not in (taken if side else paired):
                    seen = around[module.path]
                    if len(seen) >= level:
                        classes.setdefault((look(module), seen[len(seen) - level :]), ([], []))[side].append(
                            module
                        )
        for left, right in classes.values():
            if len(left) == len(right):
                pairs = zip(left, right, strict=True) if in_order else _by_name(left, right)
                for module, partner in pairs:
                    paired[module.path] = partner
                    taken.add(partner.path)
    return paired


def _surroundings(
    theirs: Sequence[Module], ours: Sequence[Module], look: Callable[[Module], Hashable]
) -> tuple[dict[tuple[str, ...], _Around], dict[tuple[str, ...], _Around]]:
    """For each module of both sides a number for what lies under each level around it, nearest first.

    Levels that the other side has nothing like are left out, and so is a level that holds what the
    one inside it holds: sides that nest differently still have blocks and stages in common.
    """
    sides = [_contents(modules, look) for modules in (theirs, ours)]
    shared = set(sides[0].values()) & set(sides[1].values())
    found = []
    for modules, contents in zip((theirs, ours), sides, strict=True):
        around = {}
        for module in modules:
            seen = [number for path in _levels(module) if (number := contents[path]) in shared]
            around[module.path] = tuple(number for number, _ in groupby(seen))
        found.append(around)
    return found[0], found[1]


def _contents(modules: Sequence[Module], look: Callable[[Module], Hashable]) -> dict[tuple[str, ...], int]:
    """A number for all that lies under each level; equal numbers are equal contents."""
    below: dict[tuple[str, ...], Counter[int]] = defaultdict(Counter)
    for module in modules:
        own = hash(look(module))
        for path in _levels(module):
            below[path][own] += 1
    return {path: hash(frozenset(counts.items())) for path, counts in below.items()}


def _levels(module: Module) -> Iterator[tuple[str, ...]]:
    """The levels around a module, nearest first."""
    for count in range(1, min(_MAX_LEVELS, len(module.path)) + 1):
        yield module.path[:-count]
