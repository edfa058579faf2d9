"""Does a network take a data set? Asked before anything is trained or written."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from resnet_dsl.training.data import Dataset
from resnet_dsl.training.errors import TrainingError, first_line


@torch.no_grad()
def check_fit(model: nn.Module, data: Dataset) -> None:
    """Runs two images through `model`: RDL903 where they do not fit, RDL904 where the output does not."""
    model.eval()
    try:
        outputs = model(data.normalised(data.validation.images[:2]))
    except (RuntimeError, ValueError, TypeError) as error:
        shape = "x".join(str(size) for size in data.validation.images.shape[1:])
        raise TrainingError("RDL903", data=data.name, shape=shape, reason=first_line(error)) from error
    wanted = (2, data.classes)
    if not isinstance(outputs, Tensor) or tuple(outputs.shape) != wanted:
        given = str(list(outputs.shape[1:])) if isinstance(outputs, Tensor) else "not a single tensor"
        raise TrainingError("RDL904", given=given, data=data.name, classes=data.classes)
