"""From a recipe to an optimizer and a learning rate for every step.

What a loop calls: `make_optimizer` once; `LearningRates.at(step)` before every step, its
`close_epoch` after validation, and its state in the checkpoint; `clip_gradients` between backward
and step; `micro_batches` where a batch goes through the network in parts. The loss is
`losses.loss_of`, the moving average of weights `averaging.WeightAverage`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import cos, pi
from typing import Any, assert_never

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor

from resnet_dsl.semantics.recipe_choices import (
    AdamW,
    Constant,
    Cosine,
    FlatWarmUp,
    LinearWarmUp,
    OneCycle,
    Plateau,
    Polynomial,
    RmsProp,
    Sgd,
    Step,
)
from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.batch import Part


def make_optimizer(recipe: Recipe, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    """torch's own optimizer with the recipe's settings; fused on a GPU.

    Without `decay_norms` the weight decay leaves out every parameter of one axis or none: scales and
    shifts of norms, biases (He et al. 2019, arXiv 1812.01187, section 3.1).
    """
    groups = _groups(recipe, list(parameters))
    weights = [each for group in groups for each in group["params"]]
    fused = True if all(each.is_cuda for each in weights) else None
    match recipe.optimizer:
        case Sgd() as sgd:
            return torch.optim.SGD(
                groups,
                lr=sgd.learning_rate,
                momentum=sgd.momentum,
                weight_decay=sgd.weight_decay,
                nesterov=sgd.nesterov,
                # Of the fused forms, torch cuts only Adam's into shards.
                fused=None if any(isinstance(each, DTensor) for each in weights) else fused,
            )
        case AdamW() as adamw:
            return torch.optim.AdamW(
                groups,
                lr=adamw.learning_rate,
                betas=(adamw.beta1, adamw.beta2),
                eps=adamw.epsilon,
                weight_decay=adamw.weight_decay,
                fused=fused,
            )
        case RmsProp() as rmsprop:  # torch has no fused form of it
            return torch.optim.RMSprop(
                groups,
                lr=rmsprop.learning_rate,
                alpha=rmsprop.alpha,
                eps=rmsprop.epsilon,
                momentum=rmsprop.momentum,
                weight_decay=rmsprop.weight_decay,
            )
        case never:
            assert_never(never)


def _groups(recipe: Recipe, parameters: list[nn.Parameter]) -> list[dict[str, Any]]:
    if recipe.decay_norms:
        return [{"params": parameters}]
    decayed = [each for each in parameters if each.ndim > 1]
    left_out = [each for each in parameters if each.ndim <= 1]
    return [
        group for group in ({"params": decayed}, {"params": left_out, "weight_decay": 0.0}) if group["params"]
    ]


class LearningRates:
    """The learning rate of every step, and what a plateau has seen so far."""

    def __init__(self, recipe: Recipe, steps_per_epoch: int) -> None:
        self.recipe, self.steps_per_epoch = recipe, steps_per_epoch
        self.drops = 0  # of a plateau
        self.best_loss = float("inf")
        self.waited_epochs = 0

    def at(self, step: int) -> float:
        """The learning rate of a step, counted from 0 over the whole run."""
        rate = learning_rate_at(self.recipe, step, self.steps_per_epoch)
        if isinstance(self.recipe.schedule, Plateau):
            rate *= self.recipe.schedule.factor**self.drops
        return rate

    def close_epoch(self, validation_loss: float) -> None:
        """Hears of an epoch's validation loss; only a plateau listens."""
        plateau = self.recipe.schedule
        if not isinstance(plateau, Plateau):
            return
        if validation_loss < self.best_loss * (1 - plateau.threshold):
            self.best_loss, self.waited_epochs = validation_loss, 0
            return
        self.waited_epochs += 1
        if self.waited_epochs > plateau.patience_epochs:
            self.drops, self.waited_epochs = self.drops + 1, 0

    def state_dict(self) -> dict[str, Any]:
        return {"drops": self.drops, "best_loss": self.best_loss, "waited_epochs": self.waited_epochs}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.drops, self.best_loss = int(state["drops"]), float(state["best_loss"])
        self.waited_epochs = int(state["waited_epochs"])


def learning_rate_at(recipe: Recipe, step: int, steps_per_epoch: int) -> float:
    """The learning rate of a step, counted from 0 over the whole run, before any plateau's drops.

    A cosine or a polynomial begins where the warm-up ends; milestones count from the start.
    """
    total = recipe.epochs * steps_per_epoch
    length = min(_warm_up_steps(recipe, steps_per_epoch), total - 1)
    factor = _schedule_factor(recipe, step, length, total, steps_per_epoch)
    return recipe.optimizer.learning_rate * factor * _warm_up_factor(recipe, step, length)


def _schedule_factor(recipe: Recipe, step: int, first: int, total: int, steps_per_epoch: int) -> float:
    share = max(0, step - first) / (total - first)
    match recipe.schedule:
        case Constant() | Plateau():
            return 1.0
        case Step(milestone_epochs=milestones, gamma=gamma):
            return float(gamma ** sum(step >= epoch * steps_per_epoch for epoch in milestones))
        case Cosine(final_fraction=final):
            return _glide(1.0, final, share)
        case Polynomial(power=power, final_fraction=final):
            return float(final + (1 - final) * (1 - share) ** power)
        case OneCycle(warmup_fraction=warmup, start_fraction=start, final_fraction=final):
            last = total - 1
            top = max(0.0, min(warmup * total - 1, last))
            if step < top:
                return _glide(start, 1.0, step / top)
            return _glide(1.0, final, (step - top) / (last - top) if last > top else 0.0)
        case never:
            assert_never(never)


def _warm_up_steps(recipe: Recipe, steps_per_epoch: int) -> int:
    warmup = recipe.warmup
    return 0 if warmup is None else warmup.steps or round(warmup.epochs * steps_per_epoch)


def _warm_up_factor(recipe: Recipe, step: int, length: int) -> float:
    if step >= length:
        return 1.0
    match recipe.warmup:
        case LinearWarmUp(start_fraction=start):
            return start + (1 - start) * step / length
        case FlatWarmUp(fraction=fraction):
            return fraction
        case None:
            return 1.0
        case never:
            assert_never(never)


def _glide(start: float, end: float, share: float) -> float:
    """From `start` to `end` along half a cosine."""
    return end + (start - end) * (1 + cos(pi * share)) / 2


def clip_gradients(recipe: Recipe, parameters: Iterable[nn.Parameter]) -> Tensor | None:
    """Scales all gradients down so that their common norm is at most the recipe's; gives the norm before.

    None, and no work, where the recipe does not clip. Waits for no device (Pascanu et al. 2013).
    """
    if not recipe.clip_norm:
        return None
    return nn.utils.clip_grad_norm_(parameters, recipe.clip_norm)


def micro_batches(recipe: Recipe, batch: Part) -> Iterator[Part]:
    """A batch in the recipe's `accumulate` parts of one size.

    The mean of the parts' losses is the batch's, so each is divided by their number; of masks, whose parts
    may have more or fewer pixels that count, `losses.Whole` makes it so. Batch norms and the Dice overlap
    see a part at a time.
    """
    if recipe.accumulate == 1:
        yield batch
        return
    size = len(batch) // recipe.accumulate
    for start in range(0, size * recipe.accumulate, size):
        yield Part(batch.images[start : start + size], batch.labels[start : start + size])
