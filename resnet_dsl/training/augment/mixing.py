"""Mixup (Zhang et al. 2017, arXiv 1710.09412) and CutMix (Yun et al. 2019, arXiv 1905.04899)."""

from __future__ import annotations

from math import sqrt
from random import Random

import torch
from torch import Tensor
from torch.nn import functional

from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.batch import Part
from resnet_dsl.training.randomness import derive_seed


def mixed(
    batch: Part, recipe: Recipe, classes: int, epoch: int, step: int, *, has_first_partner: bool = False
) -> Part:
    """The batch with each image blended with the one before it, and labels as shares (N, classes).

    The one before the first is the last, or with `has_first_partner` an image that `batch` begins with
    and that is no part of what comes out. Where the recipe has both mixup and cutmix, each batch gets one
    of the two, drawn evenly. What is drawn is a function of (seed, epoch, step). Without either the
    batch stays, labels included.
    """
    if not recipe.mixup and not recipe.cutmix:
        return batch
    draws = Random(derive_seed(recipe.seed, f"mixing/{step}", epoch))  # noqa: S311 - no secret depends on it
    cuts = draws.random() < 0.5 if recipe.mixup and recipe.cutmix else bool(recipe.cutmix)
    alpha = recipe.cutmix if cuts else recipe.mixup
    kept = draws.betavariate(alpha, alpha)
    shares = functional.one_hot(batch.labels, classes).to(batch.images.dtype)
    images, partners = _with_partners(batch.images, has_first_partner)
    shares, others = _with_partners(shares, has_first_partner)
    if cuts:
        images, kept = _with_a_box_of(images, partners, kept, draws)
    else:
        images = torch.lerp(partners, images, kept)
    return Part(images, torch.lerp(others, shares, kept))


def _with_partners(rows: Tensor, has_first_partner: bool) -> tuple[Tensor, Tensor]:
    """What stays of each pair, and what is blended in."""
    return (rows[1:], rows[:-1]) if has_first_partner else (rows, rows.roll(1, 0))


def _with_a_box_of(images: Tensor, partners: Tensor, kept: float, draws: Random) -> tuple[Tensor, float]:
    """A box of area 1 - `kept` from the partners, cut at the edge; gives the share that stayed in fact."""
    rows, columns = images.shape[-2:]
    side = sqrt(1 - kept)
    middle, centre = draws.randrange(rows), draws.randrange(columns)
    half_height, half_width = int(rows * side) // 2, int(columns * side) // 2
    top, bottom = max(0, middle - half_height), min(rows, middle + half_height)
    left, right = max(0, centre - half_width), min(columns, centre + half_width)
    images = images.clone()
    images[..., top:bottom, left:right] = partners[..., top:bottom, left:right]
    return images, 1 - (bottom - top) * (right - left) / (rows * columns)
