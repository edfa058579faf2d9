"""Rename rules found by the tool, for a checkpoint whose keys are others than the network's.

Guesses come from two sides: prefixes that make keys equal, and pairs of tensors found by order and
shape whose keys differ by a system. Each guess is applied to all keys; the one that makes most
tensors fit is proposed, of equals the one with fewest rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from resnet_dsl.analysis.keys import StateEntry
from resnet_dsl.weights.align import align
from resnet_dsl.weights.checkpoint import TensorInfo
from resnet_dsl.weights.compare import Comparison, compare
from resnet_dsl.weights.generalise import rules_for
from resnet_dsl.weights.rename import Renamer, Rule

MAX_TENSORS = 10_000  # on a side; more are compared, and nothing is proposed

_MAX_PREFIX = 4  # parts
_PREFIXES = 3  # tried of each kind


@dataclass(frozen=True, slots=True)
class Proposal:
    """Rules, how many of the network's tensors load once they are applied, and whether that is all.

    `by_shape` says that order and shapes led to them: two tensors of one shape may be exchanged.
    """

    rules: tuple[Rule, ...]
    loading: int
    complete: bool
    by_shape: bool


def propose(
    entries: Sequence[StateEntry],
    tensors: Sequence[TensorInfo],
    found: Comparison,
    given: Sequence[Rule] = (),
    *,
    in_order: bool,
) -> Proposal | None:
    """The rules that make most tensors fit; None where none makes more of them fit than `found` has.

    With rules `given` the proposal is to take their place: it has those that are still of use.
    """
    if max(len(entries), len(tensors)) > MAX_TENSORS or not (found.missing or found.misshaped):
        return None
    best: Proposal | None = None
    for kept in ((), tuple(given)) if given else ((),):
        rename = Renamer(kept)
        seen = [replace(tensor, key=rename(tensor.key)[0]) for tensor in tensors]
        for rules, by_shape in _guesses(entries, seen, in_order):
            after = compare(entries, tensors, (*kept, *rules))
            if after.collisions or len(after.fitting) <= len(found.fitting):
                continue
            made = Proposal((*kept, *rules), len(after.fitting) + len(after.filled), after.fits, by_shape)
            if best is None or _rank(made) < _rank(best):
                best = made
            if made.complete:
                return made  # guesses come with the likelier ones first
    return best


def _rank(proposal: Proposal) -> tuple[int, bool, int]:
    return -proposal.loading, not proposal.complete, len(proposal.rules)


def _guesses(
    entries: Sequence[StateEntry], tensors: Sequence[TensorInfo], in_order: bool
) -> Iterator[tuple[tuple[Rule, ...], bool]]:
    shapes = {entry.key: entry.shape for entry in entries}
    found = {tensor.key: tensor.shape for tensor in tensors}
    for prefix in _prefixes(found, shapes):
        yield (Rule(prefix, (), anchored=True),), False
    for prefix in _prefixes(shapes, found):
        yield (Rule((), prefix, anchored=True),), False

    shared = _shared([tensor.key for tensor in tensors])
    for strip in (True, False) if shared else (False,):
        seen = tensors
        if strip:
            seen = [replace(tensor, key=tensor.key.split(".", len(shared))[-1]) for tensor in tensors]
        for read_in_order in (in_order, not in_order):
            rules = rules_for(align(entries, seen, in_order=read_in_order))
            if rules:
                yield ((Rule(shared, (), anchored=True), *rules) if strip else rules), True


def _shared(keys: Sequence[str]) -> tuple[str, ...]:
    """The parts that all keys begin with, their last ones left out."""
    first, last = min(keys, default="").split("."), max(keys, default="").split(".")
    shared: list[str] = []
    for a, b in zip(first[:-1], last[:-1], strict=False):
        if a != b:
            break
        shared.append(a)
    return tuple(shared)


def _prefixes(
    longer: Mapping[str, tuple[int, ...]], shorter: Mapping[str, tuple[int, ...]]
) -> list[tuple[str, ...]]:
    """The prefixes without which most keys of the one side are keys of the other, of the same shape."""
    counts: Counter[tuple[str, ...]] = Counter()
    for key, shape in longer.items():
        parts = key.split(".")
        for count in range(1, min(_MAX_PREFIX, len(parts) - 1) + 1):
            if shorter.get(".".join(parts[count:])) == shape:
                counts[tuple(parts[:count])] += 1
    return [prefix for prefix, _ in counts.most_common(_PREFIXES)]
