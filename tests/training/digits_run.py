"""A small residual network written by hand, and a run of it as a process of its own.

``python digits_run.py DIR EPOCHS SIGNAL EPOCH STEP`` trains in DIR and sends itself a signal when
STEP steps of the epoch after EPOCH finished ones are done.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_dsl.semantics.recipe_values import OneCycle, Recipe, Sgd, Shift
from resnet_dsl.training.errors import TrainingInterruptedError
from resnet_dsl.training.loop import train
from resnet_dsl.training.reporting import Reporter


class Unit(nn.Module):
    """Two 3x3 convolutions around which the input goes, projected where the shape changes."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = nn.Sequential()
        if channels != width:
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels, width, 1, stride, bias=False), nn.BatchNorm2d(width)
            )

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


def digits_net(width: int = 16, dropout: float = 0.0) -> nn.Module:
    """Depth 8: (N, 1, 8, 8) -> (N, 10). At width 16, 77,754 parameters."""
    net = nn.Sequential(
        nn.Conv2d(1, width, 3, 1, 1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        Unit(width, width, 1),
        Unit(width, 2 * width, 2),
        Unit(2 * width, 4 * width, 2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(dropout),
        nn.Linear(4 * width, 10),
    )
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return net


def small_net() -> nn.Module:
    """Small enough for tests, and random in its forward pass."""
    return digits_net(width=4, dropout=0.1)


def recipe(epochs: int = 20) -> Recipe:
    """What `specs/digits_resnet8.rdl` uses."""
    return Recipe(
        name="quick",
        model="small",
        data="digits",
        optimizer=Sgd(learning_rate=0.1, momentum=0.9, weight_decay=5e-4, nesterov=True),
        schedule=OneCycle(warmup_fraction=0.3, start_fraction=0.04, final_fraction=4e-6),
        epochs=epochs,
        batch_size=64,
        loss="cross_entropy",
        label_smoothing=0.1,
        augment=(Shift(pixels=1),),
        seed=0,
    )


class SignalAt(Reporter):
    """Sends the process a signal after a step."""

    def __init__(self, number: signal.Signals, epoch: int, step: int) -> None:
        self.number, self.place = number, (epoch, step)

    def step(self, epoch: int, step: int) -> None:
        if (epoch, step) == self.place:
            os.kill(os.getpid(), self.number)


def main(folder: Path, epochs: int, reporter: Reporter) -> int:
    """Trains the small network; the exit code is the command line's."""
    torch.set_num_threads(1)
    try:
        train(small_net, recipe(epochs), folder, reporter=reporter)
    except TrainingInterruptedError as stop:
        print(stop.diagnostic.message, stop.diagnostic.help, file=sys.stderr)
        return stop.exit_code
    return 0


if __name__ == "__main__":
    sender = SignalAt(signal.Signals[sys.argv[3]], int(sys.argv[4]), int(sys.argv[5]))
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), sender))
