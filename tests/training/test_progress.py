"""What a run says on a terminal and in a log."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from resnet_dsl.training.metrics import EpochRecord, TestRecord
from resnet_dsl.training.progress import BarReporter, LineReporter, duration, progress_on
from resnet_dsl.training.reporting import Interval, RunPlan, Skipped
from resnet_dsl.training.throughput import Pace

PLAN = RunPlan(
    model="net",
    data="digits",
    training_images=1259,
    validation_images=179,
    test_images=359,
    parameters=77_754,
    epochs=10,
    steps_per_epoch=19,
    batch_size=64,
    epochs_done=0,
    steps_done=0,
    set_aside=None,
)
RECORD = EpochRecord(
    epoch=1,
    steps=19,
    learning_rate=0.1,
    training_loss=1.25,
    training_accuracy=0.5,
    validation_loss=1.5,
    validation_accuracy=0.75,
    images_per_second=12_345.6,
    seconds=0.1,
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_a_line_an_epoch_without_escapes() -> None:
    stream = io.StringIO()
    reporter = progress_on(stream, color=True)
    assert isinstance(reporter, LineReporter)
    reporter.begin(PLAN)
    for step in range(1, 20):
        reporter.step(0, step)
    reporter.epoch(RECORD, is_best=True)
    reporter.end()
    first, second = stream.getvalue().splitlines()
    assert first == "net: 77,754 parameters; digits: 1,259 training, 179 validation and 359 test images"
    assert (
        second
        == "epoch  1/10  loss 1.2500  validation  75.00%  12,346 images/s, data wait 0%  0:00 left  best"
    )


def test_images_that_cannot_be_read_are_counted_when_there_are_more() -> None:
    stream = io.StringIO()
    reporter = progress_on(stream, color=False)
    reporter.begin(PLAN)
    for epoch, bad in enumerate([0, 2, 2, 3], 1):
        reporter.epoch(replace(RECORD, epoch=epoch, bad_samples=bad), is_best=False)
    reporter.test(TestRecord(1, 0.5, 0.9, 90, 100, bad_samples=5))  # two that only the held-out part has
    said = [line for line in stream.getvalue().splitlines() if "could not be read" in line]
    assert [line.split()[0] for line in said] == ["2", "3", "5"]
    assert all("unreadable.txt" in line for line in said)


def test_what_was_there_before_is_said() -> None:
    stream = io.StringIO()
    plan = replace(PLAN, epochs_done=3, steps_done=5, set_aside=Path("runs/net/earlier-1"))
    progress_on(stream, color=False).begin(plan)
    assert "an earlier run's files were moved to runs/net/earlier-1" in stream.getvalue()
    assert "going on after epoch 3, step 5" in stream.getvalue()


@pytest.mark.parametrize("color", [True, False])
def test_a_terminal_gets_a_bar(color: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    stream = Terminal()
    reporter = progress_on(stream, color=color)
    assert isinstance(reporter, BarReporter)
    reporter.begin(replace(PLAN, model="[red]net[/red]"))
    for step in range(1, 20):
        reporter.step(0, step)
    reporter.epoch(RECORD, is_best=True)
    reporter.end()
    said = stream.getvalue()
    assert "[red]net[/red]: 77,754 parameters" in said, "names are no markup"
    assert "epoch 1/10" in said
    assert "loss 1.2500, val. 75.00%, best 75.00%" in said
    assert "images/s" in said


def test_a_long_epoch_gets_lines_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resnet_dsl.training.progress.SECONDS_BETWEEN_LINES", 0.0)
    stream = io.StringIO()
    reporter = LineReporter(stream)
    reporter.begin(replace(PLAN, steps_per_epoch=5004, execution="cuda: bfloat16", notes=("mind this",)))
    reporter.interval(Interval(2, 1200, 6204, 2.25, 0.1, Pace(5210.0, 0.01, 0.16, 0.64)))
    reporter.skipped(Skipped(2, (1201, 1203), "it begins in the output of `layer1`"))
    said = stream.getvalue().splitlines()
    assert said[1:3] == ["cuda: bfloat16", "mind this"]
    assert said[3].startswith(
        "epoch  2/10  step 1,200/5,004  loss 2.2500  5,210 images/s, data wait 1%, MFU 16%, 64% of the byte bound"
    )
    assert said[4].endswith("`layer1`; left out: steps 1201 to 1203 (2 of them)")


def test_a_run_that_ends_before_it_begins_needs_no_bar() -> None:
    progress_on(Terminal(), color=False).end()


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (7.4, "0:07"), (750, "12:30"), (11_100, "3:05:00")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text
