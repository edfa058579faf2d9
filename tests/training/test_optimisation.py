"""Learning rates against torch's schedulers, and optimizers against their settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional
from torch.optim import lr_scheduler

from resnet_dsl.semantics.recipe_values import AdamW, Constant, Cosine, OneCycle, Recipe, Schedule, Sgd, Step
from resnet_dsl.training.optimisation import learning_rate_at, loss_of, make_optimizer

STEPS = 7
EPOCHS = 10

Scheduler = lr_scheduler.LRScheduler
SCHEDULES: list[tuple[Schedule, Callable[[torch.optim.Optimizer], Scheduler]]] = [
    (Constant(), lambda optimizer: lr_scheduler.ConstantLR(optimizer, 1.0, 1)),
    (
        Step((3, 6), 0.1),
        lambda optimizer: lr_scheduler.MultiStepLR(optimizer, [3 * STEPS, 6 * STEPS], 0.1),
    ),
    (Cosine(0.0), lambda optimizer: lr_scheduler.CosineAnnealingLR(optimizer, STEPS * EPOCHS)),
    (
        Cosine(0.25),
        lambda optimizer: lr_scheduler.CosineAnnealingLR(optimizer, STEPS * EPOCHS, eta_min=0.25 * 0.1),
    ),
    (
        OneCycle(0.3, 0.04, 4e-6),
        lambda optimizer: lr_scheduler.OneCycleLR(
            optimizer, 0.1, total_steps=STEPS * EPOCHS, cycle_momentum=False
        ),
    ),
]


@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler")  # no weights are moved here
@pytest.mark.parametrize(("schedule", "theirs"), SCHEDULES, ids=lambda value: type(value).__name__)
def test_the_learning_rate_is_torchs(
    recipe: Recipe, schedule: Schedule, theirs: Callable[[torch.optim.Optimizer], Scheduler]
) -> None:
    mine = replace(recipe, schedule=schedule, epochs=EPOCHS)
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
    scheduler = theirs(optimizer)
    for step in range(STEPS * EPOCHS):
        assert learning_rate_at(mine, step, STEPS) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9)
        optimizer.step()
        scheduler.step()


@given(
    warmup=st.floats(0, 1),
    start=st.floats(0, 1),
    final=st.floats(0, 1),
    epochs=st.integers(1, 5),
    steps=st.integers(1, 5),
)
def test_one_cycle_stays_between_its_ends(
    warmup: float, start: float, final: float, epochs: int, steps: int
) -> None:
    recipe = Recipe(
        name="r",
        model="m",
        data=None,
        optimizer=Sgd(0.5, 0.0, 0.0, nesterov=False),
        schedule=OneCycle(warmup, start, final),
        epochs=epochs,
        batch_size=1,
        loss="cross_entropy",
        label_smoothing=0.0,
        augment=(),
        seed=0,
    )
    for step in range(epochs * steps):
        rate = learning_rate_at(recipe, step, steps)
        assert 0.5 * min(start, final) - 1e-9 <= rate <= 0.5 + 1e-9


def test_optimizers_get_every_setting(recipe: Recipe) -> None:
    weights = [nn.Parameter(torch.zeros(1))]
    sgd = make_optimizer(replace(recipe, optimizer=Sgd(0.2, 0.8, 1e-3, nesterov=True)), weights)
    assert isinstance(sgd, torch.optim.SGD)
    assert {key: sgd.defaults[key] for key in ("lr", "momentum", "weight_decay", "nesterov")} == {
        "lr": 0.2,
        "momentum": 0.8,
        "weight_decay": 1e-3,
        "nesterov": True,
    }
    adamw = make_optimizer(replace(recipe, optimizer=AdamW(0.2, 0.8, 0.9, 1e-6, 0.3)), weights)
    assert isinstance(adamw, torch.optim.AdamW)
    assert {key: adamw.defaults[key] for key in ("lr", "betas", "eps", "weight_decay")} == {
        "lr": 0.2,
        "betas": (0.8, 0.9),
        "eps": 1e-6,
        "weight_decay": 0.3,
    }


def test_the_loss_smooths_labels(recipe: Recipe) -> None:
    outputs, labels = torch.randn(4, 10), torch.arange(4)
    expected = functional.cross_entropy(outputs, labels, label_smoothing=0.1)
    assert torch.equal(loss_of(recipe, outputs, labels), expected)


def test_auxiliary_heads_add_their_weighted_loss(recipe: Recipe) -> None:
    generator = torch.Generator().manual_seed(0)
    main, first, second = (torch.randn(4, 10, generator=generator) for _ in range(3))
    labels = torch.tensor([1, 2, 3, 4])
    alone = loss_of(recipe, main, labels)
    both = loss_of(recipe, (main, first, second), labels)
    wanted = alone + 0.3 * (loss_of(recipe, first, labels) + loss_of(recipe, second, labels))
    torch.testing.assert_close(both, wanted)
