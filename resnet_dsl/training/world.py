"""The processes that train one network together; here, one process alone.

The loop asks this object instead of torch's process group, so that it reads the same for one
process and for many. What several processes do lies with them: they give the loop another `World`.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch
from torch import Tensor, nn

from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.errors import TrainingError


class World:
    """One process. `rank` counts from 0; rank 0 writes files and speaks."""

    rank: int = 0
    size: int = 1

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def stepping(self, place: str) -> AbstractContextManager[object]:
        """Around a step at `place`, in words. RDL961 for an error that is another process's absence."""
        return nullcontext()

    def check(self, recipe: Recipe) -> None:
        """Raises `TrainingError` where these processes cannot do what the recipe says."""

    def prepare(self, model: nn.Module) -> nn.Module:
        """The model as its optimizer is to find it."""
        return model

    def wrap(self, model: nn.Module) -> nn.Module:
        """The module whose forward and backward passes keep the processes' weights the same."""
        return model

    def in_part(self, network: nn.Module, *, is_last: bool) -> AbstractContextManager[object]:
        """Around forward and backward pass of a part of a batch; gradients may wait for the last one."""
        return nullcontext()

    def total(self, values: Tensor) -> Tensor:
        """The sum of `values` over all processes, on each of them; `values` itself stays as it is."""
        return values

    def agree(self, flag: bool) -> bool:
        """Whether any process says so. All must ask; asked once an interval, not once a step."""
        return self.largest([float(flag)])[0] > 0

    def largest(self, values: list[float]) -> list[float]:
        """Each value's largest over all processes, the same on each of them. All must ask."""
        return values

    def catch_up(self) -> None:
        """Waits for the device where several processes have to know how far it is."""

    def each(self, values: Tensor) -> list[Tensor]:
        """The `values` of every process, by rank."""
        return [values]

    def union(self, names: Collection[str]) -> Collection[str]:
        """The `names` that any process has. All must ask."""
        return names

    def settle(self, model: nn.Module) -> None:
        """Makes running statistics the same everywhere, before the model is judged."""

    def whole_state(self, model: nn.Module) -> dict[str, Tensor]:
        """The model's state dict, on the first process; others may get less. All must ask."""
        return model.state_dict()

    def load_whole_state(self, model: nn.Module, state: dict[str, Tensor]) -> None:
        """Takes over a whole state dict, which every process has."""
        model.load_state_dict(state)

    def save_shards(self, folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> bool:
        """Writes each process's part of a network that is cut into shards; False for a whole one."""
        return False

    def load_shards(self, path: Path, name: str, model: nn.Module, optimizer: torch.optim.Optimizer) -> bool:
        """Takes over the shards in the folder `name` of a run at `path`; False for a whole network.

        RDL963 where the checkpoint is of the other kind; no `name` stands for a whole one.
        """
        if name:
            raise TrainingError("RDL963", path=str(path), saved="in shards", option="--parallel fsdp")
        return False

    def wait(self) -> None:
        """Returns when every process has come here."""

    def close(self) -> None:
        """Leaves the others; nothing can be asked of them afterwards."""
