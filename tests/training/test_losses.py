"""Losses against their definitions, and against torch's own where there are some."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from resnet_dsl.semantics.recipe_choices import DiceCrossEntropy
from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.batch import Part
from resnet_dsl.training.judging import Judge
from resnet_dsl.training.losses import IGNORED, Whole, dice_loss, fitted_targets, loss_of, places_counted
from resnet_dsl.training.optimisation import micro_batches


@pytest.fixture
def draws() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def normal(draws: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=draws)


def test_auxiliary_outputs_have_weights_of_which_the_last_goes_on(
    recipe: Recipe, draws: torch.Generator
) -> None:
    outputs = tuple(normal(draws, 4, 10) for _ in range(4))
    labels = torch.arange(4)
    alone = [loss_of(recipe, output, labels) for output in outputs]
    for weights, wanted in (((0.3,), (0.3, 0.3, 0.3)), ((0.5, 0.1), (0.5, 0.1, 0.1)), ((1.0,), (1, 1, 1))):
        together = loss_of(replace(recipe, aux_weights=weights), outputs, labels)
        parts = [weight * loss for weight, loss in zip(wanted, alone[1:], strict=True)]
        torch.testing.assert_close(together, alone[0] + sum(parts))


def test_masks_may_be_larger_than_what_the_network_gives(recipe: Recipe, draws: torch.Generator) -> None:
    masks = torch.randint(0, 3, (2, 12, 10), generator=draws)
    output = normal(draws, 2, 3, 8, 6)
    inner = masks[:, 2:10, 2:8]
    assert torch.equal(fitted_targets(output, masks), inner)
    plain = replace(recipe, label_smoothing=0.0)
    torch.testing.assert_close(loss_of(plain, output, masks), functional.cross_entropy(output, inner))
    with pytest.raises(ValueError, match="an output of 20x6 for targets of 12x10"):
        loss_of(plain, normal(draws, 2, 3, 20, 6), masks)


@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy", DiceCrossEntropy(1.0)])
@pytest.mark.parametrize("classes", [1, 3])
def test_ignored_pixels_change_nothing(
    recipe: Recipe, draws: torch.Generator, loss: str | DiceCrossEntropy, classes: int
) -> None:
    if classes == 1 and loss != "binary_cross_entropy":
        pytest.skip("a softmax over one class says nothing")
    plain = replace(recipe, loss=loss, label_smoothing=0.0)
    masks = torch.randint(0, 2, (2, 8, 8), generator=draws)
    masks[:, :3] = IGNORED
    output = normal(draws, 2, classes, 8, 8)
    other = output.clone()
    other[:, :, :3] = 100.0
    torch.testing.assert_close(loss_of(plain, output, masks), loss_of(plain, other, masks))


def test_dice_is_zero_for_the_truth_and_grows_to_one() -> None:
    masks = torch.zeros(1, 4, 4, dtype=torch.int64)
    masks[:, :2] = 1
    sure = 50.0 * functional.one_hot(masks, 2).permute(0, 3, 1, 2).float()
    assert float(dice_loss(sure, masks)) == pytest.approx(0, abs=1e-6)
    # Nothing right: overlap 0 of 8 + 8 pixels, so 1 - 1/17 with the pixel that is added.
    assert float(dice_loss(-sure, masks)) == pytest.approx(1 - 1 / 17, abs=1e-6)
    half = torch.zeros(1, 2, 4, 4)  # every share 1/2: overlap 4 of 16 - in each class
    assert float(dice_loss(half, masks)) == pytest.approx(1 - (2 * 4 + 1) / (16 + 1), abs=1e-6)


def test_dice_adds_to_the_cross_entropy_by_its_weight(recipe: Recipe, draws: torch.Generator) -> None:
    output, masks = normal(draws, 2, 3, 4, 4), torch.randint(0, 3, (2, 4, 4), generator=draws)
    plain = replace(recipe, label_smoothing=0.0)
    wanted = functional.cross_entropy(output, masks) + 0.5 * dice_loss(output, masks)
    given = loss_of(replace(plain, loss=DiceCrossEntropy(0.5)), output, masks)
    torch.testing.assert_close(given, wanted)


def test_binary_cross_entropy_is_torchs(recipe: Recipe, draws: torch.Generator) -> None:
    plain = replace(recipe, loss="binary_cross_entropy", label_smoothing=0.0)
    output, labels = normal(draws, 4, 5), torch.tensor([0, 1, 4, 2])
    truth = functional.one_hot(labels, 5).float()
    wanted = functional.binary_cross_entropy_with_logits(output, truth)
    torch.testing.assert_close(loss_of(plain, output, labels), wanted)
    shares = truth.lerp(truth.roll(1, 0), 0.3)
    wanted = functional.binary_cross_entropy_with_logits(output, shares)
    torch.testing.assert_close(loss_of(plain, output, shares), wanted)
    smooth = truth * 0.9 + 0.1 / 5
    wanted = functional.binary_cross_entropy_with_logits(output, smooth)
    torch.testing.assert_close(loss_of(replace(plain, label_smoothing=0.1), output, labels), wanted)
    one, which = normal(draws, 4, 1), torch.tensor([0, 1, 1, 0])
    wanted = functional.binary_cross_entropy_with_logits(one[:, 0], which.float())
    torch.testing.assert_close(loss_of(plain, one, which), wanted)


def test_mixed_labels_give_the_mixed_loss(recipe: Recipe, draws: torch.Generator) -> None:
    plain = replace(recipe, label_smoothing=0.0)
    output, labels = normal(draws, 4, 10), torch.arange(4)
    first, second = functional.one_hot(labels, 10).float(), functional.one_hot(labels.roll(1), 10).float()
    wanted = 0.7 * loss_of(plain, output, labels) + 0.3 * loss_of(plain, output, labels.roll(1))
    torch.testing.assert_close(loss_of(plain, output, 0.7 * first + 0.3 * second), wanted)


def test_squared_error_of_maps_numbers_and_classes(recipe: Recipe, draws: torch.Generator) -> None:
    plain = replace(recipe, loss="mse", label_smoothing=0.0, aux_weights=(1.0,))
    stacks = (normal(draws, 2, 3, 8, 8), normal(draws, 2, 3, 8, 8))
    maps = normal(draws, 2, 3, 8, 8)
    wanted = sum((stack - maps).square().mean() for stack in stacks)
    torch.testing.assert_close(loss_of(plain, stacks, maps), wanted)
    output, numbers = normal(draws, 4, 1), normal(draws, 4)
    torch.testing.assert_close(loss_of(plain, output, numbers), (output[:, 0] - numbers).square().mean())
    scores, labels = normal(draws, 4, 3), torch.tensor([0, 2, 1, 1])
    wanted = (scores - functional.one_hot(labels, 3)).square().mean()
    torch.testing.assert_close(loss_of(plain, scores, labels), wanted)
    with pytest.raises((ValueError, RuntimeError)):
        loss_of(plain, normal(draws, 2, 3, 4, 4), normal(draws, 2, 2, 4, 4))


def test_half_precision_is_summed_in_float32(recipe: Recipe, draws: torch.Generator) -> None:
    output = normal(draws, 4, 10).bfloat16()
    loss = loss_of(recipe, output, torch.arange(4))
    assert loss.dtype == torch.float32
    assert loss_of(recipe, output.double(), torch.arange(4)).dtype == torch.float64


def uneven_masks(draws: torch.Generator) -> Tensor:
    """(8, 9, 8): of the first part of four nothing counts, of the second a little, of the rest everything."""
    masks = torch.randint(0, 3, (8, 9, 8), generator=draws)
    masks[:2] = IGNORED
    masks[2:4, 1:] = IGNORED
    return masks


@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy", DiceCrossEntropy(1.0)])
def test_masks_of_which_nothing_counts_cost_nothing(
    recipe: Recipe, draws: torch.Generator, loss: str | DiceCrossEntropy
) -> None:
    output = normal(draws, 2, 3, 4, 4).requires_grad_()
    found = loss_of(replace(recipe, loss=loss), output, torch.full((2, 4, 4), IGNORED))
    found.backward()  # type: ignore[no-untyped-call]  # torch has no types here
    assert float(found.detach()) == 0
    assert output.grad is not None
    assert not output.grad.any()


@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy"])
@pytest.mark.parametrize("sides", [(9, 8), (5, 6)])
def test_parts_of_masks_give_the_batchs_loss_and_gradient(
    recipe: Recipe, draws: torch.Generator, loss: str, sides: tuple[int, int]
) -> None:
    """Also where the network gives smaller maps, of which fewer pixels count, and in an auxiliary output."""
    chosen = replace(recipe, loss=loss, accumulate=4)
    masks = uneven_masks(draws)
    main, side = normal(draws, 8, 3, *sides), normal(draws, 8, 3, 9, 8)
    main.requires_grad_()
    wanted = loss_of(chosen, (main, side), masks)
    (gradient,) = torch.autograd.grad(wanted, main)
    places = places_counted(masks)
    assert places is not None
    found = torch.zeros(())
    outputs, others = micro_batches(chosen, Part(main, masks)), micro_batches(chosen, Part(side, masks))
    for one, other in zip(outputs, others, strict=True):
        found = found + loss_of(chosen, (one.images, other.images), one.labels, Whole(places, 4)) / 4
    torch.testing.assert_close(found, wanted)
    torch.testing.assert_close(torch.autograd.grad(found, main)[0], gradient)


def test_only_masks_have_places_that_count() -> None:
    assert places_counted(torch.arange(3)) is None
    assert places_counted(torch.zeros(2, 3, 4, 4)) is None
    found = places_counted(torch.tensor([[[0, IGNORED]], [[1, IGNORED]]]))
    assert found is not None
    assert found.tolist() == [[[2, 0]]]


def test_the_loss_of_a_part_weighs_every_pixel_that_counts_alike(
    recipe: Recipe, draws: torch.Generator
) -> None:
    masks, output = uneven_masks(draws), normal(draws, 8, 3, 9, 8)
    judge = Judge("segmentation", 3)
    for start in (0, 2, 4):
        stop = start + 2 if start < 4 else 8
        one, truth = output[start:stop], masks[start:stop]
        judge.add(loss_of(recipe, one, truth), one, truth)
    assert judge.result().loss == pytest.approx(float(loss_of(recipe, output, masks)), rel=1e-6)
