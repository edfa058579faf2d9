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

from resnet_dsl.semantics.recipe_choices import (
    AdamW,
    Constant,
    Cosine,
    DiceCrossEntropy,
    OneCycle,
    Optimizer,
    RmsProp,
    Schedule,
    Sgd,
    Step,
    WarmUp,
)
from resnet_dsl.semantics.recipe_sources import DataSource
from resnet_dsl.semantics.recipe_variations import Augmentation, Shift
from resnet_dsl.source import Span

__all__ = [
    "AdamW",
    "Constant",
    "Cosine",
    "Invocation",
    "OneCycle",
    "Optimizer",
    "Recipe",
    "RmsProp",
    "Schedule",
    "Setting",
    "Sgd",
    "Shift",
    "Step",
    "Word",
]


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
class Recipe:
    """How one model is trained: checked, complete, and independent of any spec or graph.

    `batch_size` images make one step, in `accumulate` equal parts. `clip_norm`, `mixup`, `cutmix`
    and `ema` are off at 0. The last of `aux_weights` stands for all outputs that follow.
    """

    name: str
    model: str
    data: DataSource | str | None
    optimizer: Optimizer
    schedule: Schedule
    epochs: int
    batch_size: int
    loss: DiceCrossEntropy | str
    label_smoothing: float
    augment: tuple[Augmentation, ...]
    seed: int
    warmup: WarmUp | None = None
    accumulate: int = 1
    clip_norm: float = 0.0
    decay_norms: bool = True
    aux_weights: tuple[float, ...] = (0.3,)
    mixup: float = 0.0
    cutmix: float = 0.0
    ema: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Plain values only, as `recipe.json` holds them; alternatives name their `kind`."""
        return {entry.name: _plain(getattr(self, entry.name)) for entry in fields(self)}

    @property
    def sha256(self) -> str:
        """A hash over every value, the names included."""
        text = json.dumps(self.as_dict(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        inner = {entry.name: _plain(getattr(value, entry.name)) for entry in fields(value)}
        return {"kind": getattr(type(value), "kind", ""), **inner}
    return [_plain(part) for part in value] if isinstance(value, tuple) else value
