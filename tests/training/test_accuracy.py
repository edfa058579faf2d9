"""The figure that the README states, for the network written by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import mean

import pytest
from torch import nn

from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.loop import train


@pytest.mark.slow
def test_digits_reach_ninety_eight_percent(
    tmp_path: Path, digits_net: Callable[[], nn.Module], recipe: Recipe
) -> None:
    figures = [
        train(digits_net, recipe, tmp_path / str(seed), seed=seed).test.test_accuracy for seed in range(3)
    ]
    assert min(figures) >= 0.97
    assert mean(figures) >= 0.98
