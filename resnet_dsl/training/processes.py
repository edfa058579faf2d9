"""Several processes that train one network: torch's process group behind the loop's `World`.

`torchrun` starts them and tells each its rank. Weights are kept the same by `DistributedDataParallel`;
where they are too many for one device, see `sharded_processes`. Each process notes in the store that
brought them together where it is, so that one that waits in vain can say for whom.
"""

from __future__ import annotations

import logging
import os
import re
import warnings
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from time import monotonic

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous
from torch.nn.parallel import DistributedDataParallel

from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.beats import Beats
from resnet_dsl.training.errors import TrainingError, first_line
from resnet_dsl.training.world import World

SECONDS_TO_SPEAK = 30.0  # in which a process that waits in vain on a GPU says so, before NCCL aborts it
# What gloo, NCCL and the store say when another process does not answer.
_LOST = re.compile(r"gloo|nccl|timed? ?out|connection|socket|peer|broken pipe", re.IGNORECASE)
_SOURCE_LINE = re.compile(r"^\[\S+:\d+\] ")  # of gloo, at the head of what it says


def restarts() -> int:
    """How often the launcher has started the processes again."""
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))


class Processes(World):
    """The processes of a process group, this one among them; each has all weights.

    gloo raises where nobody answers. NCCL, of GPUs, does not: there a thread ends the process.
    """

    def __init__(self, device: str, *, sync_norms: bool, timeout_seconds: float) -> None:
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
        self._sync_norms, self.device = sync_norms, torch.device(device)
        self._timeout = timedelta(seconds=timeout_seconds)
        self._place, self._exchange = "the start", ""
        self._since: float | None = None  # of the exchange under way
        self._beats: Beats | None = None
        with self.waiting("the meeting of all processes"):
            self._store, _, _ = next(rendezvous("env://", timeout=self._timeout))
            backend = "cpu:gloo,cuda:nccl" if on_gpu else "gloo"
            # The store outlives a restart, and with it where the processes of before were to be found.
            dist.init_process_group(
                backend,
                store=PrefixStore(f"group{restarts()}", self._store),
                rank=self.rank,
                world_size=self.size,
                timeout=self._timeout + timedelta(seconds=SECONDS_TO_SPEAK if on_gpu else 0.0),
            )
        self._beats = Beats(PrefixStore(f"beats{restarts()}", self._store), self.rank, lambda: self._place)
        if on_gpu:
            self.end_in_vain(timeout_seconds)

    def end_in_vain(self, seconds: float) -> None:
        """Ends this process, with RDL961, once it has waited that long in one exchange."""
        assert self._beats is not None
        self._beats.end_after(seconds, lambda: self._no_answer(self._exchange, f"none in {seconds:.0f} s"))

    def close(self) -> None:
        """Leaves the group; nothing can be asked of the others afterwards."""
        if self._beats is not None:
            self._beats.stop()
        dist.destroy_process_group()

    @contextmanager
    def stepping(self, place: str) -> Iterator[None]:
        self._place = place
        with self._watched("exchanging gradients"):
            try:
                yield
            except (RuntimeError, ValueError) as error:
                if not _LOST.search(str(error)):
                    raise
                raise self._no_answer("exchanging gradients", first_line(error)) from error

    def check(self, recipe: Recipe) -> None:
        """RDL964 where a batch cannot be shared evenly."""
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

    def prepare(self, model: nn.Module) -> nn.Module:
        if self._sync_norms:
            model = nn.SyncBatchNorm.convert_sync_batchnorm(model)  # type: ignore[no-untyped-call]  # torch has no types here
        return model

    def wrap(self, model: nn.Module) -> nn.Module:
        # A weight with an axis of size 1 has two ways to write the same strides.
        warnings.filterwarnings("ignore", message="Grad strides do not match bucket view strides")
        # The compiler says of each process that it leaves out what DDP notes for a profiler.
        logging.getLogger("torch._dynamo").setLevel(logging.ERROR)
        devices = [self.device] if self.device.type == "cuda" else None
        with self.waiting("comparing the networks"):
            return DistributedDataParallel(model, device_ids=devices)

    def in_part(self, network: nn.Module, *, is_last: bool) -> AbstractContextManager[object]:
        if is_last or not isinstance(network, DistributedDataParallel):
            return nullcontext()
        held: AbstractContextManager[object] = network.no_sync()
        return held

    def settle(self, model: nn.Module) -> None:
        """Gives every process the first one's running statistics: each had seen its own batches."""
        with self.waiting("sharing running statistics"):
            for buffer in model.buffers():
                dist.broadcast(buffer, 0)

    def total(self, values: Tensor) -> Tensor:
        sums = values.clone()
        with self.waiting("adding up figures"):
            dist.all_reduce(sums)
            if sums.is_cuda:  # whoever asks reads it next; the wait is to happen here, where it is watched
                torch.cuda.current_stream(sums.device).synchronize()
        return sums

    def largest(self, values: list[float]) -> list[float]:
        found = torch.tensor(values, dtype=torch.float64)
        with self.waiting("asking whether to stop or save"):
            dist.all_reduce(found, dist.ReduceOp.MAX)
        return found.tolist()

    def catch_up(self) -> None:
        if self.device.type == "cuda":
            with self.waiting("exchanging gradients"):
                torch.cuda.synchronize(self.device)

    def each(self, values: Tensor) -> list[Tensor]:
        found = [torch.empty_like(values) for _ in range(self.size)]
        with self.waiting("gathering what only one process knows"):
            dist.all_gather(found, values)
        return found

    def union(self, names: Collection[str]) -> Collection[str]:
        found: list[list[str]] = [[] for _ in range(self.size)]
        with self.waiting("gathering what only one process knows"):
            dist.all_gather_object(found, sorted(names))
        return {name for each in found for name in each}

    def wait(self) -> None:
        with self.waiting("waiting for all processes"):
            dist.all_reduce(torch.zeros(1))  # on the host: a barrier would ask for a device

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Around an exchange, `what` in words; where nobody answers, RDL961, or RDL960 before the meeting."""
        with self._watched(what):
            try:
                yield
            except (RuntimeError, ValueError) as error:
                raise self._no_answer(what, first_line(error)) from error

    @contextmanager
    def _watched(self, what: str) -> Iterator[None]:
        before = self._exchange, self._since  # one exchange may stand within another
        self._note(what, monotonic())
        try:
            yield
        finally:
            self._note(*before)

    def _note(self, what: str, since: float | None) -> None:
        self._exchange, self._since = what, since
        if self._beats is not None:
            self._beats.waiting(since)

    def _no_answer(self, what: str, reason: str) -> TrainingError:
        if self._beats is None:
            return TrainingError(
                "RDL960", rank=self.rank, size=self.size, seconds=int(self._timeout.total_seconds())
            )
        return TrainingError(
            "RDL961",
            rank=self.rank,
            what=what,
            place=self._place,
            others="; ".join(self._beats.others(self.size)),
            reason=_SOURCE_LINE.sub("", reason)[:120],
        )
