"""A checkpoint beside a network: the whole question in one place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import prod
from os import PathLike
from typing import TYPE_CHECKING

from resnet_dsl.analysis.keys import StateEntry, state_dict_entries
from resnet_dsl.diagnostics.model import Diagnostic
from resnet_dsl.ir.graph import Network
from resnet_dsl.weights.checkpoint import Checkpoint, TensorInfo
from resnet_dsl.weights.compare import Comparison, compare
from resnet_dsl.weights.difference import Difference, first_difference
from resnet_dsl.weights.dtypes import SIZES, converter, count_nonfinite
from resnet_dsl.weights.errors import CheckpointError
from resnet_dsl.weights.explain import Nonfinite, explain
from resnet_dsl.weights.opening import open_checkpoint
from resnet_dsl.weights.propose import Proposal, propose
from resnet_dsl.weights.rename import Renamer, Rule, parse_rules
from resnet_dsl.weights.safetensors_file import safetensors_bytes

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Fit:
    """How a checkpoint fits a network, and its tensors as the network has them.

    `loads` says whether all is well: no diagnostic is an error.
    """

    model: str
    checkpoint: Checkpoint
    comparison: Comparison
    rules: tuple[Rule, ...]
    proposal: Proposal | None
    difference: Difference | None
    nonfinite: tuple[Nonfinite, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def loads(self) -> bool:
        return not any(entry.is_error for entry in self.diagnostics)

    @property
    def loaded(self) -> int:
        """How many of the network's tensors the checkpoint gives, counters set to zero included."""
        return len(self.comparison.fitting) + len(self.comparison.filled)

    def tensors(self) -> Iterator[tuple[StateEntry, bytes]]:
        """What loads, under the network's keys and in its order, with its dtypes.

        Raises `CheckpointError` where the checkpoint does not load.
        """
        if not self.loads:
            raise CheckpointError(self.diagnostics)
        yield from _tensors(self.checkpoint, self.comparison)

    def safetensors(self) -> bytes:
        """A safetensors file of what loads. Same checkpoint, same bytes."""
        return safetensors_bytes(self.tensors())

    def state_dict(self) -> dict[str, torch.Tensor]:
        """What loads, for `Module.load_state_dict`. Needs torch."""
        from resnet_dsl.weights.torch_file import state_dict

        return state_dict(self.tensors())


def fit(
    network: Network,
    path: str | PathLike[str] | Checkpoint,
    *,
    rename: Iterable[str] = (),
    partial: bool = False,
    key: str | None = None,
    allow_nonfinite: bool = False,
) -> Fit:
    """Compares the checkpoint at `path` with a network, strictly unless `partial`.

    `rename` are rules ``OLD=NEW``, `key` names the entry of a torch file that holds the weights.
    What does not fit is in the result; raises `CheckpointError` for a file that cannot be read and
    `RenameError` for a malformed rule.
    """
    rules = parse_rules(rename)
    checkpoint = path if isinstance(path, Checkpoint) else open_checkpoint(path, key)
    entries = state_dict_entries(network)
    found = compare(entries, checkpoint.tensors, rules)
    proposal = None
    difference = None
    if not found.fits:
        proposal = propose(entries, checkpoint.tensors, found, rules, in_order=checkpoint.in_order)
        brought = {}
        if proposal is not None:
            rename_as_proposed = Renamer(proposal.rules)
            brought = {rename_as_proposed(tensor.key)[0]: tensor for tensor in checkpoint.tensors}
        difference = first_difference(network, found, brought)
    nonfinite = tuple(_nonfinite(checkpoint, found))
    said = explain(
        network,
        checkpoint,
        found,
        rules,
        proposal,
        difference,
        nonfinite,
        partial=partial,
        allow_nonfinite=allow_nonfinite,
    )
    return Fit(network.name, checkpoint, found, rules, proposal, difference, nonfinite, tuple(said))


def _nonfinite(checkpoint: Checkpoint, found: Comparison) -> Iterator[Nonfinite]:
    for pair in found.fitting:
        if pair.entry.dtype in {"float16", "bfloat16", "float32", "float64"}:
            count = count_nonfinite(_elements(checkpoint, pair.entry, pair.tensor), pair.entry.dtype)
            if count:
                yield Nonfinite(pair.entry.key, count)


def _tensors(checkpoint: Checkpoint, found: Comparison) -> Iterator[tuple[StateEntry, bytes]]:
    fitting = {pair.entry.key: pair for pair in found.fitting}
    filled = {entry.key for entry in found.filled}
    for entry in found.entries:
        if entry.key in fitting:
            yield entry, _elements(checkpoint, entry, fitting[entry.key].tensor)
        elif entry.key in filled:
            yield entry, bytes(prod(entry.shape) * SIZES[entry.dtype])


def _elements(checkpoint: Checkpoint, entry: StateEntry, tensor: TensorInfo) -> bytes:
    data = checkpoint.read(tensor)
    if tensor.dtype == entry.dtype:
        return data
    convert = converter(tensor.dtype, entry.dtype)
    assert convert is not None  # `compare` lets no other tensor through
    return convert(data)
