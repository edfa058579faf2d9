"""Several processes each of which keeps a part of every weight."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.checkpoint import writing
from resnet_dsl.training.errors import TrainingError
from resnet_dsl.training.processes import Processes
from resnet_dsl.training.sharding import full_state, load_full_state, load_shards, save_shards, shard


class ShardedProcesses(Processes):
    """Weights, their gradients and the optimizer's state lie in shards; checkpoints too.

    Gradients are exchanged with every part of a batch: whole ones, to be added up before, would not fit.
    """

    def check(self, recipe: Recipe) -> None:
        """As for whole weights; RDL962 for an average of sharded ones."""
        super().check(recipe)
        if recipe.ema:
            raise TrainingError(
                "RDL962",
                what="`ema` averages whole weights, and `--parallel fsdp` has parts of them in each process",
                advice="use `--parallel ddp`, or `--set train.ema=0`",
            )

    def prepare(self, model: nn.Module) -> nn.Module:
        # Shards are cut along the first axis, of weights that lie in plain order.
        model = super().prepare(model).to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]  # torch's stub lacks it
        shard(model, self.device.type, self.size)
        return model

    def wrap(self, model: nn.Module) -> nn.Module:
        return model

    def whole_state(self, model: nn.Module) -> dict[str, Tensor]:
        with self.waiting("bringing weights together"):
            return full_state(model)

    def load_whole_state(self, model: nn.Module, state: dict[str, Tensor]) -> None:
        with self.waiting("taking over weights"):
            load_full_state(model, state)

    def save_shards(self, folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> bool:
        self.settle(model)  # one copy of what all have is written, and no matter whose
        with self.waiting("writing shards"), writing(folder):
            save_shards(folder, model, optimizer)
        return True

    def load_shards(self, path: Path, name: str, model: nn.Module, optimizer: torch.optim.Optimizer) -> bool:
        if not name:
            raise TrainingError("RDL963", path=str(path), saved="whole", option="--parallel ddp")
        with self.waiting("reading shards"):
            load_shards(path / name, model, optimizer)
        return True
