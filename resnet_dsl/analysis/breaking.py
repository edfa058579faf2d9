"""What a change of a spec breaks for those who use its models.

Worst first: `API`, a model, a parameter or an input that is gone; `KEYS`, other keys of the
``state_dict`` or another order of them, which moves the state of an optimizer; `SHAPES`, tensors of
another shape; `GRAPH`, the same tensors and another computation, which no loader notices.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from enum import IntEnum
from typing import NamedTuple

from resnet_dsl.analysis.changes import ADDED, CHANGED, RESIZED, Change
from resnet_dsl.analysis.compare import Comparison, compare
from resnet_dsl.analysis.computation import computation, is_start
from resnet_dsl.analysis.keys import state_dict_entries
from resnet_dsl.analysis.written import line_of, lines_of_spec, owner
from resnet_dsl.ir.graph import Network

SHOWN = 4  # keys or operators in one message


class Level(IntEnum):
    """How bad a change is; a worse one has the greater number."""

    NONE = 0
    GRAPH = 1
    SHAPES = 2
    KEYS = 3
    API = 4


class Parameter(NamedTuple):
    """A model's parameter: its type and default as the spec writes them, the type empty where the
    default tells it; None is no default."""

    type: str
    default: str | None


class Model(NamedTuple):
    """A model that a spec declares; a family that waits for arguments has no network."""

    parameters: Mapping[str, Parameter]
    network: Network | None


class Break(NamedTuple):
    """One thing that a change breaks. `path` is an operator's, `line` one of the new spec; both may
    be missing. `what` is the message without the operator, where it may be said of others, too."""

    level: Level
    model: str
    message: str
    path: str = ""
    line: int | None = None
    what: str = ""


def breaking(before: Mapping[str, Model], after: Mapping[str, Model]) -> list[Break]:
    """Everything that goes from one version of a spec's models to the next, worst first."""
    seen: dict[Hashable, int] = {}
    found: list[Break] = []
    for name, old in before.items():
        new = after.get(name)
        if new is None:
            found.append(Break(Level.API, name, _gone(old, before, after, seen)))
            continue
        found += (Break(Level.API, name, message) for message in _parameters(old, new))
        if old.network is not None and new.network is not None:
            found += _networks(name, old.network, new.network, seen)
    return sorted(found, key=lambda entry: -entry.level)


def worst(found: Sequence[Break]) -> Level:
    return max((entry.level for entry in found), default=Level.NONE)


def _gone(
    old: Model, before: Mapping[str, Model], after: Mapping[str, Model], seen: dict[Hashable, int]
) -> str:
    if old.network is not None:
        wanted = computation(old.network, seen)
        for name, new in after.items():
            if name not in before and new.network is not None and computation(new.network, seen) == wanted:
                return f"the model is gone; `{name}` computes the same"
    return "the model is gone"


def _parameters(old: Model, new: Model) -> Iterator[str]:
    fresh = [name for name in new.parameters if name not in old.parameters]
    gone = [name for name in old.parameters if name not in new.parameters]
    for name in gone:
        twins = [other for other in fresh if new.parameters[other] == old.parameters[name]]
        said = f"; is `{twins[0]}` its new name?" if len(twins) == 1 and len(gone) == 1 else ""
        yield f"parameter `{name}` is gone{said}"
    for name in fresh:
        if new.parameters[name].default is None:
            yield f"parameter `{name}` is new and has no default"
    for name, parameter in old.parameters.items():
        other = new.parameters.get(name)
        if other is None:
            continue
        if other.type and parameter.type and other.type != parameter.type:
            yield f"parameter `{name}` was of type {parameter.type}, and is of {other.type}"
        if other.default is None and parameter.default is not None:
            yield f"parameter `{name}` has lost its default"
        elif old.network is None and other.default != parameter.default and parameter.default is not None:
            yield f"parameter `{name}` had the default {parameter.default}, and has {other.default}"


def _networks(name: str, old: Network, new: Network, seen: dict[Hashable, int]) -> Iterator[Break]:
    lines = lines_of_spec(new)
    yield from _ends(name, old, new, lines)
    found = compare(old, new)
    # What is new as a whole is told where it is used.
    whole = {row.path: lines[row.path] for row in found.changes if row.kind == ADDED and row.path in lines}
    for message, key in _keys(found, old, new):
        yield Break(Level.KEYS, name, message, key, line_of(whole, lines, key))
    yield from _reshaped(name, found, lambda key: line_of(whole, lines, key))
    if computation(old, seen) != computation(new, seen):
        yield from (Break(Level.GRAPH, name, *entry) for entry in _graph(found, lines))
    for row in found.changes:
        for detail in row.details:
            if is_start(detail.name):
                what = f"{detail.name} {detail.before} -> {detail.after}; weights that are loaded compute the same"
                yield Break(Level.NONE, name, f"{row.path}: {what}", row.path, lines.get(row.path), what)


def _ends(name: str, old: Network, new: Network, lines: Mapping[str, int]) -> Iterator[Break]:
    """Inputs and outputs: their names are arguments of a call, their shapes what it takes."""
    sides = [[network.node(index) for index in network.inputs] for network in (old, new)]
    names = [[node.name for node in side] for side in sides]
    if names[0] != names[1]:
        texts = [", ".join(side) for side in names]
        yield Break(Level.API, name, f"the inputs were {texts[0]}, and are {texts[1]}")
    auxiliary = [[entry.name for entry in network.auxiliary] for network in (old, new)]
    if auxiliary[0] != auxiliary[1]:
        texts = [", ".join(side) or "none" for side in auxiliary]
        yield Break(Level.API, name, f"the auxiliary outputs were {texts[0]}, and are {texts[1]}")
    for a, b in zip(*sides, strict=False):
        if a.shape.plain() != b.shape.plain():
            message = f"input `{b.name}` was {a.shape}, and is {b.shape}"
            yield Break(Level.SHAPES, name, message, b.name, lines.get(b.path or b.name))
    outputs = [("the output", old.output, new.output)]
    others = {entry.name: entry.node for entry in new.auxiliary}
    outputs += [
        (f"auxiliary output `{entry.name}`", entry.node, others[entry.name])
        for entry in old.auxiliary
        if entry.name in others
    ]
    for title, before, after in outputs:
        a, b = old.node(before), new.node(after)
        if a.shape.plain() != b.shape.plain():
            message = f"{title} was {a.shape}, and is {b.shape}"
            yield Break(Level.SHAPES, name, message, b.path, lines.get(b.path or b.name))


def _keys(found: Comparison, old: Network, new: Network) -> Iterator[tuple[str, str]]:
    """Messages, each with the first key or operator of the new network that it is about, or ""."""
    keys = found.keys
    renamed = [f"{a} -> {b}" for a, b in keys.renamed]
    if keys.removed:
        yield f"keys gone: {_listed([entry.key for entry in keys.removed])}", ""
    if keys.added:
        yield f"keys new: {_listed([entry.key for entry in keys.added])}", keys.added[0].key
    if renamed and (keys.removed or keys.added):
        yield f"operators under other names: {_listed(renamed)}", keys.renamed[0][1]
    if not keys.same_order:
        orders = [[entry.key for entry in state_dict_entries(network)] for network in (old, new)]
        shared = set(orders[0]) & set(orders[1])
        a, b = ([key for key in order if key in shared] for order in orders)
        first = next(index for index in range(len(a)) if a[index] != b[index])
        yield f"the keys stand in another order, from {a[first]} on, where {b[first]} is now", b[first]


def _reshaped(name: str, found: Comparison, line: Callable[[str], int | None]) -> Iterator[Break]:
    """One break for each line of the spec whose weights have other shapes."""
    by_line: dict[int | None, list[tuple[str, str, str]]] = {}
    for before, after in found.keys.reshaped:
        shapes = (_tensor(before.shape, before.dtype), _tensor(after.shape, after.dtype))
        by_line.setdefault(line(before.key), []).append((before.key, *shapes))
    for place, rows in by_line.items():
        if len(rows) == 1:
            message = "{} was {}, and is {}".format(*rows[0])
        else:
            message = f"keys of other shapes: {_listed(['{} {} -> {}'.format(*row) for row in rows])}"
        yield Break(Level.SHAPES, name, message, rows[0][0], place)


def _graph(found: Comparison, lines: Mapping[str, int]) -> Iterator[tuple[str, str, int | None, str]]:
    """Message, path, line and change of what computes otherwise and is not told by keys or shapes."""
    keys = found.keys
    same_keys = not keys.added and not keys.removed
    told = {owner(entry.key) for entry in (*keys.added, *keys.removed)}
    told |= {owner(entry.key) for entry, _ in keys.reshaped}
    rows = [
        row
        for row in found.changes
        if (row.kind != RESIZED and same_keys) or (row.kind == CHANGED and row.path == row.old_path)
    ]
    rows = [row for row in rows if row.kind != CHANGED or any(_counts(entry.name) for entry in row.details)]
    rows = [row for row in rows if row.path not in told]
    for row in rows:
        path, what = row.path or row.old_path, _what(row)
        message = f"{path}: {what}" if row.kind == CHANGED else f"{path} ({row.what}) is {_came(row)}"
        yield message, path, lines.get(row.path), what
    sized = keys.reshaped or any(row.kind == RESIZED for row in found.changes)
    if not rows and same_keys and not sized:
        yield "operators read or return other tensors", "", None, ""


def _counts(name: str) -> bool:
    return name not in {"path", "output"} and not is_start(name)


def _came(row: Change) -> str:
    return "new" if row.path else "gone"


def _what(row: Change) -> str:
    if row.kind != CHANGED:
        return f"{row.what} is {_came(row)}"
    parts = [f"{entry.name} {entry.before} -> {entry.after}" for entry in row.details if _counts(entry.name)]
    return "; ".join(parts)


def _listed(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - SHOWN} more" if len(texts) > SHOWN else ""
    return ", ".join(texts[:SHOWN]) + more


def _tensor(shape: Sequence[int], dtype: str) -> str:
    return f"{list(shape)}{'' if dtype == 'float32' else f' {dtype}'}"
