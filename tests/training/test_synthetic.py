"""What the program draws by itself: labels say what is in the images, and the same seed draws the same."""

from __future__ import annotations

import pytest
import torch

from resnet_dsl.training.data import Part
from tests.training.sources import opened, synthetic, whole


def test_gratings_can_be_told_apart_by_their_direction() -> None:
    data = opened(synthetic("gratings", images=600, noise=0.05, classes=4))
    training, test = whole(data.training), whole(data.test)

    def energy(part: Part) -> torch.Tensor:
        spectrum: torch.Tensor = torch.fft.fft2(part.images.float().mean(1)).abs()
        spectrum[:, 0, 0] = 0
        size = spectrum.square().sum((1, 2), keepdim=True).sqrt()
        shares: torch.Tensor = spectrum / size
        return shares.flatten(1)

    known, asked = energy(training), energy(test)
    means = torch.stack([known[training.labels == label].mean(0) for label in range(4)])
    accuracy = ((asked @ means.T).argmax(1) == test.labels).float().mean()
    assert accuracy > 0.9


def test_shapes_are_where_their_masks_say() -> None:
    data = opened(synthetic("shapes", noise=0.0, size=(3, 32, 32)))
    part = whole(data.training)
    assert (data.task, data.classes) == ("segmentation", 4)
    assert set(part.labels.flatten().tolist()) == {0, 1, 2, 3}
    brightness = part.images.float().mean(1)
    assert brightness[part.labels == 0].max() <= 0.41 * 255
    assert brightness[part.labels > 0].min() >= 0.49 * 255


def test_heat_maps_are_highest_where_the_dots_are() -> None:
    data = opened(synthetic("keypoints", noise=0.0, size=(3, 64, 64)))
    part = whole(data.training)
    assert part.labels.shape == (len(part), 4, 16, 16)
    assert 0.7 < float(part.labels.amax((2, 3)).min()) <= 1
    dots = (part.images.float().amax(1) > 0.29 * 255).float()
    near = torch.nn.functional.avg_pool2d(dots[:, None], 4).squeeze(1) > 0
    peaks = part.labels.flatten(2).argmax(2)
    assert near.flatten(1).gather(1, peaks).all()


@pytest.mark.parametrize("task", ["noise", "gratings", "shapes", "keypoints"])
def test_the_same_recipe_draws_the_same_images(task: str) -> None:
    one, two = (whole(opened(synthetic(task)).training) for _ in range(2))
    assert torch.equal(one.images, two.images)
    assert torch.equal(one.labels, two.labels)
    other = whole(opened(synthetic(task, seed=1)).training)
    assert not torch.equal(one.images, other.images)
