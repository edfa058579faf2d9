"""How a run goes about it, beside what its recipe says."""

from __future__ import annotations

from dataclasses import dataclass, field

from resnet_dsl.training.choices import OnNan
from resnet_dsl.training.execution import Execution
from resnet_dsl.training.rates import Rates, Work
from resnet_dsl.training.world import World


@dataclass(frozen=True)
class Conduct:
    """Nothing here changes what a recipe trains, but for `on_nan` where the loss is not finite.

    `keep` checkpoints are kept, the newest included. One is written after every epoch, and within
    an epoch whenever `save_every_seconds` have gone by. `work` is what a step asks of the device, and
    `rates` what the device can do: with both, the pace is told as shares of them.
    """

    execution: Execution = field(default_factory=Execution)
    world: World = field(default_factory=World)
    on_nan: OnNan = OnNan.STOP
    stop_on_bad_sample: bool = False
    keep: int = 2
    save_every_seconds: float = 600.0
    work: Work | None = None
    rates: Rates | None = None
