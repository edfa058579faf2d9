"""Ways of executing a run: chosen, refused, and the same training."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

import resnet_dsl
from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.conduct import Conduct
from resnet_dsl.training.data import Dataset, Part, training_batches
from resnet_dsl.training.errors import TrainingError
from resnet_dsl.training.execution import Execution, choose_execution
from resnet_dsl.training.loop import train
from resnet_dsl.training.optimisation import make_optimizer
from resnet_dsl.training.prefetch import prefetched
from resnet_dsl.training.rates import Rates, Work, measure_rates
from resnet_dsl.training.reporting import Reporter, RunPlan
from resnet_dsl.training.step import TrainingStep
from resnet_dsl.training.throughput import Pace, Stopwatch

Factory = Callable[[], nn.Module]


def losses(
    execution: Execution, factory: Factory, recipe: Recipe, digits: Dataset, steps: int
) -> list[float]:
    torch.manual_seed(5)
    model = execution.place(factory()).train()
    step = TrainingStep(model, make_optimizer(recipe, model.parameters()), recipe, execution)
    found, before = [], 0.0
    for _, batch in zip(range(steps), training_batches(digits, recipe, 0, 0), strict=False):
        step(batch, 0.05)
        found.append(float(step.loss_sum) - before)
        before = float(step.loss_sum)
    return found


def test_a_cpu_computes_plainly_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_execution() == Execution("cpu")
    assert choose_execution("cpu", precision="bfloat16").dtype is torch.bfloat16
    assert choose_execution("cpu").words == "cpu: float32, eager"


def test_a_gpu_gets_everything_and_eager_takes_it_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resnet_dsl.training.execution._present", lambda _: "cuda")
    monkeypatch.setattr("resnet_dsl.training.execution.find_spec", lambda _: object())
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: not including_emulation)
    assert choose_execution().words == "cuda: bfloat16, channels_last, compiled, CUDA graphs"
    assert choose_execution(eager=True) == Execution("cuda")
    assert (
        choose_execution(precision="float32").words == "cuda: float32, channels_last, compiled, CUDA graphs"
    )


@pytest.mark.parametrize("device", ["nonsense", "cuda:99", "meta"])
def test_a_device_that_is_not_there(device: str) -> None:
    with pytest.raises(TrainingError, match=f"RDL940: torch cannot use the device `{device}`"):
        choose_execution(device)


@pytest.mark.filterwarnings(
    "ignore:.torch.jit.script_method"
)  # torch's compiler imports what torch deprecates
@pytest.mark.parametrize(
    ("way", "tolerance"),
    [
        (Execution(channels_last=True), 1e-4),
        (Execution(precision="bfloat16"), 0.1),
        pytest.param(Execution(compiled=True), 1e-3, marks=pytest.mark.slow),
    ],
    ids=["channels_last", "bfloat16", "compiled"],
)
def test_every_way_trains_alike(
    way: Execution, tolerance: float, specs: Path, recipe: Recipe, digits: Dataset
) -> None:
    net = resnet_dsl.load(specs / "digits_resnet8.rdl")["digits_resnet8"].build
    plain = losses(Execution(), net, recipe, digits, 8)
    assert losses(way, net, recipe, digits, 8) == pytest.approx(plain, abs=tolerance)
    assert plain[-1] < plain[0]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_recorded_step_trains_as_an_eager_one(digits_net: Factory, recipe: Recipe, digits: Dataset) -> None:
    digits = digits.to(torch.device("cuda"))
    plain = losses(Execution("cuda"), digits_net, recipe, digits, 12)
    recorded = losses(Execution("cuda", graphs=True), digits_net, recipe, digits, 12)
    assert recorded == pytest.approx(plain, abs=1e-3)
    best = losses(choose_execution("cuda"), digits_net, recipe, digits, 12)
    assert best == pytest.approx(plain, abs=0.15)


class Notes(Reporter):
    def __init__(self) -> None:
        self.plan: RunPlan | None = None

    def begin(self, plan: RunPlan) -> None:
        self.plan = plan


def test_going_on_in_another_way_is_said(tmp_path: Path, small_net: Factory, recipe: Recipe) -> None:
    train(small_net, replace(recipe, epochs=1), tmp_path)
    notes = Notes()
    conduct = Conduct(Execution(channels_last=True))
    train(small_net, replace(recipe, epochs=1), tmp_path, resume=True, reporter=notes, conduct=conduct)
    assert notes.plan is not None
    assert (
        "begun as cpu: float32, eager, goes on as cpu: float32, channels_last, eager" in notes.plan.notes[0]
    )


def batches(count: int) -> Iterator[Part]:
    for number in range(count):
        yield Part(torch.full((2, 1, 1, 1), float(number)), torch.tensor([number, number]))
    if count == 3:
        raise ValueError("a batch that cannot be made")


def test_batches_made_ahead_come_in_order_with_their_errors() -> None:
    device = torch.device("cpu")
    assert [int(batch.labels[0]) for batch in prefetched(batches(9), device)] == list(range(9))
    seen: list[int] = []
    with pytest.raises(ValueError, match="cannot be made"):
        seen.extend(int(batch.labels[0]) for batch in prefetched(batches(3), device))
    assert seen == [0, 1, 2]


def test_leaving_early_ends_the_thread() -> None:
    ahead = prefetched(batches(100), torch.device("cpu"))
    next(ahead)
    ahead.close()  # type: ignore[attr-defined]
    import threading

    assert not any(thread.name == "batches" for thread in threading.enumerate())


def test_shares_of_what_the_device_can_do() -> None:
    watch = Stopwatch(Work(flops_per_image=2e9, bytes_per_image=1e6), Rates(1e12, 1e11, 1e9))
    pace = watch.pace(100.0, 0.25)
    assert pace.utilisation == pytest.approx(0.2)
    assert pace.byte_share == pytest.approx(0.1)
    assert pace.words == "100 images/s, data wait 25%, MFU 20%, 10% of the byte bound"
    assert Stopwatch().pace(100.0, 0.0) == Pace(100.0, 0.0)
    rates = measure_rates(Execution(), 0.01)
    assert rates.flops > 1e8
    assert rates.bandwidth > 1e8


def test_waiting_is_counted() -> None:
    from time import sleep

    def slow() -> Iterator[int]:
        for number in range(3):
            sleep(0.02)
            yield number

    watch = Stopwatch()
    for _ in watch.waiting(slow()):
        watch.count(10)
    pace = watch.read()
    assert pace.data_wait > 0.8
    assert 0 < pace.images_per_second < 30 / 0.06
    assert watch.of_epoch(30, 0.1).images_per_second == pytest.approx(300)
