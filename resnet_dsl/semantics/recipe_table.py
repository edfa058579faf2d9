"""The closed schema of a recipe: one table for checking, defaults, messages and documentation.

`SETTINGS` lists every key of a ``train`` block. A key takes a plain value or one of a few
`Choice`s, each with arguments of its own. Defaults of optimizers are torch's.
"""

from __future__ import annotations

from typing import Any

from resnet_dsl.semantics.recipe_schema import Bounds, Choice, Field, FieldKind
from resnet_dsl.semantics.recipe_values import (
    AdamW,
    Constant,
    Cosine,
    OneCycle,
    Sgd,
    Shift,
    Step,
)


def _needs_momentum(values: dict[str, Any]) -> tuple[str, str] | None:
    if values["nesterov"] and values["momentum"] == 0:
        return "`nesterov` looks ahead along the momentum, and `momentum` is 0", "add `momentum = 0.9`"
    return None


def _must_rise(values: dict[str, Any]) -> tuple[str, str] | None:
    milestones = values["milestone_epochs"]
    rising = sorted(set(milestones))
    if list(milestones) != rising:
        return "`milestones` must rise", f"write `milestones = {rising}`"
    return None


_FRACTION = Bounds(0, 1)
_BELOW_ONE = Bounds(0, 1, open_most=True)
_LEARNING_RATE = Field(
    "lr",
    FieldKind.NUMBER,
    "learning rate; schedules scale it",
    "lr = 0.1",
    bounds=Bounds(0, 1_000, open_least=True),
    attribute="learning_rate",
)


def _weight_decay(default: float) -> Field:
    meaning = "pull towards zero, on every parameter"
    bounds = Bounds(0, 10)
    return Field("weight_decay", FieldKind.NUMBER, meaning, "weight_decay = 0.0001", default, bounds)


def _decay_rate(name: str, meaning: str, default: float) -> Field:
    return Field(name, FieldKind.NUMBER, meaning, f"{name} = {default}", default, _BELOW_ONE)


OPTIMIZERS = (
    Choice(
        "sgd",
        "stochastic gradient descent with momentum",
        (
            _LEARNING_RATE,
            Field(
                "momentum",
                FieldKind.NUMBER,
                "share of the last step that is kept",
                "momentum = 0.9",
                0.0,
                _BELOW_ONE,
            ),
            _weight_decay(0.0),
            Field("nesterov", FieldKind.FLAG, "look ahead along the momentum", "nesterov = true", False),
        ),
        Sgd,
        "Sutskever et al. 2013",
        _needs_momentum,
    ),
    Choice(
        "adamw",
        "Adam with decoupled weight decay",
        (
            _LEARNING_RATE,
            _decay_rate("beta1", "memory of the mean gradient", 0.9),
            _decay_rate("beta2", "memory of the mean squared gradient", 0.999),
            Field(
                "eps",
                FieldKind.NUMBER,
                "added to the denominator",
                "eps = 1e-8",
                1e-8,
                Bounds(0, 1, open_least=True),
                attribute="epsilon",
            ),
            _weight_decay(0.01),
        ),
        AdamW,
        "Loshchilov and Hutter 2019, arXiv 1711.05101",
    ),
)


def _end_fraction(default: float) -> Field:
    meaning = "last learning rate, as a fraction of the optimizer's"
    return Field("final", FieldKind.NUMBER, meaning, "final = 0.0", default, _FRACTION, (), "final_fraction")


SCHEDULES = (
    Choice("constant", "the optimizer's learning rate throughout", (), Constant),
    Choice(
        "step",
        "multiply the learning rate by `gamma` after the epochs listed",
        (
            Field(
                "milestones",
                FieldKind.WHOLES,
                "epochs after which the rate drops, rising",
                "milestones = [30, 60, 80]",
                bounds=Bounds(1, 100_000),
                attribute="milestone_epochs",
            ),
            Field(
                "gamma",
                FieldKind.NUMBER,
                "factor at each milestone",
                "gamma = 0.1",
                0.1,
                Bounds(0, 1, open_least=True),
            ),
        ),
        Step,
        contradiction=_must_rise,
    ),
    Choice(
        "cosine",
        "half a cosine from the optimizer's learning rate down, by step",
        (_end_fraction(0.0),),
        Cosine,
        "Loshchilov and Hutter 2017, arXiv 1608.03983",
    ),
    Choice(
        "onecycle",
        "a cosine up to the optimizer's learning rate and one down, by step",
        (
            Field(
                "warmup",
                FieldKind.NUMBER,
                "share of the steps that go up",
                "warmup = 0.3",
                0.3,
                _FRACTION,
                attribute="warmup_fraction",
            ),
            Field(
                "start",
                FieldKind.NUMBER,
                "first learning rate, as a fraction of the optimizer's",
                "start = 0.04",
                0.04,
                _FRACTION,
                attribute="start_fraction",
            ),
            _end_fraction(4e-6),
        ),
        OneCycle,
        "Smith and Topin 2018, arXiv 1708.07120",
    ),
)

AUGMENTATIONS = (
    Choice(
        "shift",
        "move each training image at random; zeros come in at the edge",
        (
            Field(
                "pixels",
                FieldKind.WHOLE,
                "largest move along each axis, in pixels",
                "pixels = 1",
                1,
                Bounds(1, 1_000),
            ),
        ),
        Shift,
    ),
)

SETTINGS = (
    Field(
        "data",
        FieldKind.CHOICE,
        "what to train on; a recipe without it describes a run and cannot start one",
        "data = digits",
        None,
        choices=(Choice("digits", "scikit-learn's 1,797 handwritten digits, 8x8 pixels, 10 classes"),),
    ),
    Field(
        "optimizer",
        FieldKind.CHOICE,
        "the rule that moves the weights",
        "optimizer = sgd(lr = 0.1, momentum = 0.9)",
        choices=OPTIMIZERS,
    ),
    Field(
        "schedule",
        FieldKind.CHOICE,
        "how the learning rate changes",
        "schedule = cosine",
        Constant(),
        choices=SCHEDULES,
    ),
    Field(
        "epochs",
        FieldKind.WHOLE,
        "passes over the training images",
        "epochs = 20",
        bounds=Bounds(1, 100_000),
    ),
    Field(
        "batch",
        FieldKind.WHOLE,
        "images in one step",
        "batch = 64",
        bounds=Bounds(1, 1_048_576),
        attribute="batch_size",
    ),
    Field(
        "loss",
        FieldKind.CHOICE,
        "what is made small",
        "loss = cross_entropy",
        "cross_entropy",
        choices=(Choice("cross_entropy", "cross-entropy of the softmax"),),
    ),
    Field(
        "label_smoothing",
        FieldKind.NUMBER,
        "share of the target spread over all classes",
        "label_smoothing = 0.1",
        0.0,
        _BELOW_ONE,
    ),
    Field(
        "augment",
        FieldKind.CHOICE,
        "how training images are varied",
        "augment = shift(pixels = 1)",
        None,
        choices=AUGMENTATIONS,
    ),
    Field(
        "seed",
        FieldKind.WHOLE,
        "fixes the first weights, the order and the augmentation",
        "seed = 0",
        0,
        Bounds(0, 2**32 - 1),
    ),
)


def setting(name: str) -> Field | None:
    """The table's row for a key of a ``train`` block."""
    return next((entry for entry in SETTINGS if entry.name == name), None)
