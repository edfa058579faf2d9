"""A loss that is not finite: named, left out, or taken back; memory that runs out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.checkpoint import load_weights
from resnet_dsl.training.choices import OnNan
from resnet_dsl.training.conduct import Conduct
from resnet_dsl.training.errors import TrainingError
from resnet_dsl.training.execution import Execution
from resnet_dsl.training.loop import train
from resnet_dsl.training.memory import memory_error
from resnet_dsl.training.metrics import EpochRecord
from resnet_dsl.training.reporting import Reporter, Skipped

Factory = Callable[[], nn.Module]


class Fuse(nn.Module):
    """Passes on what it gets, but in the training steps `bad`, counted from 1, in which it gives NaN."""

    step: Tensor

    def __init__(self, bad: Callable[[int], bool]) -> None:
        super().__init__()
        self.bad = bad
        self.register_buffer("step", torch.zeros((), dtype=torch.int64))

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            self.step += 1
            if self.bad(int(self.step)):
                return x * torch.nan
        return x


class Poison(torch.autograd.Function):
    """The identity, with gradients that are infinite."""

    @staticmethod
    def forward(_ctx: object, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(_ctx: object, gradient: Tensor) -> Tensor:
        return gradient * torch.inf


class BadBackward(Fuse):
    def forward(self, x: Tensor) -> Tensor:
        self.step += self.training
        bad = self.training and self.bad(int(self.step))
        return Poison.apply(x) if bad else x  # type: ignore[no-untyped-call]


def net(small_net: Factory, fuse: nn.Module) -> Factory:
    def build() -> nn.Module:
        model = small_net()
        assert isinstance(model, nn.Sequential)
        model.insert(3, fuse)
        return model

    return build


class Heard(Reporter):
    def __init__(self) -> None:
        self.left_out: list[Skipped] = []
        self.records: list[EpochRecord] = []

    def skipped(self, skipped: Skipped) -> None:
        self.left_out.append(skipped)

    def epoch(self, record: EpochRecord, is_best: bool) -> None:
        self.records.append(record)


@pytest.fixture
def long(recipe: Recipe) -> Recipe:
    """Two epochs of 39 steps, read after 20 and 39."""
    return replace(recipe, epochs=2, batch_size=32)


def test_the_module_is_named_in_which_it_begins(tmp_path: Path, small_net: Factory, long: Recipe) -> None:
    with pytest.raises(
        TrainingError, match=r"in epoch 1, step 27, .* it begins in the output of `3`; "
    ) as stop:
        train(net(small_net, Fuse(lambda step: step >= 27)), long, tmp_path)
    assert "--on-nan skip" in stop.value.diagnostic.help


def test_a_gradient_is_named_where_every_output_is_finite(
    tmp_path: Path, small_net: Factory, long: Recipe
) -> None:
    with pytest.raises(TrainingError, match=r"step 22, .* it begins in the gradient of `0\.weight`"):
        train(net(small_net, BadBackward(lambda step: step == 22)), long, tmp_path)


class ByBatch(nn.Module):
    """Notes the sum of every training batch, and gives NaN for a marked one."""

    def __init__(self, seen: list[float], marked: float) -> None:
        super().__init__()
        self.seen, self.marked = seen, marked

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        self.seen.append(float(x.detach().sum()))
        return x * torch.nan if self.seen[-1] == self.marked else x


def test_a_bad_step_is_left_out_alone(tmp_path: Path, small_net: Factory, long: Recipe) -> None:
    short, seen = replace(long, epochs=1), list[float]()
    train(net(small_net, ByBatch(seen, float("nan"))), short, tmp_path / "all")
    heard, conduct = Heard(), Conduct(on_nan=OnNan.SKIP)
    train(net(small_net, ByBatch([], seen[26])), short, tmp_path / "some", reporter=heard, conduct=conduct)
    assert [each.steps for each in heard.left_out] == [(27,)]
    assert "`3`" in heard.left_out[0].place
    assert heard.records[0].skipped_steps == 1
    weights = load_weights(tmp_path / "some" / "last.safetensors")
    assert all(each.isfinite().all() for each in weights.values())
    assert int(weights["1.num_batches_tracked"]) == 38, "the step is undone in the running statistics too"


def test_where_every_batch_is_bad_it_ends(tmp_path: Path, small_net: Factory, long: Recipe) -> None:
    heard, fuse = Heard(), Fuse(lambda step: step == 27)  # undone with its step, so it never gets beyond
    with pytest.raises(TrainingError, match=r"RDL943: .* at 3 readings in a row, .* `3`"):
        train(net(small_net, fuse), long, tmp_path, reporter=heard, conduct=Conduct(on_nan=OnNan.SKIP))
    assert [each.steps for each in heard.left_out] == [tuple(range(27, 40)), tuple(range(1, 21))]
    page = (tmp_path / "page.html").read_text()
    assert "<b>Ended before its time:</b> the loss was not finite at 3 readings in a row" in page


def test_a_stretch_is_taken_back(tmp_path: Path, small_net: Factory, long: Recipe) -> None:
    calls = iter(range(1, 10_000))
    fuse = Fuse(lambda _: 21 <= next(calls) <= 60)  # until its repetition has ended too
    heard = Heard()
    conduct = Conduct(on_nan=OnNan.ROLLBACK)
    train(net(small_net, fuse), long, tmp_path, reporter=heard, conduct=conduct)
    assert heard.left_out[0].steps == tuple(range(21, 40))
    assert heard.records[0].skipped_steps == 19
    assert heard.records[-1].training_loss < 3


def test_an_epoch_without_a_step_ends_the_run(tmp_path: Path, small_net: Factory, recipe: Recipe) -> None:
    short = replace(recipe, epochs=1, batch_size=128)  # 9 steps, read once
    with pytest.raises(TrainingError, match="RDL943: .* at one reading, .* 9 of the epoch's steps"):
        train(net(small_net, Fuse(lambda _: True)), short, tmp_path, conduct=Conduct(on_nan=OnNan.ROLLBACK))
    assert (tmp_path / "metrics.jsonl").read_text() == "", "there is no loss to tell"


class Hungry(nn.Module):
    """Has memory for so many images at once."""

    def __init__(self, inner: nn.Module, most: int) -> None:
        super().__init__()
        self.inner, self.most = inner, most

    def forward(self, x: Tensor) -> Tensor:
        if self.training and len(x) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return self.inner(x)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("most", "advice"),
    [
        (20, r"16 at a time fit: `--set train\.accumulate=4` .* batch of 64 .* `--set train\.batch=16`"),
        (1, r"1 at a time fit: `--set train\.accumulate=64`"),
        (0, "not even one image fits"),
    ],
)
def test_memory_that_runs_out_says_what_would_fit(
    tmp_path: Path, recipe: Recipe, most: int, advice: str
) -> None:
    def build() -> nn.Module:
        return Hungry(nn.Sequential(nn.Flatten(), nn.Linear(64, 10)), most)

    with pytest.raises(TrainingError, match="RDL941: cpu ran out of memory in a step of 64 images") as stop:
        train(build, recipe, tmp_path)
    assert re.search(advice, stop.value.diagnostic.help)


def test_among_processes_nothing_is_tried_and_the_advice_divides_the_share(recipe: Recipe) -> None:
    error = memory_error(replace(recipe, accumulate=2), Execution(), 15, None)  # 60 images, two processes
    assert "`--set train.accumulate=6` puts the same batch through" in error.diagnostic.help


def test_memory_that_runs_out_in_validation(tmp_path: Path, recipe: Recipe) -> None:
    class Greedy(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            if not self.training and len(x) > 100:
                raise torch.OutOfMemoryError("CUDA out of memory.")
            return super().forward(x)

    with pytest.raises(TrainingError, match="RDL941: cpu ran out of memory") as stop:
        train(lambda: nn.Sequential(nn.Flatten(), Greedy(64, 10)), replace(recipe, epochs=1), tmp_path)
    assert "in evaluation" in stop.value.diagnostic.help


def test_what_is_advised_fits(tmp_path: Path, recipe: Recipe) -> None:
    def build() -> nn.Module:
        return Hungry(nn.Sequential(nn.Flatten(), nn.Linear(64, 10)), 20)

    result = train(build, replace(recipe, epochs=1, accumulate=4), tmp_path)
    assert result.epochs == 1
