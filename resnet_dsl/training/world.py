"""The processes that train one network together; here, one process alone.

The loop asks this object instead of torch's process group, so that it reads the same for one
process and for many. What several processes do lies with them: they give the loop another `World`.
"""

from __future__ import annotations

from torch import Tensor, nn


class World:
    """One process. `rank` counts from 0; rank 0 writes files and speaks."""

    rank: int = 0
    size: int = 1

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def wrap(self, model: nn.Module) -> nn.Module:
        """The module whose forward and backward passes keep the processes' weights the same."""
        return model

    def total(self, values: Tensor) -> Tensor:
        """The sum of `values` over all processes, on each of them; `values` itself stays as it is."""
        return values

    def agree(self, flag: bool) -> bool:
        """Whether any process says so. All must ask; asked once an interval, not once a step."""
        return flag

    def wait(self) -> None:
        """Returns when every process has come here."""
