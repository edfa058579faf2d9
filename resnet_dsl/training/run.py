"""A network in training: its epochs, step by step. What a step is, `step` says; `loop` drives this."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from time import perf_counter

import torch
from torch import nn

from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.averaging import WeightAverage
from resnet_dsl.training.conduct import Conduct
from resnet_dsl.training.data import Dataset, Part, training_batches
from resnet_dsl.training.errors import TrainingError, TrainingInterruptedError, first_line
from resnet_dsl.training.evaluation import evaluate
from resnet_dsl.training.folder import RunFolder
from resnet_dsl.training.judging import Judgement
from resnet_dsl.training.meetings import Meetings
from resnet_dsl.training.memory import is_out_of_memory, largest_that_fits, memory_error
from resnet_dsl.training.metrics import EpochRecord, TestRecord
from resnet_dsl.training.optimisation import LearningRates, make_optimizer
from resnet_dsl.training.prefetch import prefetched
from resnet_dsl.training.recovery import Recovery, Stretch, health
from resnet_dsl.training.reporting import Interval, Reporter, RunPlan
from resnet_dsl.training.saved_state import state_of
from resnet_dsl.training.step import TrainingStep
from resnet_dsl.training.stopping import StopRequest
from resnet_dsl.training.throughput import Stopwatch

STEPS_BETWEEN_READINGS = 20  # the loss stays on the device in between


class Run:
    """A network on its way: what a checkpoint saves, and how to go one epoch on."""

    def __init__(
        self, recipe: Recipe, data: Dataset, model: nn.Module, folder: RunFolder, conduct: Conduct
    ) -> None:
        self.recipe, self.data, self.model = recipe, data, model
        self.folder, self.conduct = folder, conduct
        self.execution, self.world = conduct.execution, conduct.world
        self.device = torch.device(self.execution.device)
        self.optimizer = make_optimizer(recipe, model.parameters())
        self.average = WeightAverage(model, recipe.ema) if recipe.ema else None
        self.take_step = TrainingStep(model, self.optimizer, recipe, self.execution, self.world, self.average)
        self.recovery = Recovery(self.take_step, conduct)
        self.steps_per_epoch = len(data.training) // recipe.batch_size
        self.learning_rates = LearningRates(recipe, self.steps_per_epoch)
        self.watch = Stopwatch(conduct.work, conduct.rates)
        self.meetings = Meetings(self.world, STEPS_BETWEEN_READINGS)
        self.epoch = 0  # epochs finished
        self.step = 0  # steps done in the next one
        self.skipped = 0  # of those, steps that were left out
        self.best_rank: tuple[float, float] | None = None
        self.best_epoch = 0
        self.seconds = 0.0
        self.epoch_seconds = 0.0  # spent on the steps done
        self._read_step, self._read_loss = 0, 0.0  # what there was at the last reading
        self._saved_at = perf_counter()

    @property
    def judged_model(self) -> nn.Module:
        """What is validated and kept as the best: the average of the weights, where there is one."""
        return self.model if self.average is None else self.average.model

    def train_epoch(self, stop: StopRequest, reporter: Reporter) -> None:
        """The rest of the epoch under way. A stop saves the run and raises."""
        self.model.train()
        self.recovery.keep()
        self._read_step, self._read_loss = self.step, float(self.take_step.loss_sum)
        self.watch.start()
        self.meetings.start()
        started = perf_counter() - self.epoch_seconds
        for batch in self.watch.waiting(self._batches(self.step)):
            self._step(batch)
            self.step += 1
            self.watch.count(self.recipe.batch_size)
            reporter.step(self.epoch, self.step)
            reads = self.step % STEPS_BETWEEN_READINGS == 0 or self.step == self.steps_per_epoch
            if reads:
                self._read(reporter)
            # One process alone stops after any step; several have to agree on which.
            meets = self.meetings.count() if self.world.size > 1 else stop.signal is not None
            if not (reads or meets):
                continue
            is_late = perf_counter() - self._saved_at > self.conduct.save_every_seconds
            stops, saves = self.meetings.meet(stop.signal is not None, is_late)
            if stops and not reads:
                self._read(reporter)
            self.epoch_seconds = perf_counter() - started
            if stops:
                self._stop(stop.signal or signal.SIGTERM)
            if saves and reads:
                self.save()

    def _batches(self, first_step: int) -> Iterator[Part]:
        world = self.world
        batches = training_batches(
            self.data,
            self.recipe,
            self.epoch,
            first_step,
            device=self.device,
            rank=world.rank,
            world=world.size,
        )
        part = self.data.training
        is_there = isinstance(part, Part) and part.images.device.type == self.device.type
        return batches if is_there else prefetched(batches, self.device)

    def _learning_rate(self, step: int) -> float:
        return self.learning_rates.at(self.epoch * self.steps_per_epoch + step)

    def _step(self, batch: Part) -> None:
        try:
            with self.world.stepping(f"epoch {self.epoch + 1}, step {self.step + 1}"):
                self.take_step(batch, self._learning_rate(self.step))
            return
        except (RuntimeError, ValueError, TypeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise TrainingError("RDL910", reason=first_line(error)) from error
        # Out here the failed step's tensors are gone with its traceback, and smaller ones can be tried.
        images = len(batch) // self.recipe.accumulate
        # Among several processes one alone cannot try: the others wait for its gradients.
        alone = self.world.size == 1
        fits = largest_that_fits(lambda size: self.take_step.rehearse(batch, size), images) if alone else None
        raise memory_error(self.recipe, self.execution, images, fits)

    def _read(self, reporter: Reporter) -> None:
        """Waits for the device and looks at the loss; undoes what went wrong since the last time."""
        sums = torch.stack([self.take_step.loss_sum, health(self.model)])
        total, weights = self.world.total(sums).tolist()
        if isfinite(total + weights):
            self.recovery.all_is_well()
        else:
            self._recover(reporter)
            total = float(self.world.total(self.take_step.loss_sum))
        loss = total / self.world.size
        reporter.interval(
            Interval(
                epoch=self.epoch + 1,
                step=self.step,
                run_step=self.epoch * self.steps_per_epoch + self.step,
                loss=(loss - self._read_loss) / max(1, self.step - self._read_step),
                learning_rate=self._learning_rate(self.step - 1),
                pace=self.watch.read(),
            )
        )
        self._read_step, self._read_loss = self.step, loss

    def _recover(self, reporter: Reporter) -> None:
        """Goes back to the last reading and does what `on_nan` says; RDL905 and RDL943 stop the run."""
        rates = [self._learning_rate(number) for number in range(self._read_step, self.step)]
        batches = self._batches(self._read_step)
        stretch = Stretch(self.epoch + 1, self._read_step, rates, batches)
        found = self.recovery.leave_out(stretch, already=self.skipped, of=self.steps_per_epoch)
        self.skipped += len(found.steps)
        reporter.skipped(found)

    def _stop(self, signal_number: signal.Signals) -> None:
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
        started = perf_counter()
        validation = self.evaluate("validation")
        self.learning_rates.close_epoch(validation.loss)
        self.seconds += self.epoch_seconds + perf_counter() - started
        books = self.take_step.books()
        loss, hits, judged = self.world.total(torch.stack([each.double() for each in books])).tolist()
        steps = (self.steps_per_epoch - self.skipped) * self.world.size
        pace = self.watch.of_epoch(self.steps_per_epoch * self.recipe.batch_size, self.epoch_seconds)
        record = EpochRecord(
            epoch=self.epoch + 1,
            steps=(self.epoch + 1) * self.steps_per_epoch,
            learning_rate=self._learning_rate(self.steps_per_epoch - 1),
            training_loss=loss / steps,
            training_accuracy=hits / max(1, judged),
            validation_loss=validation.loss,
            validation_accuracy=validation.accuracy,
            images_per_second=round(pace.images_per_second, 1),
            seconds=round(self.seconds, 3),
            figures=validation.figures,
            data_wait=pace.data_wait,
            utilisation=pace.utilisation,
            byte_share=pace.byte_share,
            skipped_steps=self.skipped,
            bad_samples=self.data.bad_samples.count,
        )
        is_best = self.best_rank is None or record.rank > self.best_rank
        if is_best:
            self.best_rank, self.best_epoch = record.rank, record.epoch
            weights = self.world.whole_state(self.judged_model)
            if self.world.is_first:
                self.folder.save_best(weights, record.epoch)
        self.epoch, self.step, self.skipped, self.epoch_seconds = self.epoch + 1, 0, 0, 0.0
        for book in books:
            book.zero_()
        return record, is_best

    def test(self) -> tuple[TestRecord, Judgement]:
        """The held-out part under the best weights, read back from the disk."""
        self.world.wait()
        self.world.load_whole_state(self.judged_model, self.folder.best_weights())
        found = self.evaluate("test")
        counts, bad = (found.correct, found.judged), self.data.bad_samples.count
        return TestRecord(self.best_epoch, found.loss, found.accuracy, *counts, found.figures, bad), found

    def evaluate(self, part: str) -> Judgement:
        samples = {"validation": self.data.validation, "test": self.data.test}[part]
        found = evaluate(self.judged_model, self.recipe, self.data, samples, self.conduct)
        self.data.bad_samples.names.update(self.world.union(self.data.bad_samples.names))
        return found

    def save(self) -> None:
        """A checkpoint of this moment; every process comes, the first one writes."""
        state, weights = state_of(self), self.world.whole_state(self.model)
        if self.world.is_first:
            self.folder.save_state(state, weights, keep=self.conduct.keep)
        self._saved_at = perf_counter()

    def plan(self, set_aside: Path | None, notes: tuple[str, ...]) -> RunPlan:
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
            execution=self.execution.words,
            notes=notes,
        )
