"""A network in training: one step, one epoch, and everything a checkpoint holds."""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from signal import Signals
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn

from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.data import Dataset, Part, training_batches
from resnet_dsl.training.errors import TrainingError, TrainingInterruptedError, first_line
from resnet_dsl.training.folder import RunFolder
from resnet_dsl.training.metrics import EpochRecord, TestRecord
from resnet_dsl.training.optimisation import learning_rate_at, loss_of
from resnet_dsl.training.reporting import Reporter, RunPlan
from resnet_dsl.training.stopping import StopRequest

STEPS_BETWEEN_CHECKS = 20  # the loss stays on the device in between
EVALUATION_BATCH = 1024


class Run:
    """A network on its way: what a checkpoint saves, and how to go one epoch on."""

    def __init__(
        self,
        recipe: Recipe,
        data: Dataset,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        folder: RunFolder,
    ) -> None:
        self.recipe, self.data, self.model = recipe, data, model
        self.optimizer, self.folder = optimizer, folder
        self.steps_per_epoch = len(data.training) // recipe.batch_size
        self.epoch = 0  # epochs finished
        self.step = 0  # steps done in the next one
        self.loss_sum = torch.zeros((), dtype=torch.float64)  # over those steps
        self.correct = torch.zeros((), dtype=torch.int64)
        self.best_rank: tuple[float, float] | None = None
        self.best_epoch = 0
        self.seconds = 0.0
        self.epoch_seconds = 0.0  # spent on those steps

    def plan(self, set_aside: Path | None) -> RunPlan:
        return RunPlan(
            model=self.recipe.model,
            data=self.data.name,
            training_images=len(self.data.training),
            validation_images=len(self.data.validation),
            test_images=len(self.data.test),
            parameters=sum(each.numel() for each in self.model.parameters() if each.requires_grad),
            epochs=self.recipe.epochs,
            steps_per_epoch=self.steps_per_epoch,
            batch_size=self.recipe.batch_size,
            epochs_done=self.epoch,
            steps_done=self.step,
            set_aside=set_aside,
        )

    def train_epoch(self, stop: StopRequest, reporter: Reporter) -> None:
        """The rest of the epoch under way. A stop saves the run and raises."""
        self.model.train()
        started = perf_counter() - self.epoch_seconds
        for batch in training_batches(self.data, self.recipe, self.epoch, self.step):
            self._take_step(batch)
            self.step += 1
            if self.step % STEPS_BETWEEN_CHECKS == 0 or self.step == self.steps_per_epoch:
                self._require_finite(self.loss_sum.item())
            reporter.step(self.epoch, self.step)
            if stop.signal is not None:
                self.epoch_seconds = perf_counter() - started
                self._stop(stop.signal)
        self.epoch_seconds = perf_counter() - started

    def _take_step(self, batch: Part) -> None:
        done = self.epoch * self.steps_per_epoch + self.step
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate_at(self.recipe, done, self.steps_per_epoch)
        try:
            outputs = self.model(batch.images)
            loss = loss_of(self.recipe, outputs, batch.labels)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()
        except (RuntimeError, ValueError, TypeError) as error:
            raise TrainingError("RDL910", reason=first_line(error)) from error
        with torch.no_grad():
            self.loss_sum += loss.detach()
            main = outputs[0] if isinstance(outputs, tuple) else outputs
            self.correct += (main.argmax(1) == batch.labels).sum()

    def _require_finite(self, loss: float) -> None:
        """Stops before weights that lost their numbers reach a checkpoint (RDL905)."""
        if not isfinite(loss):
            rate = self.recipe.optimizer.learning_rate
            raise TrainingError(
                "RDL905",
                loss=str(loss),
                epoch=self.epoch + 1,
                first=max(1, self.step - STEPS_BETWEEN_CHECKS + 1),
                last=self.step,
                learning_rate=rate,
                suggestion=f"{rate / 10:g}",
            )

    def _stop(self, signal_number: Signals) -> None:
        self._require_finite(self.loss_sum.item())
        self.save()
        raise TrainingInterruptedError(
            signal_number,
            epoch=self.epoch + 1,
            epochs=self.recipe.epochs,
            step=self.step,
            steps=self.steps_per_epoch,
            path=str(self.folder.path),
        )

    def close_epoch(self) -> tuple[EpochRecord, bool]:
        """Validates the epoch just trained; keeps its weights when they are the best so far."""
        images = self.steps_per_epoch * self.recipe.batch_size
        started = perf_counter()
        validation_loss, validation_correct = self._evaluate(self.data.validation)
        self._require_finite(validation_loss)  # sees the last step's damage, which its loss did not
        self.seconds += self.epoch_seconds + perf_counter() - started
        last_step = (self.epoch + 1) * self.steps_per_epoch - 1
        record = EpochRecord(
            epoch=self.epoch + 1,
            steps=last_step + 1,
            learning_rate=learning_rate_at(self.recipe, last_step, self.steps_per_epoch),
            training_loss=self.loss_sum.item() / self.steps_per_epoch,
            training_accuracy=self.correct.item() / images,
            validation_loss=validation_loss,
            validation_accuracy=validation_correct / len(self.data.validation),
            images_per_second=round(images / self.epoch_seconds, 1),
            seconds=round(self.seconds, 3),
        )
        is_best = self.best_rank is None or record.rank > self.best_rank
        if is_best:
            self.best_rank, self.best_epoch = record.rank, record.epoch
            self.folder.save_best(self.model.state_dict(), record.epoch)
        self.epoch, self.step, self.epoch_seconds = self.epoch + 1, 0, 0.0
        self.loss_sum.zero_()
        self.correct.zero_()
        return record, is_best

    def test(self) -> TestRecord:
        """The held-out part under the best weights, read back from the disk."""
        self.model.load_state_dict(self.folder.best_weights())
        loss, correct = self._evaluate(self.data.test)
        images = len(self.data.test)
        return TestRecord(self.best_epoch, loss, correct / images, correct, images)

    @torch.no_grad()
    def _evaluate(self, part: Part) -> tuple[float, int]:
        """Mean loss over a part and the number of images classified correctly."""
        self.model.eval()
        loss, correct = 0.0, 0
        for start in range(0, len(part), EVALUATION_BATCH):
            labels = part.labels[start : start + EVALUATION_BATCH]
            images = self.data.normalised(part.images[start : start + EVALUATION_BATCH])
            outputs: Tensor = self.model(images)
            loss += loss_of(self.recipe, outputs, labels).item() * len(labels)
            correct += int((outputs.argmax(1) == labels).sum())
        return loss / len(part), correct

    def save(self) -> None:
        self.folder.save_state(
            {
                "model": self.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "random": torch.get_rng_state(),
                "epoch": self.epoch,
                "step": self.step,
                "loss_sum": self.loss_sum,
                "correct": self.correct,
                "best_rank": self.best_rank,
                "best_epoch": self.best_epoch,
                "seconds": self.seconds,
                "epoch_seconds": self.epoch_seconds,
            }
        )

    def restore(self, state: dict[str, Any]) -> None:
        """Takes over a checkpoint; RDL906 where it is of another network."""
        try:
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            torch.set_rng_state(state["random"])
            self.epoch, self.step = state["epoch"], state["step"]
            self.loss_sum, self.correct = state["loss_sum"], state["correct"]
            self.best_rank, self.best_epoch = state["best_rank"], state["best_epoch"]
            self.seconds, self.epoch_seconds = state["seconds"], state["epoch_seconds"]
        except (KeyError, RuntimeError, ValueError, TypeError) as error:
            reason = f"it does not fit this network ({first_line(error)})"
            raise TrainingError("RDL906", path=str(self.folder.path), reason=reason) from error
