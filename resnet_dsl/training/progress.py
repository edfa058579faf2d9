"""Progress for people: a bar on a terminal, a line an epoch elsewhere. Writes to one stream."""

from __future__ import annotations

from time import perf_counter
from typing import IO

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.table import Column
from rich.text import Text

from resnet_dsl.training.axes import loss_text
from resnet_dsl.training.metrics import EpochRecord, TestRecord
from resnet_dsl.training.reporting import Interval, Reporter, RunPlan, Skipped
from resnet_dsl.training.throughput import Pace


def progress_on(stream: IO[str], *, color: bool) -> Reporter:
    """A bar where `stream` is a terminal, else plain lines."""
    return BarReporter(stream, color=color) if stream.isatty() else LineReporter(stream)


def opening(plan: RunPlan) -> list[str]:
    """What is said before the first step."""
    lines = []
    if plan.set_aside is not None:
        lines.append(f"an earlier run's files were moved to {plan.set_aside}")
    lines.append(
        f"{plan.model}: {plan.parameters:,} parameters; {plan.data}: {plan.training_images:,} training, "
        f"{plan.validation_images:,} validation and {plan.test_images:,} test images"
    )
    if plan.execution:
        lines.append(plan.execution)
    if plan.epochs_done or plan.steps_done:
        lines.append(f"going on after epoch {plan.epochs_done}, step {plan.steps_done}")
    lines += plan.notes
    return lines


def skipped_words(skipped: Skipped) -> str:
    """What is said of steps that were left out."""
    place = f"epoch {skipped.epoch}: the loss was not finite; {skipped.place}"
    if not skipped.steps:
        return f"{place}; the steps were repeated that way, and none is left out"
    first, last = skipped.steps[0], skipped.steps[-1]
    which = f"step {first}" if first == last else f"steps {first} to {last} ({len(skipped.steps)} of them)"
    return f"{place}; left out: {which}"


def unreadable_words(before: int, now: int) -> str:
    """What is said of images that could not be read; nothing where there are no more than before."""
    if now <= before:
        return ""
    which = "1 image" if now == 1 else f"{now:,} images"
    return f"{which} could not be read so far and were passed over; unreadable.txt names them"


def duration(seconds: float) -> str:
    """``0:07``, ``12:30`` or ``3:05:00``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


SECONDS_BETWEEN_LINES = 30.0  # within an epoch


class LineReporter(Reporter):
    """A line an epoch, and more in long ones: for logs, pipes and files."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._plan: RunPlan | None = None
        self._started = self._said = 0.0
        self._unreadable = 0

    def begin(self, plan: RunPlan) -> None:
        self._started = self._said = perf_counter()
        self._plan = plan
        for line in opening(plan):
            self._say(line)

    def interval(self, interval: Interval) -> None:
        plan = self._plan
        if plan is None or perf_counter() - self._said < SECONDS_BETWEEN_LINES:
            return
        self._say(
            f"epoch {interval.epoch:>{len(str(plan.epochs))}}/{plan.epochs}  "
            f"step {interval.step:,}/{plan.steps_per_epoch:,}  loss {loss_text(interval.loss)}  "
            f"{interval.pace.words}  {self._left(interval.run_step)} left"
        )

    def skipped(self, skipped: Skipped) -> None:
        self._say(skipped_words(skipped))

    def epoch(self, record: EpochRecord, is_best: bool) -> None:
        epochs = self._plan.epochs if self._plan else record.epoch
        pace = Pace(record.images_per_second, record.data_wait, record.utilisation, record.byte_share)
        self._say(
            f"epoch {record.epoch:>{len(str(epochs))}}/{epochs}  loss {loss_text(record.training_loss)}  "
            f"validation {record.validation_accuracy:7.2%}  {pace.words}  "
            f"{self._left(record.steps)} left{'  best' if is_best else ''}"
        )
        if words := unreadable_words(self._unreadable, record.bad_samples):
            self._say(words)
        self._unreadable = record.bad_samples

    def test(self, record: TestRecord) -> None:
        if words := unreadable_words(self._unreadable, record.bad_samples):
            self._say(words)

    def _left(self, run_step: int) -> str:
        """The time left, were the rest as quick as what this process has done."""
        if self._plan is None:
            return duration(0)
        per_epoch = self._plan.steps_per_epoch
        before = self._plan.epochs_done * per_epoch + self._plan.steps_done
        seconds = (perf_counter() - self._started) / max(1, run_step - before)
        return duration(seconds * (self._plan.epochs * per_epoch - run_step))

    def _say(self, line: str) -> None:
        self._said = perf_counter()
        print(line, file=self._stream, flush=True)


def _one_line() -> Column:
    return Column(no_wrap=True)


class _Pace(ProgressColumn):
    """Images a second and what goes with them, and the time left."""

    def __init__(self) -> None:
        super().__init__(table_column=_one_line())

    def render(self, task: Task) -> Text:
        pace: Pace | None = task.fields["pace"]
        if pace is None or task.time_remaining is None:
            return Text("-- images/s")
        return Text(f"{pace.words}, {duration(task.time_remaining)}")


class BarReporter(Reporter):
    """One bar over all steps, with the last epoch's figures beside it."""

    def __init__(self, stream: IO[str], *, color: bool) -> None:
        self._console = Console(file=stream, no_color=not color, highlight=False)
        self._progress: Progress | None = None
        self._task = TaskID(0)
        self._steps_per_epoch = 1
        self._unreadable = 0
        self._best: float | None = None  # unknown until an epoch of this process is the best

    def begin(self, plan: RunPlan) -> None:
        for line in opening(plan):
            self._console.print(line, markup=False)
        self._steps_per_epoch = plan.steps_per_epoch
        self._progress = Progress(
            TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}", table_column=_one_line()),
            BarColumn(bar_width=None, table_column=Column(ratio=1)),
            TextColumn("{task.fields[figures]}", table_column=_one_line()),
            _Pace(),
            console=self._console,
            expand=True,
        )
        self._progress.start()
        self._task = self._progress.add_task(
            "train",
            total=plan.epochs * plan.steps_per_epoch,
            completed=plan.epochs_done * plan.steps_per_epoch + plan.steps_done,
            epoch=min(plan.epochs_done + 1, plan.epochs),
            epochs=plan.epochs,
            figures="",
            pace=None,
        )

    def step(self, epoch: int, step: int) -> None:
        if self._progress is not None:
            done = epoch * self._steps_per_epoch + step
            self._progress.update(self._task, completed=done, epoch=epoch + 1)

    def interval(self, interval: Interval) -> None:
        if self._progress is not None:
            self._progress.update(self._task, pace=interval.pace)

    def skipped(self, skipped: Skipped) -> None:
        self._console.print(skipped_words(skipped), markup=False)

    def epoch(self, record: EpochRecord, is_best: bool) -> None:
        if is_best:
            self._best = record.validation_accuracy
        figures = f"loss {loss_text(record.training_loss)}, val. {record.validation_accuracy:.2%}"
        if self._best is not None:
            figures += f", best {self._best:.2%}"
        if self._progress is not None:
            self._progress.update(self._task, figures=figures)
        if words := unreadable_words(self._unreadable, record.bad_samples):
            self._console.print(words, markup=False)
        self._unreadable = record.bad_samples

    def test(self, record: TestRecord) -> None:
        if words := unreadable_words(self._unreadable, record.bad_samples):
            self._console.print(words, markup=False)

    def end(self) -> None:
        if self._progress is not None:
            self._progress.stop()
