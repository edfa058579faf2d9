"""What a run leaves to be looked at: its page, its trackers, its checkpoints."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from torch import nn

from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.choices import Tracker
from resnet_dsl.training.conduct import Conduct
from resnet_dsl.training.errors import TrainingError
from resnet_dsl.training.judging import Judgement
from resnet_dsl.training.loop import train
from resnet_dsl.training.metrics import EpochRecord, TestRecord
from resnet_dsl.training.page import render_page
from resnet_dsl.training.reporting import Reporter
from resnet_dsl.training.trackers import tracker

Factory = Callable[[], nn.Module]
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg"><text>net</text></svg>'


class Halt(Exception):
    """Stands for a crash."""


class CrashAt(Reporter):
    def __init__(self, epoch: int, step: int) -> None:
        self.place = (epoch, step)

    def step(self, epoch: int, step: int) -> None:
        if (epoch, step) == self.place:
            raise Halt


class Page(HTMLParser):
    """Whether every element is closed, and what the page would fetch."""

    VOID = frozenset({"meta", "img", "link", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        self.fetched += [value or "" for name, value in attrs if name in {"src", "href"}]
        assert tag != "script"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def record(epoch: int, **more: Any) -> EpochRecord:
    return EpochRecord(
        epoch, 10 * epoch, 0.1, 2.0 / epoch, 0.5, 2.2 / epoch, 0.6, 1000.0, float(epoch), **more
    )


def page(recipe: Recipe, classes: int, names: tuple[str, ...] = (), **more: Any) -> str:
    matrix = tuple(tuple(3 if row == column else row for column in range(classes)) for row in range(classes))
    judgement = Judgement(0.5, 0.9, 90, 100, {"top5": 0.99}, matrix)
    records = [record(1), record(2, **more)]
    test = TestRecord(2, 0.5, 0.9, 90, 100, judgement.figures)
    return render_page(recipe, records, test, judgement.as_dict(names), PICTURE)


@pytest.mark.parametrize("classes", [2, 10, 100, 300])
def test_a_page_is_whole_in_itself(recipe: Recipe, classes: int) -> None:
    text = page(recipe, classes)
    read = Page(text)
    assert read.open == []
    assert all(each.startswith("data:") for each in read.fetched)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)
    assert "90.00%" in text
    assert ("too many to draw" in text) == (classes > 200)
    assert text == page(recipe, classes), "the same run gives the same page"


def test_names_on_a_page_are_text(recipe: Recipe) -> None:
    hostile = '"><script>alert(1)</script>'
    text = page(
        replace(recipe, model=hostile, name=hostile), 2, (hostile, hostile), skipped_steps=3, bad_samples=2
    )
    assert Page(text).open == []
    assert "<script" not in text
    assert "steps left out" in text
    assert "could not be read" in text


def test_a_page_tells_each_joint(recipe: Recipe) -> None:
    judgement = Judgement(0.5, 0.6, 3, 5, {"pck": 0.6}, joints=((3, 4), (0, 1), (0, 0)))
    test = TestRecord(1, 0.5, 0.6, 3, 5, judgement.figures)
    names = ("nose", "<script>", "tail")
    text = render_page(recipe, [record(1)], test, judgement.as_dict(names))
    assert Page(text).open == []
    assert "<td>nose</td><td>4</td><td>75.00%</td>" in text
    assert "<td>&lt;script&gt;</td><td>1</td><td>0.00%</td>" in text
    assert "<td>tail</td><td>0</td><td>-</td>" in text
    assert "<h2>Confusion matrix" not in text


def test_a_run_leaves_a_page_and_an_evaluation(tmp_path: Path, small_net: Factory, recipe: Recipe) -> None:
    result = train(small_net, replace(recipe, epochs=1), tmp_path, picture=PICTURE)
    found = json.loads((tmp_path / "evaluation.json").read_text())
    assert sum(map(sum, found["confusion"])) == 359
    assert found["correct"] == result.test.test_correct
    assert [each["name"] for each in found["classes"]] == [str(number) for number in range(10)]
    assert Page((tmp_path / "page.html").read_text()).open == []
    assert (tmp_path / "architecture.svg").read_text() == PICTURE


@pytest.mark.parametrize(("keep", "kept"), [(1, []), (3, ["00002", "00003", "00004"])])
def test_the_last_checkpoints_are_kept(
    tmp_path: Path, small_net: Factory, recipe: Recipe, keep: int, kept: list[str]
) -> None:
    train(small_net, replace(recipe, epochs=4), tmp_path, conduct=Conduct(keep=keep))
    names = sorted(path.name for path in tmp_path.glob("checkpoint-*"))
    assert names == [f"checkpoint-{epoch}-0000000.pt" for epoch in kept]
    if kept:
        assert (tmp_path / names[-1]).read_bytes() == (tmp_path / "checkpoint.pt").read_bytes()
        (tmp_path / names[0]).replace(tmp_path / "checkpoint.pt")  # going back by hand
        train(small_net, replace(recipe, epochs=4), tmp_path, resume=True)


@pytest.mark.parametrize("crash", [(0, 33), (1, 20), (1, 47), (1, 78)], ids=str)
@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_a_crash_loses_no_more_than_the_steps_since_a_reading(
    tmp_path: Path, small_net: Factory, recipe: Recipe, crash: tuple[int, int], ema: float
) -> None:
    long = replace(recipe, epochs=2, batch_size=16, ema=ema)  # 78 steps an epoch
    often = Conduct(save_every_seconds=0.0)
    train(small_net, long, tmp_path / "whole")
    with pytest.raises(Halt):
        train(small_net, long, tmp_path / "crashed", reporter=CrashAt(*crash), conduct=often)

    class From(Reporter):
        first: tuple[int, int] | None = None

        def step(self, epoch: int, step: int) -> None:
            self.first = self.first or (epoch, step)

    start = From()
    train(small_net, long, tmp_path / "crashed", resume=True, reporter=start)
    expected = (crash[0], (crash[1] - 1) // 20 * 20 + 1)
    assert start.first == expected
    for name in ("last.safetensors", "best.safetensors"):
        assert (tmp_path / "crashed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_scheduler_s_warning_saves_and_has_its_code(
    script: Path, tmp_path: Path, small_net: Factory, recipe: Recipe
) -> None:
    command = [sys.executable, str(script), str(tmp_path), "2", "SIGUSR1", "0", "7"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 128 + signal.SIGUSR1
    assert "stopped by SIGUSR1 in epoch 1 of 2, after step 7 of 19" in done.stderr
    train(small_net, replace(recipe, epochs=2), tmp_path / "whole")
    train(small_net, replace(recipe, epochs=2), tmp_path, resume=True)
    assert (tmp_path / "last.safetensors").read_bytes() == (
        tmp_path / "whole" / "last.safetensors"
    ).read_bytes()


@pytest.mark.parametrize("kind", list(Tracker))
def test_a_tracker_that_is_not_installed(
    tmp_path: Path, recipe: Recipe, kind: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, kind.value, None)
    with pytest.raises(TrainingError, match=f"RDL942: `--log {kind.value}` needs the package") as stop:
        tracker(kind, tmp_path, recipe)
    assert f'pip install "resnet-dsl[{kind.value}]"' in stop.value.diagnostic.help


class Written:
    """Stands for both packages' objects: keeps what it is given."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, float, int]] = []
        self.opened: dict[str, Any] = {}
        self.closed = False

    def add_scalar(self, name: str, value: float, step: int) -> None:
        self.rows.append((name, value, step))

    def log(self, figures: dict[str, float], step: int) -> None:
        self.rows += [(name, value, step) for name, value in figures.items()]

    def close(self) -> None:
        self.closed = True

    finish = close

    def init(self, **options: Any) -> Written:
        self.opened = options
        return self

    def writer(self, folder: str, **options: Any) -> Written:
        self.opened = {"folder": folder, **options}
        return self


@pytest.mark.parametrize("kind", list(Tracker))
def test_trackers_get_readings_epochs_and_the_test(
    tmp_path: Path, small_net: Factory, recipe: Recipe, kind: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Written()
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.delenv("WANDB_MODE", raising=False)
    monkeypatch.setitem(sys.modules, "wandb", SimpleNamespace(init=written.init))
    monkeypatch.setitem(sys.modules, "tensorboard", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", SimpleNamespace(SummaryWriter=written.writer))
    short = replace(recipe, epochs=2)
    train(small_net, short, tmp_path, reporter=tracker(kind, tmp_path, short))
    assert written.closed
    steps = {name: [step for given, _, step in written.rows if given == name] for name, _, _ in written.rows}
    assert steps["steps/loss"] == [19, 38]
    assert steps["accuracy/validation"] == [19, 38]
    assert steps["accuracy/test"] == [38]
    if kind is Tracker.WANDB:
        assert written.opened["mode"] == "offline"
        assert written.opened["config"] == short.as_dict()
    else:
        assert written.opened == {"folder": str(tmp_path / "tensorboard"), "purge_step": None}
