"""When memory runs out: what would fit, found by trying."""

from __future__ import annotations

from collections.abc import Callable

import torch

from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.errors import TrainingError
from resnet_dsl.training.execution import Execution, has_bfloat16

# How the CPU's allocator of torch's says it; CUDA has a class of its own.
_REFUSALS = ("can't allocate memory", "not enough memory", "out of memory")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory was what lacked, or what lacked when something else failed in its wake."""
    cause = error.__cause__ or error.__context__
    if cause is not None and is_out_of_memory(cause):
        return True  # a recording that breaks off tells of itself, and not of why
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _REFUSALS)


def largest_that_fits(attempt: Callable[[int], None], images: int) -> int:
    """The first of images / 2, images / 4, ... for which `attempt` has memory; 0 where none has."""
    size = images // 2
    while size >= 1:
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        try:
            attempt(size)
            return size
        except Exception as error:
            if not is_out_of_memory(error):
                raise
        size //= 2
    return 0


def memory_error(recipe: Recipe, execution: Execution, images: int, fits: int | None) -> TrainingError:
    """RDL941: what to set. `images` were in the network at once, and `fits` could be; None: not tried."""
    if fits is None:
        parts = next((parts for parts in range(2, images + 1) if images % parts == 0), 1)
        advice = (
            f"`--set train.accumulate={recipe.accumulate * parts}` puts the same batch through in smaller parts; "
            "more processes have less each"
        )
    elif not fits:
        advice = "not even one image fits: give the model smaller inputs, or fewer channels, with `--set`"
    else:
        parts = next(
            parts
            for parts in range(recipe.accumulate, recipe.batch_size + 1)
            if recipe.batch_size % parts == 0 and images * recipe.accumulate <= parts * fits
        )
        advice = (
            f"{fits} at a time fit: `--set train.accumulate={parts}` keeps the recipe's batch of "
            f"{recipe.batch_size} and puts it through in {parts} parts; `--set train.batch={fits}` makes it smaller"
        )
    if execution.on_gpu and execution.precision == "float32" and has_bfloat16():
        advice += "; without `--eager`, activations take half the memory"
    return TrainingError("RDL941", device=execution.device, images=images, advice=advice)
