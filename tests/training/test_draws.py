"""Random numbers by hashing: what they depend on, and that they are even."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from resnet_dsl.training.augment.draws import Draws


def draws(indices: torch.Tensor, seed: int = 0, purpose: str = "p", epoch: int = 0) -> Draws:
    return Draws(indices, seed, purpose, epoch)


@given(st.lists(st.integers(0, 2**31), min_size=1, max_size=20), st.integers(0, 2**32 - 1))
def test_a_samples_numbers_depend_on_the_sample_alone(indices: list[int], seed: int) -> None:
    together = draws(torch.tensor(indices), seed).uniform(3)
    for place, index in enumerate(indices):
        assert torch.equal(draws(torch.tensor([index]), seed).uniform(3)[0], together[place])
    assert torch.equal(draws(torch.tensor(indices), seed).uniform(2), together[:, :2])


def test_seeds_purposes_epochs_and_samples_draw_differently() -> None:
    indices = torch.arange(4)
    kinds = [draws(indices), draws(indices, 1), draws(indices, 0, "q"), draws(indices, 0, "p", 1)]
    values = torch.cat([kind.uniform(4).flatten() for kind in kinds])
    assert len(set(values.tolist())) == 64


def test_numbers_are_even_and_unrelated() -> None:
    values = draws(torch.arange(20_000)).uniform(4)
    assert float(values.min()) >= 0
    assert float(values.max()) < 1
    counts = values.flatten().mul(16).long().bincount(minlength=16) / values.numel()
    assert float((counts - 1 / 16).abs().max()) < 0.003
    related = torch.corrcoef(torch.cat([values.T, values.roll(1, 0).T]))
    assert float((related - torch.eye(8)).abs().max()) < 0.03


def test_whole_numbers_and_normal_ones() -> None:
    several = draws(torch.arange(20_000))
    wholes = several.wholes(1, -2, 3).flatten()
    assert set(wholes.tolist()) == {-2, -1, 0, 1, 2, 3}
    assert float(((wholes + 2).bincount() / 20_000 - 1 / 6).abs().max()) < 0.01
    normal = several.normal(2)
    assert torch.isfinite(normal).all()
    assert float(normal.mean()) == pytest.approx(0, abs=0.02)
    assert float(normal.std()) == pytest.approx(1, abs=0.02)
    assert float((normal.abs() < 1.96).float().mean()) == pytest.approx(0.95, abs=0.01)
