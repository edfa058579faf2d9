"""What a training recipe is, before and after it is checked.

Before: `Word`, `Invocation` and `Setting` are what elaboration hands over for
``train NAME for MODEL { key = expr }``. After: a `Recipe`, in which every value is checked, every
default filled in and every name carries its unit. Nothing here needs torch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from resnet_dsl.source import Span


@dataclass(frozen=True, slots=True)
class Word:
    """A bare name where a value is expected: the ``digits`` of ``data = digits``."""

    text: str
    span: Span | None


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and the place where it stands; a place of None means the command line."""

    value: Any
    span: Span | None
    name_span: Span | None = None


@dataclass(frozen=True, slots=True)
class Invocation:
    """A call in a recipe: ``sgd(lr = 0.1)``.

    An argument that knows its own place is a `Setting`; a bare value takes the place of the call.
    """

    name: str
    positional: tuple[Any, ...]
    keyword: Mapping[str, Any]
    span: Span | None


@dataclass(frozen=True, slots=True)
class Sgd:
    """Stochastic gradient descent with momentum."""

    learning_rate: float
    momentum: float
    weight_decay: float
    nesterov: bool


@dataclass(frozen=True, slots=True)
class AdamW:
    """Adam with decoupled weight decay."""

    learning_rate: float
    beta1: float
    beta2: float
    epsilon: float
    weight_decay: float


@dataclass(frozen=True, slots=True)
class Constant:
    """The optimizer's learning rate throughout."""


@dataclass(frozen=True, slots=True)
class Step:
    """Multiply the learning rate by `gamma` at the end of each epoch in `milestone_epochs`."""

    milestone_epochs: tuple[int, ...]
    gamma: float


@dataclass(frozen=True, slots=True)
class Cosine:
    """Half a cosine from the optimizer's learning rate down to `final_fraction` of it."""

    final_fraction: float


@dataclass(frozen=True, slots=True)
class OneCycle:
    """Up along a cosine to the optimizer's learning rate, then down along another.

    `warmup_fraction` counts steps of the whole run; the other two are fractions of the peak.
    """

    warmup_fraction: float
    start_fraction: float
    final_fraction: float


@dataclass(frozen=True, slots=True)
class Shift:
    """Move each training image by up to `pixels` along both axes; zeros come in at the edge."""

    pixels: int


Optimizer = Sgd | AdamW
Schedule = Constant | Step | Cosine | OneCycle


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one model is trained: checked, complete, and independent of any spec or graph."""

    name: str
    model: str
    data: str | None
    optimizer: Optimizer
    schedule: Schedule
    epochs: int
    batch_size: int
    loss: str
    label_smoothing: float
    augment: Shift | None
    seed: int

    def as_dict(self) -> dict[str, Any]:
        """Plain values only, as `recipe.json` holds them; alternatives name their `kind`."""
        return {entry.name: _plain(getattr(self, entry.name)) for entry in fields(self)}

    @property
    def sha256(self) -> str:
        """A hash over every value, the names included."""
        text = json.dumps(self.as_dict(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        inner = {entry.name: _plain(getattr(value, entry.name)) for entry in fields(value)}
        return {"kind": type(value).__name__.lower(), **inner}
    return list(value) if isinstance(value, tuple) else value
