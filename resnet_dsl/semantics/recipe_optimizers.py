"""The schema's optimizers, schedules and warm-ups. Defaults of optimizers are torch's."""

from __future__ import annotations

from typing import Any

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
from resnet_dsl.semantics.recipe_schema import BELOW_ONE, FRACTION, Bounds, Choice, Field, FieldKind, number

Problem = tuple[str, str] | None


def _needs_momentum(values: dict[str, Any]) -> Problem:
    if values["nesterov"] and values["momentum"] == 0:
        return "`nesterov` looks ahead along the momentum, and `momentum` is 0", "momentum = 0.9"
    return None


def _must_rise(values: dict[str, Any]) -> Problem:
    milestones = values["milestone_epochs"]
    rising = sorted(set(milestones))
    if list(milestones) != rising:
        return "`milestones` must rise", f"milestones = {rising}"
    return None


def _one_length(values: dict[str, Any]) -> Problem:
    if (values["epochs"] > 0) == (values["steps"] > 0):
        mending = "steps = 0" if values["steps"] else "epochs = 5"
        return "exactly one of `epochs` and `steps` says how long it lasts", mending
    return None


_LEARNING_RATE = number(
    "lr", "learning rate; schedules scale it", 0.1, Bounds(0, 1_000, open_least=True), "learning_rate"
)
_MOMENTUM = number("momentum", "share of the last step that is kept", 0.9, BELOW_ONE, default=0.0)


def _weight_decay(default: float) -> Field:
    meaning = "pull towards zero; see `decay_norms`"
    return number("weight_decay", meaning, 0.0001, Bounds(0, 10), default=default)


def _epsilon() -> Field:
    bounds = Bounds(0, 1, open_least=True)
    return number("eps", "added to the denominator", 1e-8, bounds, "epsilon", default=1e-8)


OPTIMIZERS = (
    Choice(
        "sgd",
        "stochastic gradient descent with momentum",
        (
            _LEARNING_RATE,
            _MOMENTUM,
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
            number("beta1", "memory of the mean gradient", 0.9, BELOW_ONE, default=0.9),
            number("beta2", "memory of the mean squared gradient", 0.999, BELOW_ONE, default=0.999),
            _epsilon(),
            _weight_decay(0.01),
        ),
        AdamW,
        "Loshchilov and Hutter 2019, arXiv 1711.05101",
    ),
    Choice(
        "rmsprop",
        "steps divided by a running root mean square of the gradient",
        (
            _LEARNING_RATE,
            number("alpha", "memory of the mean squared gradient", 0.99, BELOW_ONE, default=0.99),
            _epsilon(),
            _MOMENTUM,
            _weight_decay(0.0),
        ),
        RmsProp,
        "Tieleman and Hinton 2012, lecture 6.5",
    ),
)


def _end_fraction(default: float) -> Field:
    meaning = "last learning rate, as a fraction of the optimizer's"
    return number("final", meaning, 0.0, FRACTION, "final_fraction", default=default)


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
            number("gamma", "factor at each milestone", 0.1, Bounds(0, 1, open_least=True), default=0.1),
        ),
        Step,
        contradiction=_must_rise,
    ),
    Choice(
        "plateau",
        "multiply the learning rate by `factor` when the validation loss no longer falls",
        (
            number("factor", "factor at each drop", 0.1, Bounds(0, 1, True, True), default=0.1),
            Field(
                "patience",
                FieldKind.WHOLE,
                "epochs without a better loss that are waited for",
                "patience = 10",
                10,
                Bounds(0, 100_000),
                attribute="patience_epochs",
            ),
            number("threshold", "fraction by which a better loss is lower", 1e-4, BELOW_ONE, default=1e-4),
        ),
        Plateau,
        "He et al. 2016, arXiv 1512.03385, section 3.4",
    ),
    Choice(
        "cosine",
        "half a cosine from the optimizer's learning rate down, by step",
        (_end_fraction(0.0),),
        Cosine,
        "Loshchilov and Hutter 2017, arXiv 1608.03983",
    ),
    Choice(
        "polynomial",
        "a power of the share of steps that are left, by step",
        (
            number("power", "1 is a straight line", 0.9, Bounds(0, 10, open_least=True), default=0.9),
            _end_fraction(0.0),
        ),
        Polynomial,
        "Chen et al. 2018, arXiv 1606.00915",
    ),
    Choice(
        "onecycle",
        "a cosine up to the optimizer's learning rate and one down, by step",
        (
            number("warmup", "share of the steps that go up", 0.3, FRACTION, "warmup_fraction", default=0.3),
            number(
                "start",
                "first learning rate, as a fraction of the optimizer's",
                0.04,
                FRACTION,
                "start_fraction",
                default=0.04,
            ),
            _end_fraction(4e-6),
        ),
        OneCycle,
        "Smith and Topin 2018, arXiv 1708.07120",
    ),
)

_LENGTH = (
    number("epochs", "how long, in epochs; may be a part of one", 5, Bounds(0, 100_000), default=0.0),
    Field(
        "steps",
        FieldKind.WHOLE,
        "how long, in steps, in place of `epochs`",
        "steps = 400",
        0,
        Bounds(0, 10**9),
    ),
)

WARM_UPS = (
    Choice(
        "linear",
        "a straight line up to the schedule's learning rate",
        (
            *_LENGTH,
            number(
                "start", "first learning rate, as a fraction", 0.01, FRACTION, "start_fraction", default=0.01
            ),
        ),
        LinearWarmUp,
        "Goyal et al. 2017, arXiv 1706.02677, section 2.2",
        _one_length,
    ),
    Choice(
        "flat",
        "a lower learning rate at first, then the schedule's at once",
        (*_LENGTH, number("fraction", "of the learning rate, while it lasts", 0.1, FRACTION, default=0.1)),
        FlatWarmUp,
        "He et al. 2016, arXiv 1512.03385, section 4.2",
        _one_length,
    ),
)
