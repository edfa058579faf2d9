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

from resnet_dsl.semantics.recipe_choices import FlatWarmUp, LinearWarmUp, Plateau, Polynomial, RmsProp
from resnet_dsl.semantics.recipe_values import AdamW, Constant, Cosine, OneCycle, Recipe, Schedule, Sgd, Step
from resnet_dsl.training.data import Part
from resnet_dsl.training.losses import loss_of
from resnet_dsl.training.optimisation import (
    LearningRates,
    clip_gradients,
    learning_rate_at,
    make_optimizer,
    micro_batches,
)

PLAIN_RECIPE = Recipe(
    name="r",
    model="m",
    data=None,
    optimizer=Sgd(0.5, 0.0, 0.0, nesterov=False),
    schedule=Constant(),
    epochs=1,
    batch_size=1,
    loss="cross_entropy",
    label_smoothing=0.0,
    augment=(),
    seed=0,
)
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
    recipe = replace(PLAIN_RECIPE, schedule=OneCycle(warmup, start, final), epochs=epochs)
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


def test_rmsprop_gets_every_setting(recipe: Recipe) -> None:
    weights = [nn.Parameter(torch.zeros(1))]
    made = make_optimizer(replace(recipe, optimizer=RmsProp(0.2, 0.8, 1e-6, 0.9, 0.3)), weights)
    assert isinstance(made, torch.optim.RMSprop)
    assert {key: made.defaults[key] for key in ("lr", "alpha", "eps", "momentum", "weight_decay")} == {
        "lr": 0.2,
        "alpha": 0.8,
        "eps": 1e-6,
        "momentum": 0.9,
        "weight_decay": 0.3,
    }


def test_norms_and_biases_can_be_left_out_of_the_decay(
    recipe: Recipe, small_net: Callable[[], nn.Module]
) -> None:
    model = small_net()
    together = make_optimizer(recipe, model.parameters())
    assert len(together.param_groups) == 1
    apart = make_optimizer(replace(recipe, decay_norms=False), model.parameters())
    decayed, left_out = apart.param_groups
    assert (decayed["weight_decay"], left_out["weight_decay"]) == (5e-4, 0.0)
    names = {id(each): name for name, each in model.named_parameters()}
    kinds = dict(model.named_modules())
    for each in decayed["params"]:
        name, _, last = names[id(each)].rpartition(".")
        assert last == "weight"
        assert isinstance(kinds[name], nn.Conv2d | nn.Linear)
    for each in left_out["params"]:
        name, _, last = names[id(each)].rpartition(".")
        assert last == "bias" or isinstance(kinds[name], nn.BatchNorm2d)
    assert len(decayed["params"]) + len(left_out["params"]) == len(names)


@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler")
@pytest.mark.parametrize("warmup", [LinearWarmUp(2.0, 0, 0.01), LinearWarmUp(0.0, 14, 0.01)])
def test_a_warm_up_is_torchs_with_the_cosine_behind_it(recipe: Recipe, warmup: LinearWarmUp) -> None:
    mine = replace(recipe, schedule=Cosine(0.0), epochs=EPOCHS, warmup=warmup)
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
    length = 2 * STEPS
    parts: list[Scheduler] = [
        lr_scheduler.LinearLR(optimizer, 0.01, total_iters=length),
        lr_scheduler.CosineAnnealingLR(optimizer, STEPS * EPOCHS - length),
    ]
    scheduler = lr_scheduler.SequentialLR(optimizer, parts, [length])
    for step in range(STEPS * EPOCHS):
        assert learning_rate_at(mine, step, STEPS) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9)
        optimizer.step()
        scheduler.step()


def test_a_flat_warm_up_ends_at_once(recipe: Recipe) -> None:
    mine = replace(recipe, schedule=Step((1,), 0.1), epochs=2, warmup=FlatWarmUp(0.0, 3, 0.5))
    rates = [learning_rate_at(mine, step, 5) for step in range(10)]
    assert rates == pytest.approx([0.05] * 3 + [0.1] * 2 + [0.01] * 5)


@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler")
def test_a_polynomial_is_torchs(recipe: Recipe) -> None:
    mine = replace(recipe, schedule=Polynomial(0.9, 0.0), epochs=EPOCHS)
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
    scheduler = lr_scheduler.PolynomialLR(optimizer, STEPS * EPOCHS, 0.9)
    for step in range(STEPS * EPOCHS):
        assert learning_rate_at(mine, step, STEPS) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9)
        optimizer.step()
        scheduler.step()
    assert learning_rate_at(replace(mine, schedule=Polynomial(2.0, 0.5)), 35, STEPS) == pytest.approx(0.0625)


@given(st.lists(st.floats(0.1, 2.0), min_size=1, max_size=60), st.integers(0, 5), st.integers(0, 60))
def test_a_plateau_is_torchs_and_goes_on_where_it_was(losses: list[float], patience: int, stop: int) -> None:
    recipe = replace(PLAIN_RECIPE, schedule=Plateau(0.1, patience, 1e-4), epochs=100)
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.5)
    theirs = lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.1, patience=patience, threshold=1e-4, eps=0)
    mine = LearningRates(recipe, 1)
    for epoch, loss in enumerate(losses):
        assert mine.at(epoch) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9)
        mine.close_epoch(loss)
        theirs.step(loss)
        if epoch == stop:
            state = mine.state_dict()
            mine = LearningRates(recipe, 1)
            mine.load_state_dict(state)


def test_gradients_are_clipped_to_a_common_norm(recipe: Recipe) -> None:
    weights = [nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(1))]
    weights[0].grad, weights[1].grad = torch.tensor([3.0, 0.0]), torch.tensor([4.0])
    assert clip_gradients(recipe, weights) is None
    before = clip_gradients(replace(recipe, clip_norm=1.0), weights)
    assert before is not None
    assert float(before) == 5
    torch.testing.assert_close(weights[0].grad, torch.tensor([0.6, 0.0]))
    assert clip_gradients(replace(recipe, clip_norm=2.0), weights) is not None
    torch.testing.assert_close(weights[1].grad, torch.tensor([0.8]))


def test_parts_of_a_batch_give_the_batchs_gradient(recipe: Recipe) -> None:
    generator = torch.Generator().manual_seed(0)
    net = nn.Linear(6, 10)
    batch = Part(torch.randn(8, 6, generator=generator), torch.arange(8))
    loss_of(recipe, net(batch.images), batch.labels).backward()  # type: ignore[no-untyped-call]
    whole = net.weight.grad
    net.weight.grad = None
    parts = list(micro_batches(replace(recipe, accumulate=4), batch))
    assert [len(part) for part in parts] == [2] * 4
    for part in parts:
        loss = loss_of(recipe, net(part.images), part.labels) / 4
        loss.backward()  # type: ignore[no-untyped-call]
    torch.testing.assert_close(net.weight.grad, whole)
    assert list(micro_batches(recipe, batch)) == [batch]


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
