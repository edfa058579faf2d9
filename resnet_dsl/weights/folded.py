"""A checkpoint of a whole network as weights of the one with its batch norms folded."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_dsl.analysis.keys import StateEntry, state_dict_entries
from resnet_dsl.ir.graph import Network
from resnet_dsl.passes.fold_norms import Fold
from resnet_dsl.passes.folded_weights import folded_weights
from resnet_dsl.weights.fit import Fit
from resnet_dsl.weights.safetensors_file import safetensors_bytes


def folded_safetensors(found: Fit, network: Network, folds: tuple[Fold, ...]) -> bytes:
    """A safetensors file for the folded `network`, of a checkpoint that fits the whole one.

    Needs torch, for the arithmetic. Raises `CheckpointError` where the checkpoint does not load.
    """
    state = folded_weights(found.state_dict(), folds)

    def tensors() -> Iterator[tuple[StateEntry, bytes]]:
        for entry in state_dict_entries(network):
            yield entry, state[entry.key].contiguous().numpy().tobytes()

    return safetensors_bytes(tensors())
