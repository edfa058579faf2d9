"""Key points: they go where their images go, and become heat maps that count what is known."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.semantics.recipe_variations import (
    Augmentation,
    Crop,
    Elastic,
    Flip,
    RandAugment,
    RandomResizedCrop,
    Rotation,
    Shift,
    TrivialAugment,
)
from resnet_dsl.training.augment.apply import augmented
from resnet_dsl.training.augment.geometry import Warp, identity_matrix, warped_labels
from resnet_dsl.training.batch import Part
from resnet_dsl.training.judging import Judge
from resnet_dsl.training.key_points import bells, heat_maps, joints_named, without_those_outside
from resnet_dsl.training.losses import loss_of

MOVING: list[Augmentation] = [
    Shift(9),
    Crop(6, 0),
    Crop(0, 33),
    Flip(1.0, vertical=False),
    Flip(1.0, vertical=True),
    RandomResizedCrop(40, (0.4, 1.0), (0.7, 1.4)),
    Rotation(40.0, 0.25),
    Elastic(3, 3.0),
    TrivialAugment(31),
    RandAugment(2, 9),
]


def name(step: Augmentation) -> str:
    return f"{step.kind} {getattr(step, 'vertical', '')}".strip()


def spots(count: int, rows: int = 48, columns: int = 56) -> Part:
    """A bright round spot somewhere in each black image, and the point in its middle."""
    draws = torch.Generator().manual_seed(0)
    places = torch.rand(count, 1, 2, generator=draws) * torch.tensor([columns - 1.0, rows - 1.0])
    glow = bells(places[..., 1], places[..., 0], rows, columns, 1)
    images = glow.sqrt().sqrt().expand(-1, 3, -1, -1)  # of deviation two
    return Part(images.contiguous(), torch.cat([places, torch.ones(count, 1, 1)], 2))


@pytest.mark.parametrize("step", MOVING, ids=name)
def test_a_point_goes_where_its_image_goes(step: Augmentation) -> None:
    part = spots(200)
    after = augmented(part, [step], torch.arange(200), 0, 0)
    images, points = after.images.mean(1), after.labels
    rows, columns = images.shape[-2:]
    x, y, seen = points[:, 0].unbind(-1)
    far = (x > 5) & (x < columns - 6) & (y > 5) & (y < rows - 6) & (seen > 0)
    # Colours may have been turned over; only spots on black have their middle where they are brightest.
    dark = (images.flatten(1).median(1).values < 0.05) & (images.flatten(1).amax(1) > 0.5)
    chosen = far & dark
    assert int(chosen.sum()) > 40
    weights = images[chosen].square()
    weights = weights / weights.sum((1, 2), keepdim=True)
    down = (weights.sum(2) * torch.arange(rows)).sum(1)
    right = (weights.sum(1) * torch.arange(columns)).sum(1)
    off = torch.hypot(down - y[chosen], right - x[chosen])
    assert float(off.quantile(0.95)) < 0.5
    assert float(off.max()) < 2.5  # a bend makes a spot an egg, whose middle is elsewhere


def test_what_leaves_the_image_is_seen_no_more() -> None:
    part = spots(100)
    after = augmented(part, [Crop(0, 24)], torch.arange(100), 0, 0)
    bright = after.images.flatten(1).amax(1)
    seen = after.labels[:, 0, 2]
    assert 10 < int(seen.sum()) < 90
    assert bool((bright[seen > 0] > 0.8).all())
    back = augmented(
        after, [Rotation(0.0, 0.2)], torch.arange(100), 0, 0
    )  # a smaller image shows it not again
    assert bool((back.labels[seen == 0][..., 2] == 0).all())


def test_a_point_where_a_bend_folds_the_image_is_lost() -> None:
    bend = torch.zeros(1, 2, 5, 5)
    bend[0, 0, 2, 2] = -3.0
    places = torch.tensor([[[15.5, 15.5, 1.0], [1.0, 1.0, 1.0]]])
    warp = Warp(identity_matrix(1), (32, 32), bend)
    moved = warped_labels(places, warp, (32, 32))
    assert moved[0, :, 2].tolist() == [0.0, 1.0]


def test_a_mirror_swaps_left_and_right() -> None:
    names = ("nose", "left_hand", "right_hand", "LeftFoot", "RightFoot", "tail_right", "upright")
    joints = joints_named(names, 4)
    assert joints.mirrored.tolist() == [0, 2, 1, 4, 3, 5, 6]
    assert joints.have_sides
    assert not joints_named(("a", "b"), 4).have_sides
    capitals = joints_named(("Nose", "nose", "left_eye", "Left_eye", "right_eye", "left_ear", "RIGHT_EAR"), 4)
    assert capitals.mirrored.tolist() == [
        0,
        1,
        2,
        3,
        4,
        6,
        5,
    ]  # whose left eye the right one is, nothing says
    points = torch.tensor([[[1.0, 2.0, 2.0], [3.0, 4.0, 1.0], [5.0, 6.0, 0.0]]])
    part = Part(torch.zeros(1, 3, 10, 12), points)
    mirrored = joints_named(names[:3], 4).mirrored
    after = augmented(part, [Flip(1.0, vertical=False)], torch.arange(1), 0, 0, mirrored).labels[0]
    assert after.tolist() == [[10, 2, 2], [6, 6, 0], [8, 4, 1]]
    down = augmented(part, [Flip(1.0, vertical=True)], torch.arange(1), 0, 0, mirrored).labels[0]
    assert down.tolist() == [[1, 7, 2], [5, 3, 0], [3, 5, 1]]
    twice = augmented(part, [Flip(1.0, vertical=False)] * 2, torch.arange(1), 0, 0, mirrored).labels
    assert torch.equal(twice, points)
    stays = augmented(part, [Flip(0.0, vertical=False)], torch.arange(1), 0, 0, mirrored).labels
    assert torch.equal(stays, points)


def test_maps_are_highest_at_their_points_and_tell_what_is_not_known() -> None:
    points = torch.tensor([[[9.5, 5.5, 2.0], [0.0, 0.0, 0.0], [31.4, 15.4, 1.0], [32.0, 0.0, 1.0]]])
    points = without_those_outside(points, (16, 32))
    assert points[0, :, 2].tolist() == [2, 0, 1, 0]
    maps = heat_maps(points, (16, 32), 4)
    assert maps.shape == (1, 4, 4, 8)
    assert float(maps[0, 0, 1, 2]) == 1.0  # the middle of the place
    assert float(maps[0, 0, 1, 3]) == pytest.approx(2.718281828**-0.5)
    assert int(maps[0, 2].argmax()) == 31
    assert bool(maps[0, [1, 3]].isnan().all())
    assert bool(without_those_outside(torch.tensor([[[torch.nan, 0.0, 2.0]]]), (16, 32))[0, 0, 2] == 0)


def test_a_joint_that_is_not_known_counts_for_nothing(recipe: Recipe) -> None:
    plain = replace(recipe, loss="mse", label_smoothing=0.0)
    outputs = torch.randn(6, 3, 4, 5, generator=torch.Generator().manual_seed(0), requires_grad=True)
    points = torch.rand(6, 3, 3, generator=torch.Generator().manual_seed(1)) * 15 + 1
    whole = heat_maps(points, (16, 20), 4)
    assert torch.equal(loss_of(plain, outputs, whole), (outputs - whole).square().mean())
    points[2:, 1, 2] = 0.0
    maps = heat_maps(points, (16, 20), 4)
    loss = loss_of(plain, outputs, maps)
    known = ~maps.isnan()
    torch.testing.assert_close(loss, (outputs - whole)[known].square().sum() / known.numel())
    (slopes,) = torch.autograd.grad(loss, outputs)
    assert bool((slopes[~known] == 0).all())
    assert bool(slopes.isfinite().all())
    parts = [
        loss_of(plain, some, of)
        for some, of in zip(torch.split(outputs, 2), torch.split(maps, 2), strict=True)
    ]
    torch.testing.assert_close(torch.stack(parts).mean(), loss)
    judge = Judge("keypoints", 3)
    for some, of in zip(torch.split(outputs.detach(), 4), torch.split(maps, 4), strict=True):
        judge.add(loss.detach(), some, of)
    found = judge.result()
    assert [of for _, of in found.joints] == [6, 2, 6]
    assert found.judged == 14
    assert sum(near for near, _ in found.joints) == found.correct
    rows = found.as_dict(("nose", "left_hand"))["joints"]
    assert [row["name"] for row in rows] == ["nose", "left_hand", "2"]
    assert rows[1]["pck"] == found.joints[1][0] / 2
