"""Several processes that train one network: torch's process group behind the loop's `World`.

`torchrun` starts them and tells each its rank. Weights are kept the same by `DistributedDataParallel`,
or, where they are too many for one device, cut into shards by `fully_shard`. Each process notes in
the store that brought them together where it is, so that one that waits in vain can say for whom.
"""

from __future__ import annotations

import os
import re
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from time import time

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.distributed_c10d import PrefixStore, Store
from torch.distributed.rendezvous import rendezvous
from torch.nn.parallel import DistributedDataParallel

from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.checkpoint import writing
from resnet_dsl.training.choices import Parallel
from resnet_dsl.training.errors import TrainingError, first_line
from resnet_dsl.training.world import World

SECONDS_BETWEEN_BEATS = 1.0
# What gloo, NCCL and the store say when another process does not answer.
_LOST = re.compile(r"gloo|nccl|timed? ?out|connection|socket|peer|broken pipe", re.IGNORECASE)


def restarts() -> int:
    """How often the launcher has started the processes again."""
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))


class Processes(World):
    """The processes of a process group, this one among them."""

    def __init__(self, device: str, parallel: Parallel, *, sync_norms: bool, timeout_seconds: float) -> None:
        """Meets the others. Raises `TrainingError` RDL960 where they do not come.

        `device` is this process's. `sync_norms` lets batch norms see the batch of all processes,
        which torch can do on GPUs only (RDL962).
        """
        on_gpu = device.startswith("cuda")
        if sync_norms and not on_gpu:
            raise TrainingError(
                "RDL962",
                what=f"batch norms that see all processes' batches need GPUs, and this is {device}",
                advice="leave `--sync-bn` out",
            )
        self.rank, self.size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
        self.parallel, self._sync_norms, self._device = parallel, sync_norms, torch.device(device)
        self._timeout = timedelta(seconds=timeout_seconds)
        self._place = "the start"
        with self._waiting("the meeting of all processes"):
            self._store, _, _ = next(rendezvous("env://", timeout=self._timeout))
            backend = "cpu:gloo,cuda:nccl" if on_gpu else "gloo"
            # The store outlives a restart, and with it where the processes of before were to be found.
            dist.init_process_group(
                backend,
                store=PrefixStore(f"group{restarts()}", self._store),
                rank=self.rank,
                world_size=self.size,
                timeout=self._timeout,
            )
        self._beats = _Beats(PrefixStore(f"beats{restarts()}", self._store), self.rank, lambda: self._place)

    def close(self) -> None:
        """Leaves the group; nothing can be asked of the others afterwards."""
        self._beats.stop()
        dist.destroy_process_group()

    def note(self, place: str) -> None:
        self._place = place

    def check(self, recipe: Recipe) -> None:
        """RDL964 where a batch cannot be shared evenly, RDL962 for an average of sharded weights."""
        multiple = self.size * recipe.accumulate
        if recipe.batch_size % multiple:
            raise TrainingError(
                "RDL964",
                batch=recipe.batch_size,
                size=self.size,
                accumulate=recipe.accumulate,
                multiple=multiple,
                suggestion=max(1, recipe.batch_size // multiple) * multiple,
            )
        if recipe.ema and self.parallel is Parallel.FSDP:
            raise TrainingError(
                "RDL962",
                what="`ema` averages whole weights, and `--parallel fsdp` has parts of them in each process",
                advice="use `--parallel ddp`, or `--set train.ema=0`",
            )

    def prepare(self, model: nn.Module) -> nn.Module:
        if self._sync_norms:
            model = nn.SyncBatchNorm.convert_sync_batchnorm(model)  # type: ignore[no-untyped-call]
        if self.parallel is Parallel.FSDP:
            from resnet_dsl.training.sharding import shard

            shard(model, self._device.type, self.size)
        return model

    def wrap(self, model: nn.Module) -> nn.Module:
        if self.parallel is Parallel.FSDP:
            return model
        # A weight with an axis of size 1 has two ways to write the same strides.
        warnings.filterwarnings("ignore", message="Grad strides do not match bucket view strides")
        devices = [self._device] if self._device.type == "cuda" else None
        with self._waiting("comparing the networks"):
            return DistributedDataParallel(model, device_ids=devices)

    def settle(self, model: nn.Module) -> None:
        """Gives every process the first one's running statistics: each had seen its own batches."""
        with self._waiting("sharing running statistics"):
            for buffer in model.buffers():
                dist.broadcast(buffer, 0)

    def whole_state(self, model: nn.Module) -> dict[str, Tensor]:
        if self.parallel is Parallel.DDP:
            return model.state_dict()
        from resnet_dsl.training.sharding import full_state

        with self._waiting("bringing weights together"):
            return full_state(model)

    def load_whole_state(self, model: nn.Module, state: dict[str, Tensor]) -> None:
        if self.parallel is Parallel.DDP:
            model.load_state_dict(state)
            return
        from resnet_dsl.training.sharding import load_full_state

        with self._waiting("taking over weights"):
            load_full_state(model, state)

    def save_shards(self, folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> bool:
        if self.parallel is Parallel.DDP:
            return False
        from resnet_dsl.training.sharding import save_shards

        self.settle(model)  # one copy of what all have is written, and no matter whose
        with self._waiting("writing shards"), writing(folder):
            save_shards(folder, model, optimizer)
        return True

    def load_shards(self, path: Path, name: str, model: nn.Module, optimizer: torch.optim.Optimizer) -> bool:
        if self.parallel is Parallel.DDP:
            return super().load_shards(path, name, model, optimizer)
        if not name:
            raise TrainingError("RDL963", path=str(path), saved="whole", option="--parallel ddp")
        from resnet_dsl.training.sharding import load_shards

        with self._waiting("reading shards"):
            load_shards(path / name, model, optimizer)
        return True

    def total(self, values: Tensor) -> Tensor:
        sums = values.clone()
        with self._waiting("adding up figures"):
            dist.all_reduce(sums)
        return sums

    def agree(self, flag: bool) -> bool:
        flags = torch.tensor([int(flag)])
        with self._waiting("asking whether to stop or save"):
            dist.all_reduce(flags, dist.ReduceOp.MAX)
        return bool(flags)

    def each(self, values: Tensor) -> list[Tensor]:
        found = [torch.empty_like(values) for _ in range(self.size)]
        with self._waiting("gathering what only one process knows"):
            dist.all_gather(found, values)
        return found

    def wait(self) -> None:
        with self._waiting("waiting for all processes"):
            dist.barrier()

    def lost(self, error: Exception) -> TrainingError | None:
        """RDL961 where an error of a step was another process's absence; None where it was not."""
        if not _LOST.search(str(error)):
            return None
        return self._no_answer("exchanging gradients", error)

    @contextmanager
    def _waiting(self, what: str) -> Iterator[None]:
        try:
            yield
        except (RuntimeError, ValueError) as error:
            raise self._no_answer(what, error) from error

    def _no_answer(self, what: str, error: Exception) -> TrainingError:
        if not hasattr(self, "_beats"):
            return TrainingError(
                "RDL960", rank=self.rank, size=self.size, seconds=int(self._timeout.total_seconds())
            )
        return TrainingError(
            "RDL961",
            rank=self.rank,
            what=what,
            place=self._place,
            others="; ".join(self._beats.others(self.size)),
            reason=first_line(error, 120),
        )


class _Beats:
    """Notes this process's place in the store now and then, and reads the others' notes."""

    def __init__(self, store: Store, rank: int, place: Callable[[], str]) -> None:
        self._store, self._rank, self._place = store, rank, place
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="beats")
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                self._store.set(str(self._rank), f"{time()} {self._place()}")
            except RuntimeError:
                return  # the store is gone, and with it whoever would read
            if self._over.wait(SECONDS_BETWEEN_BEATS):
                return

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def others(self, size: int) -> Iterator[str]:
        """Where each other process was, and how long ago it said so."""
        for rank in range(size):
            if rank == self._rank:
                continue
            try:
                key = str(rank)
                known = self._store.check([key])
                moment, _, place = self._store.get(key).decode().partition(" ") if known else ("", "", "")
            except RuntimeError:
                yield f"process {rank} cannot be asked"
                continue
            if not known:
                yield f"process {rank} was never heard of"
                continue
            ago = max(0.0, time() - float(moment))
            yield f"process {rank} was last heard of {ago:.0f} s ago, in {place}"
