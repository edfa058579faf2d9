"""Generated code learns as a network written by hand does, step for step."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

import resnet_dsl
from resnet_dsl.semantics.recipe_values import Constant, Recipe, Sgd
from resnet_dsl.training.data import Part
from resnet_dsl.training.execution import Execution
from resnet_dsl.training.optimisation import make_optimizer
from resnet_dsl.training.step import TrainingStep

STEPS, BATCH, SIDE = 20, 4, 64


class Unit(nn.Module):
    """Two 3x3 convolutions (He et al. 2015, figure 5, left), projected where the shape changes."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample: nn.Module = nn.Identity()
        if stride > 1 or channels != width:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels, width, 1, stride, bias=False), nn.BatchNorm2d(width)
            )

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(y)) + self.downsample(x))


class Reference(nn.Module):
    """ResNet-18 (He et al. 2015, table 1)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = nn.Sequential(Unit(64, 64, 1), Unit(64, 64, 1))
        self.layer2 = nn.Sequential(Unit(64, 128, 2), Unit(128, 128, 1))
        self.layer3 = nn.Sequential(Unit(128, 256, 2), Unit(256, 256, 1))
        self.layer4 = nn.Sequential(Unit(256, 512, 2), Unit(512, 512, 1))
        self.fc = nn.Linear(512, 1000)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.max_pool2d(functional.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))  # type: ignore[no-any-return]


def batches() -> list[Part]:
    generator = torch.Generator().manual_seed(7)
    return [
        Part(
            torch.randn(BATCH, 3, SIDE, SIDE, generator=generator, dtype=torch.float64),
            torch.randint(0, 1000, (BATCH,), generator=generator),
        )
        for _ in range(STEPS)
    ]


def test_twenty_losses_of_resnet18_are_those_of_a_reference(specs: Path) -> None:
    recipe = Recipe(
        name="curve",
        model="resnet18",
        data=None,
        optimizer=Sgd(learning_rate=0.01, momentum=0.9, weight_decay=1e-4, nesterov=False),
        schedule=Constant(),
        epochs=1,
        batch_size=BATCH,
        loss="cross_entropy",
        label_smoothing=0.1,
        augment=(),
        seed=0,
    )
    torch.manual_seed(3)
    program = resnet_dsl.load(specs / "resnet18.rdl", input_shape=(3, SIDE, SIDE))
    generated = program["resnet18"].build().double().train()
    reference = Reference().double().train()
    reference.load_state_dict(generated.state_dict())

    step = TrainingStep(generated, make_optimizer(recipe, generated.parameters()), recipe, Execution())
    optimizer = torch.optim.SGD(reference.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    ours, theirs, before = [], [], 0.0
    for batch in batches():
        step(batch, 0.01)
        ours.append(float(step.loss_sum) - before)
        before = float(step.loss_sum)
        loss = functional.cross_entropy(reference(batch.images), batch.labels, label_smoothing=0.1)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        theirs.append(float(loss.detach()))
    assert max(abs(one - other) for one, other in zip(ours, theirs, strict=True)) < 1e-9
    assert ours[-1] != ours[0]
    for name, value in reference.state_dict().items():
        assert torch.allclose(generated.state_dict()[name], value, rtol=0, atol=1e-9), name
