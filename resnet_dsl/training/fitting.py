"""Does a network take a data set? Asked before anything is trained or written."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.data import Dataset, evaluation_batches
from resnet_dsl.training.errors import TrainingError, first_line
from resnet_dsl.training.losses import loss_of


@torch.no_grad()
def check_fit(model: nn.Module, data: Dataset, recipe: Recipe) -> None:
    """Runs two images through `model`: RDL903 where they do not fit, RDL904 where the output does not."""
    model.eval()
    batch = next(evaluation_batches(data, data.validation, 2), None)
    if batch is None:  # none can be read, and asking for one says so
        batch = data.validation.at(torch.zeros(1, dtype=torch.int64))
    try:
        outputs = model(batch.images)
    except (RuntimeError, ValueError, TypeError) as error:
        shape = "x".join(str(size) for size in batch.images.shape[1:])
        raise TrainingError("RDL903", data=data.name, shape=shape, reason=first_line(error)) from error
    given = "not a single tensor"
    if isinstance(outputs, Tensor):
        given = str(list(outputs.shape[1:]))
        if outputs.ndim == (2 if data.task == "classification" else 4) and _has_classes(
            outputs, data, recipe
        ):
            try:
                loss_of(recipe, outputs, batch.labels)
                return
            except (RuntimeError, ValueError, TypeError):
                pass  # a map of another size than the targets
    raise TrainingError("RDL904", given=given, data=data.name, classes=data.classes)


def _has_classes(outputs: Tensor, data: Dataset, recipe: Recipe) -> bool:
    """A number a class; one alone will do for yes and no, where the loss takes it so."""
    alone = data.classes == 2 and recipe.loss == "binary_cross_entropy"
    return outputs.shape[1] == data.classes or (alone and outputs.shape[1] == 1)
