"""A part of the data through a network in inference, and how good its outputs are."""

from __future__ import annotations

import torch
from torch import nn

from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.conduct import Conduct
from resnet_dsl.training.data import Dataset, Part, Samples, evaluation_batches
from resnet_dsl.training.errors import TrainingError, first_line
from resnet_dsl.training.judging import Judge, Judgement
from resnet_dsl.training.losses import loss_of
from resnet_dsl.training.memory import is_out_of_memory
from resnet_dsl.training.prefetch import prefetched

EVALUATION_NUMBERS = 2**24  # of a batch of images that is judged at once


@torch.no_grad()
def evaluate(model: nn.Module, recipe: Recipe, data: Dataset, part: Samples, conduct: Conduct) -> Judgement:
    """A `part` of `data` under the weights of `model`, over all processes, no image twice.

    Raises `TrainingError` RDL910 where the network fails, RDL941 where memory runs out.
    """
    execution, world = conduct.execution, conduct.world
    device = torch.device(execution.device)
    model.eval()
    world.settle(model)
    judge = Judge(data.task, data.classes, device, world)
    size = evaluation_batch_size(recipe, part)
    batches = evaluation_batches(data, part, size, device=device, rank=world.rank, world=world.size)
    try:
        for batch in batches if isinstance(part, Part) else prefetched(batches, device):
            with execution.autocast():
                outputs = model(execution.lay(batch.images))
                judge.add(loss_of(recipe, outputs, batch.labels), outputs, batch.labels)
    except (RuntimeError, ValueError, TypeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise TrainingError("RDL910", reason=first_line(error)) from error
        advice = (
            "in evaluation, where no gradients are kept: give the model smaller inputs, or fewer channels"
        )
        raise TrainingError("RDL941", device=execution.device, images=size, advice=advice) from error
    return judge.result()


def evaluation_batch_size(recipe: Recipe, part: Samples) -> int:
    """Images to judge at once: a training batch's, or more of small ones. No gradients are kept."""
    numbers = part.at(torch.zeros(1, dtype=torch.int64)).images.numel() if len(part) else 1
    return max(recipe.batch_size // recipe.accumulate, min(1024, EVALUATION_NUMBERS // numbers))
