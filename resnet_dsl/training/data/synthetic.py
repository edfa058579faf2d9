"""Images that the program draws, so that every part of training can be tried without any files.

`noise` measures speed: nothing can be learnt from it. The other tasks can be learnt by a small
network: the direction of stripes, which pixel belongs to which shape, where a figure's joints are.
"""

from __future__ import annotations

import torch
from torch import Tensor

from resnet_dsl.semantics.recipe_sources import Synthetic
from resnet_dsl.training.data.parts import Dataset, Part, make_dataset
from resnet_dsl.training.key_points import bells, distances
from resnet_dsl.training.randomness import generator

USUAL_CLASSES = {"noise": 10, "gratings": 10, "shapes": 4, "keypoints": 4}
TOGETHER = 512  # images drawn at once, so that many large ones need no more memory than they keep
TASKS = {"noise": "classification", "gratings": "classification", "shapes": "segmentation"}


def load_synthetic(source: Synthetic) -> Dataset:
    """Images (N, C, H, W), uint8, with classes (N,), masks (N, H, W) or heat maps (N, K, H, W)."""
    classes = source.classes or USUAL_CLASSES[source.task]
    draw = {"noise": _noise, "gratings": _gratings, "shapes": _shapes, "keypoints": _keypoints}[source.task]
    draws = generator(source.seed, f"synthetic/{source.task}")
    starts = range(0, source.images, TOGETHER)
    parts = [draw(min(TOGETHER, source.images - start), classes, source, draws) for start in starts]
    images, labels = (torch.cat(each) for each in zip(*parts, strict=True))
    return make_dataset(str(source), Part(images, labels), classes, TASKS.get(source.task, "keypoints"))


def _noise(count: int, classes: int, source: Synthetic, draws: torch.Generator) -> tuple[Tensor, Tensor]:
    images = torch.randint(0, 256, (count, *source.size), generator=draws, dtype=torch.uint8)
    return images, torch.randint(0, classes, (count,), generator=draws)


def _gratings(count: int, classes: int, source: Synthetic, draws: torch.Generator) -> tuple[Tensor, Tensor]:
    """Stripes in `classes` directions; phase, frequency, contrast and colour are drawn."""
    channels, height, width = source.size
    labels = torch.randint(0, classes, (count,), generator=draws)
    angle = (labels * torch.pi / classes)[:, None, None]
    phase, frequency, contrast = torch.rand(3, count, 1, 1, generator=draws)
    rows, columns = torch.arange(height)[:, None], torch.arange(width)[None, :]
    across = angle.cos() * columns + angle.sin() * rows
    waves = (2 * torch.pi * (phase + across * (0.1 + 0.1 * frequency))).sin() * (0.2 + 0.2 * contrast)
    colour = 0.5 + 0.5 * torch.rand(count, channels, 1, 1, generator=draws)
    return _bytes(0.5 + waves.unsqueeze(1) * colour, source, draws), labels


def _shapes(count: int, classes: int, source: Synthetic, draws: torch.Generator) -> tuple[Tensor, Tensor]:
    """Discs (1), squares (2) and triangles (3) on a background (0); later ones lie on top."""
    channels, height, width = source.size
    images = 0.2 + 0.2 * torch.rand(count, channels, 1, 1, generator=draws).expand(-1, -1, height, width)
    masks = torch.zeros(count, height, width, dtype=torch.uint8)
    for _ in range(3):
        kind = torch.randint(1, classes, (count, 1, 1), generator=draws)
        inside = _inside(kind, height, width, draws)
        colour = 0.5 + 0.5 * torch.rand(count, channels, 1, 1, generator=draws)
        images = torch.where(inside[:, None], colour, images)
        masks = torch.where(inside, kind.to(torch.uint8), masks)
    return _bytes(images, source, draws), masks


def _inside(kind: Tensor, height: int, width: int, draws: torch.Generator) -> Tensor:
    """(N, H, W): which pixels a shape of each kind covers, of a place and size that are drawn."""
    place = torch.rand(3, len(kind), 1, 1, generator=draws)
    reach = min(height, width) * (0.1 + 0.12 * place[2])
    down = (torch.arange(height)[:, None] - height * (0.15 + 0.7 * place[0])) / reach
    right = (torch.arange(width)[None, :] - width * (0.15 + 0.7 * place[1])) / reach
    disc = down.square() + right.square() <= 1
    square = (down.abs() <= 0.85) & (right.abs() <= 0.85)
    triangle = (down <= 0.8) & (down >= 2 * right.abs() - 1.2)
    return torch.where(kind == 1, disc, torch.where(kind == 2, square, triangle))


def _keypoints(count: int, classes: int, source: Synthetic, draws: torch.Generator) -> tuple[Tensor, Tensor]:
    """A ring of `classes` dots of their own colours about a place, turned and sized at random; `bells` are its maps."""
    channels, height, width = source.size
    place, turn = torch.rand(2, count, 1, generator=draws), torch.rand(2, count, 1, generator=draws)
    angle = 2 * torch.pi * (torch.arange(classes) / classes + turn[0] / classes)
    reach = min(height, width) * (0.15 + 0.1 * turn[1])
    down = height * (0.3 + 0.4 * place[0]) + reach * angle.sin()
    right = width * (0.3 + 0.4 * place[1]) + reach * angle.cos()
    radius = max(1.0, min(height, width) / 20)
    near = distances(down, right, height, width, 1) <= radius**2
    colours = _colours(classes, channels)
    images = torch.full((count, channels, height, width), 0.1)
    for joint in range(classes):
        images = torch.where(near[:, joint, None], colours[joint, :, None, None], images)
    return _bytes(images, source, draws), bells(down, right, height, width, source.stride)


def _colours(count: int, channels: int) -> Tensor:
    """(count, channels): colours as far apart as so many can be; the digits of a number are its channels."""
    base = next(base for base in range(2, count + 2) if base**channels > count)
    numbers = torch.arange(1, count + 1)[:, None] // base ** torch.arange(channels)
    return 0.1 + 0.9 * (numbers % base) / (base - 1)


def _bytes(images: Tensor, source: Synthetic, draws: torch.Generator) -> Tensor:
    """With noise on every pixel, as bytes."""
    if source.noise:
        images = images + source.noise * torch.randn(images.shape, generator=draws)
    return (images.clamp(0, 1) * 255).round().to(torch.uint8)
