"""What a checkpoint holds of a run, and how a run takes it over.

With weights, optimizer, position and random state nothing else is needed: order, augmentation and
learning rate are functions of seed, epoch and step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from resnet_dsl.training.errors import TrainingError, first_line
from resnet_dsl.training.execution import Execution

if TYPE_CHECKING:
    from resnet_dsl.training.run import Run

_PLACE = ("epoch", "step", "skipped", "best_rank", "best_epoch", "seconds", "epoch_seconds")
_BOOKS = ("loss_sum", "hits", "judged")


def state_of(run: Run) -> dict[str, Any]:
    """Tensors and plain values; they are the run's own, so save them before it goes on."""
    on_gpu = run.execution.on_gpu
    return {
        "model": run.model.state_dict(),
        "average": None if run.average is None else run.average.state_dict(),
        "optimizer": run.optimizer.state_dict()["state"],
        "learning_rates": run.learning_rates.state_dict(),
        "random": torch.get_rng_state(),
        "device_random": torch.cuda.get_rng_state(run.device) if on_gpu else None,
        "execution": run.execution.as_dict(),
        **{name: getattr(run, name) for name in _PLACE},
        **{name: getattr(run.take_step, name) for name in _BOOKS},
    }


def restore(run: Run, state: dict[str, Any]) -> tuple[str, ...]:
    """Puts `run` where `state` was saved. RDL906 where it is of another network.

    Gives what the user should know: nothing, unless the run goes on in another way.
    """
    try:
        run.model.load_state_dict(state["model"])
        if run.average is not None:
            run.average.load_state_dict(state["average"])
        groups = run.optimizer.state_dict()["param_groups"]  # the recipe's, and so the same
        run.optimizer.load_state_dict({"state": state["optimizer"], "param_groups": groups})
        run.take_step.attach()
        run.learning_rates.load_state_dict(state["learning_rates"])
        torch.set_rng_state(state["random"])
        if run.execution.on_gpu and state["device_random"] is not None:
            torch.cuda.set_rng_state(state["device_random"], run.device)
        for name in _PLACE:
            setattr(run, name, state[name])
        for name in _BOOKS:
            getattr(run.take_step, name).copy_(state[name])
        before = Execution(**state["execution"])
    except (KeyError, RuntimeError, ValueError, TypeError) as error:
        reason = f"it does not fit this network ({first_line(error)})"
        raise TrainingError("RDL906", path=str(run.folder.path), reason=reason) from error
    if before == run.execution:
        return ()
    change = f"begun as {before.words}, goes on as {run.execution.words}"
    return (f"{change}: the last bits of the weights will differ from those of a run never stopped",)
