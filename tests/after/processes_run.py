"""A process among several that train a small network, for tests to start by `torchrun`.

``processes_run.py DIR PARALLEL [WHAT RANK EPOCH STEP]``: in that process, once that many steps of the
epoch after EPOCH finished ones are done, WHAT is ``kill``, ``hang``, or ``silence``: a hang that no
exchange notices, as with NCCL; not after a restart. ``SIGTERM`` is sent to itself, among processes whose
steps are slow and whose readings are far between. ``channels_last`` runs without trouble, and
``worse`` for epochs of which only the first is the best.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

import resnet_dsl
from resnet_dsl.semantics.recipe_choices import Sgd
from resnet_dsl.training import meetings, run
from resnet_dsl.training.conduct import Conduct
from resnet_dsl.training.errors import TrainingError
from resnet_dsl.training.execution import Execution
from resnet_dsl.training.loop import train
from resnet_dsl.training.processes import Processes, restarts
from resnet_dsl.training.reporting import Reporter, Reporters
from resnet_dsl.training.sharded_processes import ShardedProcesses

SPEC = """\
model tiny {
  input image [1, 8, 8]
  x = image -> conv(4, 3) -> bn -> relu -> dropout(0.2)
  return x -> conv(8, 3) -> bn -> relu -> gap -> flatten -> fc: linear(10)
}
train quick for tiny {
  data      = digits
  optimizer = adamw(lr = 0.01)
  schedule  = cosine
  augment   = shift(pixels = 1)
  epochs    = 2
  batch     = 128
}
"""


class Trouble(Reporter):
    """Ends or stops this process at a place."""

    def __init__(self, what: str, epoch: int, step: int) -> None:
        self.what, self.place = what, (epoch, step)

    def step(self, epoch: int, step: int) -> None:
        if (epoch, step) != self.place:
            return
        if self.what == "SIGTERM":
            signal.raise_signal(signal.SIGTERM)
            return
        if self.what == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(30)


class Slow(Reporter):
    """Makes every step last."""

    def step(self, epoch: int, step: int) -> None:
        time.sleep(0.4)


def main(folder: Path, parallel: str, trouble: list[str]) -> int:
    torch.set_num_threads(1)
    run.STEPS_BETWEEN_READINGS = 3
    net = resnet_dsl.loads(SPEC)["tiny"]
    recipe = net.recipes["quick"]
    if trouble == ["worse"]:  # it learns nothing, and of equal ones the first is kept
        recipe = replace(recipe, epochs=3, optimizer=Sgd(1e-12, 0.9, 0.0, nesterov=False))
    reporter = Reporter()
    execution = Execution(channels_last=trouble == ["channels_last"])
    if len(trouble) > 1 and int(os.environ["RANK"]) == int(trouble[1]) and not restarts():
        reporter = Trouble(trouble[0], int(trouble[2]), int(trouble[3]))
    if trouble and trouble[0] == "SIGTERM":
        run.STEPS_BETWEEN_READINGS, meetings.SECONDS_BETWEEN_MEETINGS = 20, 1.0
        reporter = Reporters(Slow(), reporter)
    waited = 6.0 if trouble and trouble[0] == "hang" else 60.0

    def factory() -> nn.Module:
        return net.build()

    try:
        kind = ShardedProcesses if parallel == "fsdp" else Processes
        world = kind("cpu", sync_norms=False, timeout_seconds=waited)
        if trouble and trouble[0] == "silence":
            world.end_in_vain(3.0)
        conduct = Conduct(execution, world=world, save_every_seconds=0.0)
        done = train(factory, recipe, folder, resume=restarts() > 0, reporter=reporter, conduct=conduct)
    except TrainingError as error:
        print(f"{error.diagnostic.code}: {error.diagnostic.message}", file=sys.stderr, flush=True)
        return 1
    if world.is_first:
        print(f"judged {done.test.test_images} after {restarts()} restarts", flush=True)
    world.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))
