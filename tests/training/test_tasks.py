"""Networks written by hand learn each kind of task, through the loop that `train` runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_dsl.semantics.recipe_choices import AdamW, Cosine, DiceCrossEntropy, RmsProp
from resnet_dsl.semantics.recipe_sources import Synthetic
from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.semantics.recipe_variations import Flip, Rotation
from resnet_dsl.training.loop import train


def layer(channels: int, width: int, stride: int = 1) -> nn.Sequential:
    conv = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(width), nn.ReLU())


class Segmenter(nn.Module):
    """Down to half the resolution and up again, beside what was there."""

    def __init__(self) -> None:
        super().__init__()
        self.fine, self.coarse = layer(3, 12), nn.Sequential(layer(12, 24, 2), layer(24, 24))
        self.head = nn.Sequential(layer(36, 16), nn.Conv2d(16, 4, 1))

    def forward(self, x: Tensor) -> Tensor:
        fine = self.fine(x)
        wide = functional.interpolate(self.coarse(fine), scale_factor=2.0)
        scores: Tensor = self.head(torch.cat([fine, wide], 1))
        return scores


class Poser(nn.Module):
    """Heat maps of a quarter of the resolution, and in training those of an earlier layer as well."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(layer(3, 16, 2), layer(16, 32, 2))
        self.early, self.late = nn.Conv2d(32, 4, 1), nn.Sequential(layer(32, 32), nn.Conv2d(32, 4, 1))

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        x = self.stem(x)
        return (self.late(x), self.early(x)) if self.training else self.late(x)


@pytest.mark.slow
def test_masks_are_learnt(recipe: Recipe, tmp_path: Path) -> None:
    shapes = replace(
        recipe,
        data=Synthetic("shapes", 300, (3, 32, 32), 0, 0.1, 4, 0),
        optimizer=AdamW(0.005, 0.9, 0.999, 1e-8, 0.01),
        schedule=Cosine(0.0),
        epochs=10,
        batch_size=15,
        loss=DiceCrossEntropy(1.0),
        label_smoothing=0.0,
        augment=(Rotation(15.0, 0.1), Flip(0.5, vertical=False)),
        ema=0.9,
        clip_norm=5.0,
        accumulate=3,
        decay_norms=False,
    )
    assert train(Segmenter, shapes, tmp_path).test.test_accuracy > 0.85


@pytest.mark.slow
def test_key_points_are_learnt(recipe: Recipe, tmp_path: Path) -> None:
    points = replace(
        recipe,
        data=Synthetic("keypoints", 400, (3, 48, 48), 0, 0.1, 4, 0),
        optimizer=RmsProp(0.002, 0.99, 1e-8, 0.0, 0.0),
        schedule=Cosine(0.0),
        epochs=8,
        batch_size=10,
        loss="mse",
        label_smoothing=0.0,
        augment=(Rotation(10.0, 0.1),),
        aux_weights=(1.0,),
    )
    assert train(Poser, points, tmp_path).test.test_accuracy > 0.6
