"""How a network is run, from the words of a command line: what the commands that need torch share."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from resnet_dsl.cli.faults import TERMINATED, WRONG_INPUT
from resnet_dsl.cli.terminal import tell_diagnostics
from resnet_dsl.training.choices import OnBadSample, OnNan, Precision, Tracker
from resnet_dsl.training.errors import TrainingError, missing_package

if TYPE_CHECKING:
    from resnet_dsl.analysis.roofline import Roofline
    from resnet_dsl.compiled import CompiledNetwork
    from resnet_dsl.semantics.recipe import Recipe
    from resnet_dsl.training.conduct import Conduct
    from resnet_dsl.training.execution import Execution
    from resnet_dsl.training.rates import Rates, Work

Device = Annotated[
    str,
    typer.Option(
        "--device", metavar="NAME", help="Such as cpu, cuda or cuda:1; default: a GPU if there is one."
    ),
]
Eager = Annotated[
    bool,
    typer.Option("--eager", help="On a GPU: float32, contiguous, uncompiled, without CUDA graphs."),
]
PrecisionOption = Annotated[
    Precision,
    typer.Option("--precision", help="What convolutions and products compute in; weights stay float32."),
]


MOST_THREADS = 1_024  # no machine has more use for; the system refuses far more of them by ending the process

Threads = Annotated[
    int | None,
    typer.Option(
        "--threads",
        metavar="N",
        min=1,
        max=MOST_THREADS,
        help="CPU threads; default: OMP_NUM_THREADS, or half the cores.",
    ),
]

_EXTRA = {"torch", "safetensors", "rich"}  # what the extra `train` brings, as modules


class Form(StrEnum):
    """How a result is printed."""

    TEXT = "text"
    JSON = "json"


@contextmanager
def failures_told() -> Iterator[None]:
    """Around what may fail for a reason outside this program: says it, and exits with 1."""
    try:
        yield
    except TrainingError as error:
        tell_diagnostics([error.diagnostic])
        raise typer.Exit(WRONG_INPUT) from None


def not_nan(value: float) -> float:
    """The number; usage error for NaN, which compares with nothing and so passes every limit."""
    if value != value:  # noqa: PLR0124 - what NaN alone does
        raise typer.BadParameter("nan is no number")
    return value


@contextmanager
def ending_at_once() -> Iterator[None]:
    """Within, SIGTERM ends the process where it is, for what leaves no file half written.

    An exception in whatever torch imports, now or when it is first used, is not always handed on.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's
        return
    before = signal.signal(signal.SIGTERM, lambda *_: os._exit(TERMINATED))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL if before is None else before)


@contextmanager
def needing_torch() -> Iterator[None]:
    """Around imports; RDL901 where one of the extra `train` is not installed."""
    try:
        with ending_at_once():
            yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _EXTRA:
            raise
        raise missing_package(package) from error


class Settings(NamedTuple):
    """The options of `train` that say how, and not what."""

    device: str
    eager: bool
    precision: Precision
    on_nan: OnNan
    on_bad_sample: OnBadSample
    keep: int
    save_every_seconds: float
    log: tuple[Tracker, ...]


def conduct_of(settings: Settings, network: CompiledNetwork, recipe: Recipe) -> Conduct:
    """How the run goes about it. Measures what the device reaches, which takes a quarter of a second."""
    from resnet_dsl.training.conduct import Conduct
    from resnet_dsl.training.execution import choose_execution
    from resnet_dsl.training.rates import measure_rates

    execution = choose_execution(settings.device, eager=settings.eager, precision=settings.precision.value)
    rates = measure_rates(execution)
    return Conduct(
        execution,
        on_nan=settings.on_nan,
        stop_on_bad_sample=settings.on_bad_sample is OnBadSample.STOP,
        keep=settings.keep,
        save_every_seconds=settings.save_every_seconds,
        work=work_of(bound_of(network, execution, rates, recipe.batch_size, recipe.optimizer.kind)),
        rates=rates,
    )


def bound_of(
    network: CompiledNetwork, execution: Execution, rates: Rates, batch: int, optimizer: str
) -> Roofline:
    """A training step's roofline on the device as it was measured."""
    from resnet_dsl.analysis.devices import Device
    from resnet_dsl.analysis.roofline import roofline
    from resnet_dsl.analysis.workload import OPTIMIZER_TRAFFIC

    measured = Device(
        "measured", execution.device, {execution.precision: rates.flops}, rates.vector_flops, rates.bandwidth
    )
    known = optimizer if optimizer in OPTIMIZER_TRAFFIC else "momentum"
    return roofline(network.network, measured, batch, execution.precision, training=True, optimizer=known)


def work_of(bound: Roofline) -> Work:
    """FLOPs and bytes of a step, by image."""
    from resnet_dsl.training.rates import Work

    return Work(bound.flops / bound.batch, bound.moved_bytes / bound.batch)


def picture_of(network: CompiledNetwork) -> str:
    """The network as SVG; empty where nothing draws."""
    from resnet_dsl.backends.graphviz import RenderError, automatic_level, render

    try:
        return render(network.to_dot(automatic_level(network.network)), "svg").decode("utf-8")
    except RenderError:
        return ""
