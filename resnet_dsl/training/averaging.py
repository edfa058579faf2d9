"""A moving average of a network's weights (Polyak and Juditsky 1992): steadier than the last step's."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn


class WeightAverage:
    """A copy of a network whose weights follow the trained ones, `decay` of the way behind.

    The first updates follow more closely: update n keeps at most (1 + n) / (10 + n) of the average, so
    that it never remembers the untrained weights. Running statistics of norms are averaged with
    the weights; whole numbers are copied. A loop calls `update` after each step, judges `model`, and
    keeps the state in its checkpoint.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        self.model = deepcopy(model).requires_grad_(False).eval()

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Follows `model`, which has the same parts; waits for no device."""
        keep = min(self.decay, (1 + self.updates) / (10 + self.updates))
        self.updates += 1
        averages, values = _tensors(self.model), _tensors(model)
        moving = [pair for pair in zip(averages, values, strict=True) if pair[0].is_floating_point()]
        torch._foreach_lerp_([average for average, _ in moving], [value for _, value in moving], 1 - keep)
        for average, value in zip(averages, values, strict=True):
            if not average.is_floating_point():
                average.copy_(value)

    def state_dict(self) -> dict[str, Any]:
        return {"updates": self.updates, "model": self.model.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.updates = state["updates"]


def _tensors(model: nn.Module) -> list[Tensor]:
    return [each.detach() for each in (*model.parameters(), *model.buffers())]
