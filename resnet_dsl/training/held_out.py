"""Trained weights on data that is opened for them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from time import perf_counter
from typing import Any

from torch import nn

from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.conduct import Conduct
from resnet_dsl.training.data import load_dataset
from resnet_dsl.training.evaluation import evaluate
from resnet_dsl.training.execution import Execution
from resnet_dsl.training.fitting import check_fit
from resnet_dsl.training.judging import Judgement


class DataPart(StrEnum):
    """The parts of a data set. The test part is the held-out one."""

    TEST = "test"
    VALIDATION = "validation"
    TRAINING = "training"


@dataclass(frozen=True)
class Evaluation:
    """A judgement, and of what: `images` of a `part` of `data`, which took `seconds`.

    `left_out` are the names of those that could not be read, which are none of the `images`.
    """

    data: str
    part: DataPart
    images: int
    class_names: tuple[str, ...]
    judgement: Judgement
    seconds: float
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain values: the judgement's, and where they are from."""
        return {
            "data": self.data,
            "part": self.part.value,
            "images": self.images,
            "left_out": list(self.left_out),
            **self.judgement.as_dict(self.class_names),
            "seconds": round(self.seconds, 3),
        }


def evaluate_trained(
    model: nn.Module,
    recipe: Recipe,
    part: DataPart = DataPart.TEST,
    execution: Execution | None = None,
    input_shape: tuple[int, ...] = (),
) -> Evaluation:
    """`model` on a part of the recipe's data, prepared as in training but not varied.

    Losses are the recipe's, label smoothing included. Raises `TrainingError` where there is no such
    data (RDL907) or the network does not take it (RDL903, RDL904).
    """
    # The batch is training's alone, and must not be too large for the data here.
    data = load_dataset(replace(recipe, batch_size=1))
    samples = {
        DataPart.TEST: data.test,
        DataPart.VALIDATION: data.validation,
        DataPart.TRAINING: data.training,
    }[part]
    notes = check_fit(model, data, recipe, input_shape)
    data.bad_samples.names.clear()  # those met so far may be of other parts
    conduct = Conduct(execution or Execution())
    started = perf_counter()
    found = evaluate(conduct.execution.place(model), recipe, data, samples, conduct)
    seconds = perf_counter() - started
    left_out = tuple(sorted(data.bad_samples.names))
    images = len(samples) - len(left_out)
    return Evaluation(data.name, part, images, data.class_names, found, seconds, notes, left_out)
