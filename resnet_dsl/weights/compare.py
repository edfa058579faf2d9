"""A checkpoint's keys, shapes and dtypes beside a network's: what fits, and what does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from resnet_dsl.analysis.keys import StateEntry
from resnet_dsl.weights.checkpoint import TensorInfo
from resnet_dsl.weights.dtypes import converter
from resnet_dsl.weights.rename import Renamer, Rule


@dataclass(frozen=True, slots=True)
class Pair:
    """A network's tensor and the checkpoint's of the same key, after renaming."""

    entry: StateEntry
    tensor: TensorInfo

    @property
    def is_converted(self) -> bool:
        return self.entry.dtype != self.tensor.dtype


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every tensor of both sides, in one list each, in the order of its own side.

    `fitting` and `filled` load: the latter are counters that start at zero because the checkpoint is
    older than they are. `unexpected` has the checkpoint's tensors with the key that they have after
    renaming, `collisions` those that a rule gave a key which another tensor has.
    """

    entries: Sequence[StateEntry]
    fitting: list[Pair] = field(default_factory=list)
    filled: list[StateEntry] = field(default_factory=list)
    missing: list[StateEntry] = field(default_factory=list)
    misshaped: list[Pair] = field(default_factory=list)
    mistyped: list[Pair] = field(default_factory=list)
    unexpected: list[tuple[str, TensorInfo]] = field(default_factory=list)
    collisions: list[tuple[str, TensorInfo]] = field(default_factory=list)
    idle_rules: list[Rule] = field(default_factory=list)

    @property
    def fits(self) -> bool:
        """Whether all of the one side stands on the other, and no more."""
        wrong = (self.missing, self.misshaped, self.mistyped, self.unexpected, self.collisions)
        return not any(wrong)

    @property
    def converted(self) -> list[Pair]:
        return [pair for pair in self.fitting if pair.is_converted]

    @property
    def left(self) -> int:
        """Tensors of the network that get nothing from the checkpoint."""
        return len(self.missing) + len(self.misshaped) + len(self.mistyped)


def compare(
    entries: Sequence[StateEntry], tensors: Sequence[TensorInfo], rules: Sequence[Rule] = ()
) -> Comparison:
    """Both sides, key by key, after the checkpoint's keys went through the rules."""
    found = Comparison(entries)
    by_key: dict[str, TensorInfo] = {}
    used: set[int] = set()
    rename = Renamer(rules)
    for tensor in tensors:
        key, taken = rename(tensor.key)
        used |= taken
        if key in by_key:
            found.collisions.append((key, tensor))
        else:
            by_key[key] = tensor
    found.idle_rules.extend(rule for number, rule in enumerate(rules) if number not in used)

    known = {entry.key for entry in entries}
    found.unexpected.extend((key, tensor) for key, tensor in by_key.items() if key not in known)
    absent = []
    for entry in entries:
        match = by_key.get(entry.key)
        if match is None:
            absent.append(entry)
            continue
        pair = Pair(entry, match)
        if entry.shape != match.shape:
            found.misshaped.append(pair)
        elif entry.dtype != match.dtype and converter(match.dtype, entry.dtype) is None:
            found.mistyped.append(pair)
        else:
            found.fitting.append(pair)
    # Files from before PyTorch 0.4.1 have no counters of batches: those of modules that fit start at
    # zero, as torch's own loading of such files has it.
    has_counters = any(is_counter(tensor) for tensor in tensors)
    modules = {_module(pair.entry.key) for pair in found.fitting}
    for entry in absent:
        is_filled = is_counter(entry) and not has_counters and _module(entry.key) in modules
        (found.filled if is_filled else found.missing).append(entry)
    return found


def share_of_shapes(entries: Sequence[StateEntry], tensors: Sequence[TensorInfo]) -> float:
    """How alike two sides are whatever their keys, from 0 to 1: the shapes that they share."""
    ours, theirs = (
        Counter(tuple(tensor.shape) for tensor in side if not is_counter(tensor))
        for side in (entries, tensors)
    )
    return (ours & theirs).total() / max(1, (ours | theirs).total())


def _module(key: str) -> str:
    return key.rpartition(".")[0]


def is_counter(tensor: StateEntry | TensorInfo) -> bool:
    """A whole number that training counts up: no part of the function that the network computes."""
    return tensor.shape == () and tensor.dtype == "int64"
