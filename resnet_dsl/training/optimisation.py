"""From a recipe to an optimizer, a learning rate for every step, and a loss.

The learning rate is a closed form of the step, so that there is no scheduler state to save.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import cos, pi

import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_dsl.semantics.recipe_values import AdamW, Constant, Cosine, OneCycle, Recipe, Sgd, Step


def make_optimizer(recipe: Recipe, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    """torch's own optimizer with the recipe's settings."""
    match recipe.optimizer:
        case Sgd() as sgd:
            return torch.optim.SGD(
                parameters,
                lr=sgd.learning_rate,
                momentum=sgd.momentum,
                weight_decay=sgd.weight_decay,
                nesterov=sgd.nesterov,
            )
        case AdamW() as adamw:
            return torch.optim.AdamW(
                parameters,
                lr=adamw.learning_rate,
                betas=(adamw.beta1, adamw.beta2),
                eps=adamw.epsilon,
                weight_decay=adamw.weight_decay,
            )


def learning_rate_at(recipe: Recipe, step: int, steps_per_epoch: int) -> float:
    """The learning rate of a step, counted from 0 over the whole run."""
    peak = recipe.optimizer.learning_rate
    total = recipe.epochs * steps_per_epoch
    match recipe.schedule:
        case Constant():
            return peak
        case Step(milestone_epochs=milestones, gamma=gamma):
            passed = sum(step >= epoch * steps_per_epoch for epoch in milestones)
            return peak * gamma**passed
        case Cosine(final_fraction=final):
            return peak * _glide(1.0, final, step / total)
        case OneCycle(warmup_fraction=warmup, start_fraction=start, final_fraction=final):
            last = total - 1
            top = max(0.0, min(warmup * total - 1, last))
            if step < top:
                return peak * _glide(start, 1.0, step / top)
            return peak * _glide(1.0, final, (step - top) / (last - top) if last > top else 0.0)


def _glide(start: float, end: float, share: float) -> float:
    """From `start` to `end` along half a cosine."""
    return end + (start - end) * (1 + cos(pi * share)) / 2


# Of each auxiliary head's loss: Szegedy et al. 2014, arXiv 1409.4842, section 5.
AUXILIARY_WEIGHT = 0.3


def loss_of(recipe: Recipe, outputs: Tensor | tuple[Tensor, ...], labels: Tensor) -> Tensor:
    """The mean loss of a batch: outputs (N, classes) before softmax, labels (N,).

    A network with auxiliary heads gives a tuple in training, the main output first; each head adds
    its loss, weighted.
    """
    main, *auxiliary = outputs if isinstance(outputs, tuple) else (outputs,)
    loss = functional.cross_entropy(main, labels, label_smoothing=recipe.label_smoothing)
    for head in auxiliary:
        loss = loss + AUXILIARY_WEIGHT * functional.cross_entropy(
            head, labels, label_smoothing=recipe.label_smoothing
        )
    return loss
