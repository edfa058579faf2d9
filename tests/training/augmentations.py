"""Every augmentation there is, and scenes to try them on."""

from __future__ import annotations

import torch

from resnet_dsl.semantics.recipe_variations import (
    Augmentation,
    ColorJitter,
    Crop,
    Elastic,
    Erase,
    Flip,
    Lighting,
    RandAugment,
    RandomResizedCrop,
    Rotation,
    Shift,
    TrivialAugment,
)
from resnet_dsl.training.data import Part

MOVING: list[Augmentation] = [
    Shift(3),
    Crop(4, 0),
    Crop(0, 20),
    Crop(6, 40),
    RandomResizedCrop(24, (0.2, 1.0), (0.75, 1.33)),
    Flip(0.5, vertical=False),
    Flip(0.5, vertical=True),
    Rotation(30.0, 0.25),
    Elastic(3, 4.0),
    TrivialAugment(31),
    RandAugment(2, 9),
]
COLOURING: list[Augmentation] = [
    ColorJitter(0.4, 0.4, 0.4, 0.1),
    Lighting(0.1),
    Erase(0.5, (0.02, 0.33), (0.3, 3.3)),
]


def scene(count: int = 12, size: int = 32) -> Part:
    """A bright box somewhere in each dark image, and its mask of class 1."""
    draws = torch.Generator().manual_seed(0)
    masks = torch.zeros(count, size, size, dtype=torch.uint8)
    for mask in masks:
        top, left = (int(each) for each in torch.randint(4, size // 2, (2,), generator=draws))
        mask[top : top + 10, left : left + 8] = 1
    colours = torch.randint(150, 250, (count, 3, 1, 1), generator=draws)
    noise = torch.randint(0, 40, (count, 3, size, size), generator=draws)
    images = masks[:, None] * colours + noise
    return Part(images.clamp(max=255).to(torch.uint8), masks)
