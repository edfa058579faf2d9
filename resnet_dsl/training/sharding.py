"""Networks cut into shards: each process keeps a part of every weight and of its optimizer's state.

`fully_shard` brings a block's weights together for as long as the block runs (Zhao et al. 2023, arXiv
2304.11277; Rajbhandari et al. 2020, arXiv 1910.02054). Checkpoints are written by all processes at
once, each its own shards, by `torch.distributed.checkpoint`.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.filesystem import FileSystemReader, FileSystemWriter
from torch.distributed.checkpoint.metadata import Metadata, TensorStorageMetadata
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_model_state_dict,
    get_optimizer_state_dict,
    set_model_state_dict,
    set_optimizer_state_dict,
)
from torch.distributed.checkpoint.state_dict_loader import load
from torch.distributed.checkpoint.state_dict_saver import save
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor

from resnet_dsl.training.errors import TrainingError, first_line

LEAST_WEIGHTS = 1_000_000  # of a block that is worth its own exchange of weights
_IN_AN_INDEX = {
    "torch": {"Size"},
    "torch.serialization": {"_get_layout"},
    "torch.distributed.checkpoint.metadata": {
        "ChunkStorageMetadata",
        "Metadata",
        "MetadataIndex",
        "StorageMeta",
        "TensorProperties",
        "TensorStorageMetadata",
        "_MEM_FORMAT_ENCODING",
    },
    "torch.distributed.checkpoint.filesystem": {"_StorageInfo"},
    "pathlib": {"PosixPath", "WindowsPath"},
}


def shard(model: nn.Module, device_type: str, size: int) -> None:
    """Cuts the model in place: blocks of at least `LEAST_WEIGHTS` one by one, then what is left."""
    mesh = init_device_mesh(device_type, (size,))
    for block in _blocks(model):
        fully_shard(block, mesh=mesh)
    # By default the outermost part stays whole after a forward pass, as its backward pass comes first.
    # In evaluation none comes, and the optimizer would no longer find its parameters in the model.
    fully_shard(model, mesh=mesh, reshard_after_forward=True)


def _blocks(model: nn.Module) -> list[nn.Module]:
    """The innermost modules that hold that many weights, but for the model itself."""
    found = []
    pending = list(model.children())
    while pending:
        module = pending.pop()
        inner = [each for each in module.children() if _weights(each) >= LEAST_WEIGHTS]
        if inner:
            pending += inner
        elif _weights(module) >= LEAST_WEIGHTS:
            found.append(module)
    return found


def _weights(module: nn.Module) -> int:
    return sum(each.numel() for each in module.parameters())


def full_state(model: nn.Module) -> dict[str, Tensor]:
    """The whole state dict on the first process's CPU, empty on the others. All must ask."""
    options = StateDictOptions(full_state_dict=True, cpu_offload=True)
    state: dict[str, Any] = get_model_state_dict(model, options=options)
    return state


@torch.no_grad()
def load_full_state(model: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Each process takes its shards out of a whole state dict, which all of them hold."""
    for name, value in model.state_dict().items():
        given = state[name].to(value.device)
        if isinstance(value, DTensor):
            mesh, placements = value.device_mesh, value.placements
            part = distribute_tensor(given, mesh, placements, src_data_rank=None)  # nothing is sent
            value.to_local().copy_(part.to_local())
        else:
            value.copy_(given)


def save_shards(folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Every process's shards of weights and optimizer state, into a new folder. All must come.

    RDL902, in every process, where the disk refuses one of them.
    """
    try:
        save(_tensors(model, optimizer), storage_writer=FileSystemWriter(folder, sync_files=True))
    except CheckpointException as error:
        rank, (cause, _) = min(error.failures.items())
        reason = f"process {rank}: {getattr(cause, 'strerror', None) or first_line(cause)}"
        raise TrainingError("RDL902", path=str(folder), reason=reason) from error


def load_shards(folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """The shards of this process, also where there were more or fewer of them. RDL906 where damaged."""
    _check(folder)
    state = _tensors(model, optimizer)
    try:
        load(state, storage_reader=FileSystemReader(folder))
    except CheckpointException as error:
        raise _damaged(folder, error) from error
    set_model_state_dict(model, state["model"])
    if state["optimizer"]:
        groups = get_optimizer_state_dict(model, optimizer)["param_groups"]
        set_optimizer_state_dict(model, optimizer, {"state": state["optimizer"], "param_groups": groups})


def _tensors(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """Tensors by name, and nothing else: what is no tensor would be read back as a program."""
    # Makes the state where there is none yet.
    state: dict[str, Any] = dict(get_optimizer_state_dict(model, optimizer)["state"])  # type: ignore[arg-type]  # typed wider than it is
    kept = {
        name: {key: value for key, value in entries.items() if isinstance(value, Tensor)}
        for name, entries in state.items()
    }
    return {
        "model": get_model_state_dict(model),
        "optimizer": {name: entries for name, entries in kept.items() if entries},
    }


class _Restricted(pickle.Unpickler):
    """Makes what torch's index of shards is made of, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        is_dtype = module == "torch" and isinstance(getattr(torch, name, None), torch.dtype)
        if not is_dtype and name not in _IN_AN_INDEX.get(module, ()):
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return super().find_class(module, name)


def _check(folder: Path) -> None:
    """The index is a pickle: it is read here first, by a reader that runs nothing."""
    try:
        index = _Restricted(io.BytesIO((folder / ".metadata").read_bytes())).load()
    except Exception as error:
        raise _damaged(folder, error) from error
    if not isinstance(index, Metadata) or not all(
        isinstance(entry, TensorStorageMetadata) for entry in index.state_dict_metadata.values()
    ):
        raise TrainingError("RDL906", path=str(folder), reason="its index lists more than tensors")


def _damaged(folder: Path, error: BaseException) -> TrainingError:
    return TrainingError("RDL906", path=str(folder), reason=f"it is damaged ({first_line(error)})")
