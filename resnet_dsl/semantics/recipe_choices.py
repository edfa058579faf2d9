"""What a recipe's keys can be: optimizers, schedules, warm-ups and losses.

Each class is one word of the language with its arguments, checked; `kind` is that word. Learning
rates are in the optimizer's own unit, times in epochs or steps as the name says; everything else is a
fraction. Augmentations are in `recipe_variations`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Sgd:
    """Stochastic gradient descent with momentum."""

    kind: ClassVar[str] = "sgd"
    learning_rate: float
    momentum: float
    weight_decay: float
    nesterov: bool


@dataclass(frozen=True, slots=True)
class AdamW:
    """Adam with decoupled weight decay."""

    kind: ClassVar[str] = "adamw"
    learning_rate: float
    beta1: float
    beta2: float
    epsilon: float
    weight_decay: float


@dataclass(frozen=True, slots=True)
class RmsProp:
    """Steps divided by a running root mean square of the gradient."""

    kind: ClassVar[str] = "rmsprop"
    learning_rate: float
    alpha: float
    epsilon: float
    momentum: float
    weight_decay: float


@dataclass(frozen=True, slots=True)
class Constant:
    """The optimizer's learning rate throughout."""

    kind: ClassVar[str] = "constant"


@dataclass(frozen=True, slots=True)
class Step:
    """Multiply the learning rate by `gamma` at the end of each epoch in `milestone_epochs`."""

    kind: ClassVar[str] = "step"
    milestone_epochs: tuple[int, ...]
    gamma: float


@dataclass(frozen=True, slots=True)
class Plateau:
    """Multiply the learning rate by `factor` when the validation loss stands still.

    After more than `patience_epochs` epochs in which it did not fall by the fraction `threshold`.
    """

    kind: ClassVar[str] = "plateau"
    factor: float
    patience_epochs: int
    threshold: float


@dataclass(frozen=True, slots=True)
class Cosine:
    """Half a cosine from the optimizer's learning rate down to `final_fraction` of it."""

    kind: ClassVar[str] = "cosine"
    final_fraction: float


@dataclass(frozen=True, slots=True)
class Polynomial:
    """(1 - share of the run)^`power` of the way from `final_fraction` up to the whole rate."""

    kind: ClassVar[str] = "polynomial"
    power: float
    final_fraction: float


@dataclass(frozen=True, slots=True)
class OneCycle:
    """Up along a cosine to the optimizer's learning rate, then down along another.

    `warmup_fraction` counts steps of the whole run; the other two are fractions of the peak.
    """

    kind: ClassVar[str] = "onecycle"
    warmup_fraction: float
    start_fraction: float
    final_fraction: float


@dataclass(frozen=True, slots=True)
class LinearWarmUp:
    """From `start_fraction` of the learning rate up to all of it, in a straight line."""

    kind: ClassVar[str] = "linear"
    epochs: float
    steps: int
    start_fraction: float


@dataclass(frozen=True, slots=True)
class FlatWarmUp:
    """`fraction` of the learning rate at first, then all of it at once."""

    kind: ClassVar[str] = "flat"
    epochs: float
    steps: int
    fraction: float


@dataclass(frozen=True, slots=True)
class DiceCrossEntropy:
    """Cross-entropy of every pixel plus `dice_weight` times one minus the soft Dice overlap."""

    kind: ClassVar[str] = "dice_cross_entropy"
    dice_weight: float


Optimizer = Sgd | AdamW | RmsProp
Schedule = Constant | Step | Plateau | Cosine | Polynomial | OneCycle
WarmUp = LinearWarmUp | FlatWarmUp
