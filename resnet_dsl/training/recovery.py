"""What happens when the loss is no longer finite: find where it began, then stop, skip or go back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import NamedTuple

import torch
from torch import Tensor, nn

from resnet_dsl.training.choices import OnNan
from resnet_dsl.training.conduct import Conduct
from resnet_dsl.training.data import Part
from resnet_dsl.training.errors import TrainingError
from resnet_dsl.training.reporting import Skipped
from resnet_dsl.training.rewind import Rewind, first_bad_parameter, own_part, state_tensors, watching
from resnet_dsl.training.step import TrainingStep

MOST_BAD_STRETCHES = 3  # in a row; then the batches are not what is wrong


class Found(NamedTuple):
    """A step that went wrong: `ahead` steps after the last reading, its loss, and where in words."""

    ahead: int
    loss: float
    place: str


class Stretch(NamedTuple):
    """The steps since the last reading, of an epoch, from 1: `done` steps of it came before.

    Each has its learning rate and its batch.
    """

    epoch: int
    done: int
    learning_rates: Sequence[float]
    batches: Iterable[Part]


class Recovery:
    """Keeps the last good moment of a run, and goes back to it."""

    def __init__(self, step: TrainingStep, conduct: Conduct) -> None:
        self._step, self._model, self._conduct = step, step.model, conduct
        self._good = self._rewind()
        self.bad_in_a_row = 0

    def all_is_well(self) -> None:
        """What is now is what a later trouble goes back to."""
        self.bad_in_a_row = 0
        self.keep()

    def keep(self) -> None:
        """As `all_is_well`, where nothing has been read: at the start of an epoch."""
        self._good.keep()

    def leave_out(self, stretch: Stretch, *, already: int, of: int) -> Skipped:
        """Does what `on_nan` says of a stretch at whose end the loss is not finite.

        `already` steps of the epoch's `of` were left out before. Raises `TrainingError`: RDL905 where the
        run is to stop, RDL943 where it is no use to go on.
        """
        rates, on_nan = stretch.learning_rates, self._conduct.on_nan
        found = self.recover(zip(rates, stretch.batches, strict=False))
        place = found[0].place if found else "repeated one operator at a time, every step is finite"
        last = len(rates) - 1
        first = found[0].ahead if found else last
        recipe = self._step.recipe
        facts = {
            "epoch": stretch.epoch,
            "step": stretch.done + first + 1,
            "place": place,
            "suggestion": f"{recipe.optimizer.learning_rate / 10:g}",
        }
        if on_nan is OnNan.STOP:
            loss = str(found[0].loss) if found and not isfinite(found[0].loss) else "nan"
            raise TrainingError("RDL905", loss=loss, learning_rate=rates[first], **facts)
        at_fault = range(len(rates)) if on_nan is OnNan.ROLLBACK else [each.ahead for each in found]
        left_out = already + len(at_fault)
        # An epoch without any step has no loss to tell, and is no accident.
        if self.bad_in_a_row >= MOST_BAD_STRETCHES or left_out == of:
            readings = "one reading" if self.bad_in_a_row == 1 else f"{self.bad_in_a_row} readings in a row"
            raise TrainingError("RDL943", readings=readings, left_out=left_out, **facts)
        return Skipped(stretch.epoch, tuple([stretch.done + ahead + 1 for ahead in at_fault]), place)

    def recover(self, steps: Iterable[tuple[float, Part]]) -> list[Found]:
        """Goes back, repeats `steps`, learning rates with batches, and gives those that went wrong.

        Afterwards, where `on_nan` is to stop, the run is of no use; to skip: all other steps have been
        done; to roll back: none has. Repeated are the steps one operator at a time, and it may be
        that then none goes wrong.
        """
        self.bad_in_a_row += 1
        self._good.back()
        skip = self._conduct.on_nan is OnNan.SKIP
        found: list[Found] = []
        before = self._rewind()
        for ahead, (learning_rate, batch) in enumerate(steps):
            before.keep()
            loss, place = self._repeated(batch, learning_rate)
            if not self._conduct.world.agree(bool(place)):
                continue
            found.append(Found(ahead, loss, place or "it begins in another process"))
            if not skip:
                break
            before.back()
        if self._conduct.on_nan is OnNan.ROLLBACK:
            self._good.back()
        self._good.keep()
        return found

    def _repeated(self, batch: Part, learning_rate: float) -> tuple[float, str]:
        """A step's loss, and where it went wrong; empty where all is finite."""
        books = float(self._step.loss_sum)
        with watching(self._model) as outputs:
            self._step.slowly(batch, learning_rate)
        loss = float(self._step.loss_sum) - books
        if outputs:
            return loss, f"it begins in the output of `{outputs[0]}`"
        if not isfinite(loss):
            return loss, "it begins in the loss itself: every output is finite"
        gradient = first_bad_parameter(self._model, gradient=True)
        if gradient:
            return loss, f"it begins in the gradient of `{gradient}`"
        parameter = first_bad_parameter(self._model)
        return loss, f"it begins in the update of `{parameter}`" if parameter else ""

    def _rewind(self) -> Rewind:
        return Rewind(self._tensors, self._step.average, self._step.execution.device)

    def _tensors(self) -> list[Tensor]:
        average = self._step.average
        averaged = [] if average is None else [*average.model.parameters(), *average.model.buffers()]
        books = [self._step.loss_sum, self._step.hits, self._step.judged]
        return [*books, *averaged, *state_tensors(self._model, self._step.optimizer)]


@torch.no_grad()
def health(model: nn.Module) -> Tensor:
    """A scalar that is finite where every weight is; no waiting for the device."""
    norms = torch._foreach_norm([own_part(each.detach()) for each in model.parameters()])  # noqa: SLF001 - no public form
    return torch.stack(norms).double().sum()
