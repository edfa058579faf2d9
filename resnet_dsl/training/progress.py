"""Progress for people: a bar on a terminal, a line an epoch elsewhere. Writes to one stream."""

from __future__ import annotations

from time import perf_counter
from typing import IO

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.table import Column
from rich.text import Text

from resnet_dsl.training.metrics import EpochRecord
from resnet_dsl.training.reporting import Reporter, RunPlan


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
    if plan.epochs_done or plan.steps_done:
        lines.append(f"going on after epoch {plan.epochs_done}, step {plan.steps_done}")
    return lines


def duration(seconds: float) -> str:
    """``0:07``, ``12:30`` or ``3:05:00``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class LineReporter(Reporter):
    """A line an epoch: for logs, pipes and files."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._started = 0.0
        self._done_before = 0
        self._epochs = 0

    def begin(self, plan: RunPlan) -> None:
        self._started, self._epochs = perf_counter(), plan.epochs
        self._done_before = plan.epochs_done
        for line in opening(plan):
            self._say(line)

    def epoch(self, record: EpochRecord, is_best: bool) -> None:
        done = record.epoch - self._done_before
        left = (perf_counter() - self._started) / done * (self._epochs - record.epoch)
        width = len(str(self._epochs))
        self._say(
            f"epoch {record.epoch:>{width}}/{self._epochs}  loss {record.training_loss:.4f}  "
            f"validation {record.validation_accuracy:7.2%}  {record.images_per_second:,.0f} images/s  "
            f"{duration(left)} left{'  best' if is_best else ''}"
        )

    def _say(self, line: str) -> None:
        print(line, file=self._stream, flush=True)


def _one_line() -> Column:
    return Column(no_wrap=True)


class _Pace(ProgressColumn):
    """Images a second, and the time left."""

    def __init__(self, batch_size: int) -> None:
        super().__init__(table_column=_one_line())
        self._batch_size = batch_size

    def render(self, task: Task) -> Text:
        if not task.speed or task.time_remaining is None:
            return Text("-- images/s")
        return Text(f"{task.speed * self._batch_size:,.0f} images/s {duration(task.time_remaining)}")


class BarReporter(Reporter):
    """One bar over all steps, with the last epoch's figures beside it."""

    def __init__(self, stream: IO[str], *, color: bool) -> None:
        self._console = Console(file=stream, no_color=not color, highlight=False)
        self._progress: Progress | None = None
        self._task = TaskID(0)
        self._steps_per_epoch = 1
        self._best: float | None = None  # unknown until an epoch of this process is the best

    def begin(self, plan: RunPlan) -> None:
        for line in opening(plan):
            self._console.print(line, markup=False)
        self._steps_per_epoch = plan.steps_per_epoch
        self._progress = Progress(
            TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}", table_column=_one_line()),
            BarColumn(bar_width=None, table_column=Column(ratio=1)),
            TextColumn("{task.fields[figures]}", table_column=_one_line()),
            _Pace(plan.batch_size),
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
        )

    def step(self, epoch: int, step: int) -> None:
        if self._progress is not None:
            done = epoch * self._steps_per_epoch + step
            self._progress.update(self._task, completed=done, epoch=epoch + 1)

    def epoch(self, record: EpochRecord, is_best: bool) -> None:
        if is_best:
            self._best = record.validation_accuracy
        figures = f"loss {record.training_loss:.4f}, val. {record.validation_accuracy:.2%}"
        if self._best is not None:
            figures += f", best {self._best:.2%}"
        if self._progress is not None:
            self._progress.update(self._task, figures=figures)

    def end(self) -> None:
        if self._progress is not None:
            self._progress.stop()
