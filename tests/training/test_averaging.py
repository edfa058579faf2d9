"""The moving average of weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.averaging import WeightAverage
from resnet_dsl.training.checkpoint import load_weights
from resnet_dsl.training.loop import train


def moved(model: nn.Module, generator: torch.Generator) -> None:
    with torch.no_grad():
        for each in model.parameters():
            each.add_(torch.randn(each.shape, generator=generator))
        model(torch.randn(8, 1, 8, 8, generator=generator))  # moves the running statistics


def test_it_is_the_average_by_its_definition(small_net: Callable[[], nn.Module]) -> None:
    model, draws = small_net().train(), torch.Generator().manual_seed(0)
    average = WeightAverage(model, 0.75)
    name = "0.weight"
    expected = model.state_dict()[name].clone().double()
    for number in range(40):
        moved(model, draws)
        average.update(model)
        keep = min(0.75, (1 + number) / (10 + number))
        expected = keep * expected + (1 - keep) * model.state_dict()[name]
        if number == 0:
            assert keep == 0.1  # the untrained weights are soon forgotten
    state = average.model.state_dict()
    torch.testing.assert_close(state[name].double(), expected, rtol=1e-4, atol=1e-5)
    assert int(state["1.num_batches_tracked"]) == 40
    assert not torch.equal(state["1.running_mean"], model.state_dict()["1.running_mean"])
    assert not average.model.training
    assert not any(each.requires_grad for each in average.model.parameters())


def test_it_goes_on_as_if_never_stopped(small_net: Callable[[], nn.Module]) -> None:
    model, draws = small_net().train(), torch.Generator().manual_seed(0)
    one = WeightAverage(model, 0.9)
    for _ in range(3):
        moved(model, draws)
        one.update(model)
    other = WeightAverage(small_net(), 0.9)
    other.load_state_dict(one.state_dict())
    moved(model, draws)
    one.update(model)
    other.update(model)
    pairs = zip(one.model.state_dict().values(), other.model.state_dict().values(), strict=True)
    assert all(torch.equal(left, right) for left, right in pairs)


def test_a_run_judges_and_keeps_the_average(
    small_net: Callable[[], nn.Module], recipe: Recipe, tmp_path: Path
) -> None:
    averaged = replace(recipe, epochs=4, ema=0.9)
    result = train(small_net, averaged, tmp_path)
    assert result.test.test_accuracy > 0.5
    best, last = (load_weights(tmp_path / f"{name}.safetensors") for name in ("best", "last"))
    assert not torch.equal(best["0.weight"], last["0.weight"])
    torch.testing.assert_close(best["0.weight"], last["0.weight"], rtol=0, atol=0.2)


def test_it_touches_nothing_of_the_model(small_net: Callable[[], nn.Module]) -> None:
    model = small_net().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    WeightAverage(model, 0.9).update(model)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert model.training
    with pytest.raises(ValueError, match="zip"):
        WeightAverage(model, 0.9).update(nn.Sequential(*list(model.children())[:2]))
