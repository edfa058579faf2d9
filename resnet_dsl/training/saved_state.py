"""What a checkpoint holds of a run, and how a run takes it over.

With weights, optimizer, position and random state nothing else is needed: order, augmentation and
learning rate are functions of seed, epoch and step.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING, Any

import torch

from resnet_dsl.training.errors import TrainingError, first_line
from resnet_dsl.training.execution import Execution

if TYPE_CHECKING:
    from resnet_dsl.training.run import Run


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and 0 <= value < inf


def _is_rank(value: object) -> bool:
    """Of the best epoch: two numbers; none before the first."""
    if isinstance(value, tuple) and len(value) == 2:
        return all(isinstance(each, int | float) for each in value)
    return value is None


# Names, and what a checkpoint may hold for them: a file can have been edited.
_PLACE: dict[str, Callable[[object], bool]] = {
    "epoch": _is_count,
    "step": _is_count,
    "skipped": _is_count,
    "best_rank": _is_rank,
    "best_epoch": _is_count,
    "seconds": _is_time,
    "epoch_seconds": _is_time,
}
_BOOKS = ("loss_sum", "hits", "judged")


def state_of(run: Run) -> dict[str, Any]:
    """Tensors and plain values; they are the run's own, so save them before it goes on.

    What differs between processes is a list, by rank. Every process has to ask. Where the network is
    cut into shards, each writes its own beside the checkpoint, which names their folder.
    """
    world, on_gpu = run.world, run.execution.on_gpu
    shards = run.folder.shards(run.epoch, run.step)
    is_sharded = world.save_shards(shards, run.model, run.optimizer)
    return {
        "model": {} if is_sharded else run.model.state_dict(),
        "average": None if run.average is None else run.average.state_dict(),
        "optimizer": {} if is_sharded else run.optimizer.state_dict()["state"],
        "shards": shards.name if is_sharded else "",
        "learning_rates": run.learning_rates.state_dict(),
        "random": world.each(torch.get_rng_state()),
        "device_random": world.each(torch.cuda.get_rng_state(run.device)) if on_gpu else [],
        "execution": run.execution.as_dict(),
        **{name: getattr(run, name) for name in _PLACE},
        **{name: world.each(getattr(run.take_step, name)) for name in _BOOKS},
    }


def restore(run: Run, state: dict[str, Any]) -> tuple[str, ...]:
    """Puts `run` where `state` was saved. RDL906 where it is of another network.

    Gives what the user should know: nothing, unless the run goes on in another way.
    """
    try:
        _restore_weights(run, state)
        if run.average is not None:
            run.average.load_state_dict(state["average"])
        run.take_step.attach()
        run.learning_rates.load_state_dict(state["learning_rates"])
        _restore_place(run, state)
        same_processes = len(state["random"]) == run.world.size
        _restore_own(run, state, same_processes)
        before = _execution_of(state["execution"])
    except (LookupError, RuntimeError, ValueError, TypeError, AttributeError, ArithmeticError) as error:
        reason = f"it does not fit this network ({first_line(error)})"
        raise TrainingError("RDL906", path=str(run.folder.path), reason=reason) from error
    if before == run.execution and same_processes:
        return ()
    change = f"begun as {before.words}, goes on as {run.execution.words}"
    if not same_processes:
        change = f"begun by {len(state['random'])} processes, goes on by {run.world.size}"
    return (f"{change}: the last bits of the weights will differ from those of a run never stopped",)


def _restore_place(run: Run, state: dict[str, Any]) -> None:
    for name, is_right in _PLACE.items():
        if not is_right(state[name]):
            raise ValueError(f"`{name}` is {state[name]!r}"[:80])
        setattr(run, name, state[name])
    if run.epoch > run.recipe.epochs or run.step > run.steps_per_epoch:
        raise ValueError(f"it is at epoch {run.epoch}, step {run.step}")
    if not isinstance(state["random"], list) or not state["random"]:
        raise ValueError("`random` names no process")


def _execution_of(values: dict[str, Any]) -> Execution:
    """As it was written; ValueError where a field is of another kind."""
    usual = Execution().as_dict()
    wrong = [name for name, value in values.items() if type(value) is not type(usual.get(name))]
    if wrong:
        raise ValueError(f"`execution` has a wrong `{wrong[0]}`"[:80])
    return Execution(**values)


def _restore_weights(run: Run, state: dict[str, Any]) -> None:
    """Weights, and what the optimizer remembers of them, from the checkpoint or from its shards."""
    groups = run.optimizer.state_dict()["param_groups"]  # the recipe's, and so the same
    if run.world.load_shards(run.folder.path, state["shards"], run.model, run.optimizer):
        return
    run.model.load_state_dict(state["model"])
    run.optimizer.load_state_dict({"state": state["optimizer"], "param_groups": groups})


def _restore_own(run: Run, state: dict[str, Any], same_processes: bool) -> None:
    """What this process alone had. Other processes than before share what was counted so far."""
    rank = run.world.rank
    for name in _BOOKS:
        book = getattr(run.take_step, name)
        if same_processes:
            book.copy_(state[name][rank])
        elif run.world.is_first:
            book.copy_(sum(state[name]))
    if not same_processes:
        return  # random states stay as the seed made them
    torch.set_rng_state(state["random"][rank])
    if run.execution.on_gpu and state["device_random"]:
        torch.cuda.set_rng_state(state["device_random"][rank], run.device)
