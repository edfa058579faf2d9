"""Training steps of one network executed in several ways, on one batch that lies on the device."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from statistics import median
from time import perf_counter

import torch
from torch import Tensor, nn

from resnet_dsl.semantics.recipe_choices import Constant, Sgd
from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.semantics.recipe_variations import Augmentation
from resnet_dsl.training.data import Dataset, Part, training_batches
from resnet_dsl.training.errors import TrainingError, first_line
from resnet_dsl.training.execution import Execution, fast_kernels
from resnet_dsl.training.memory import is_out_of_memory
from resnet_dsl.training.optimisation import make_optimizer
from resnet_dsl.training.randomness import derive_seed
from resnet_dsl.training.step import STEPS_BEFORE_RECORDING, TrainingStep

ROUNDS = 5  # stretches of steps, each timed as a whole


def plain_recipe(model: str, batch: int = 64, augment: tuple[Augmentation, ...] = ()) -> Recipe:
    """What steps are timed with where no recipe says otherwise: SGD with momentum, and no data."""
    return Recipe(
        name="bench",
        model=model,
        data=None,
        optimizer=Sgd(learning_rate=0.01, momentum=0.9, weight_decay=1e-4, nesterov=False),
        schedule=Constant(),
        epochs=1,
        batch_size=batch,
        loss="cross_entropy",
        label_smoothing=0.0,
        augment=augment,
        seed=0,
    )


@dataclass(frozen=True, slots=True)
class Timing:
    """One way: seconds of a step in each round, memory at its highest, or why there is none."""

    name: str
    execution: Execution
    seconds: tuple[float, ...] = ()
    peak_bytes: int = 0  # 0 where the device does not tell
    failure: str = ""

    @property
    def median(self) -> float:
        return median(self.seconds)

    @property
    def spread(self) -> float:
        """From the quickest to the slowest round, as a share of the median."""
        return (max(self.seconds) - min(self.seconds)) / self.median


def ways(device: str) -> Iterator[tuple[str, Execution]]:
    """What `bench` compares, each line adding one thing to the line before it."""
    execution = Execution(device)
    yield "eager", execution
    execution = replace(execution, channels_last=True)
    yield "channels_last", execution
    execution = replace(execution, precision="bfloat16")
    yield "bfloat16", execution
    execution = replace(execution, compiled=True)
    yield "compiled", execution
    if execution.on_gpu:
        yield "CUDA graphs", replace(execution, graphs=True)


def made_up_batch(model: nn.Module, shape: tuple[int, ...], recipe: Recipe, device: str) -> Part:
    """A full batch of noise, (N, C, H, W), with targets of the form that the outputs ask for."""
    generator = torch.Generator().manual_seed(derive_seed(recipe.seed, "bench"))
    images = torch.randn(recipe.batch_size, *shape, generator=generator)
    with torch.no_grad():
        output: Tensor = model.eval()(images[:1])
    if recipe.loss == "mse":
        labels = torch.rand(recipe.batch_size, *output.shape[1:], generator=generator)
    else:
        size = (recipe.batch_size, *output.shape[2:])
        labels = torch.randint(0, max(2, output.shape[1]), size, generator=generator)
    return Part(images.to(device), labels.to(device))


def time_way(
    name: str,
    execution: Execution,
    factory: Callable[[], nn.Module],
    recipe: Recipe,
    shape: tuple[int, ...],
    seconds: float,
) -> Timing:
    """Steps of a new network for about `seconds`; what fails is told in the timing and not raised."""
    torch.manual_seed(derive_seed(recipe.seed, "weights"))
    torch.compiler.reset()
    if execution.on_gpu:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(execution.device)
    try:
        model = factory()
        batch = made_up_batch(model, shape, recipe, execution.device)
        model = execution.place(model).train()
        step = TrainingStep(model, make_optimizer(recipe, model.parameters()), recipe, execution)
        with fast_kernels(execution):
            taken = time_calls(lambda: step(batch, recipe.optimizer.learning_rate), execution, seconds)
    except Exception as error:  # noqa: BLE001 - one way that this machine lacks does not end the table
        reason = "out of memory" if is_out_of_memory(error) else first_line(error, 90)
        return Timing(name, execution, failure=reason)
    finally:
        gc.collect()
    peak = torch.cuda.max_memory_allocated(execution.device) if execution.on_gpu else 0
    return Timing(name, execution, taken, peak)


def time_calls(call: Callable[[], object], execution: Execution, seconds: float) -> tuple[float, ...]:
    """Seconds of one call in each of `ROUNDS` rounds, which together take about `seconds`."""
    for _ in range(STEPS_BEFORE_RECORDING + 1):
        call()
    execution.synchronize()
    started = perf_counter()
    call()
    execution.synchronize()
    calls = max(1, round(seconds / ROUNDS / max(perf_counter() - started, 1e-6)))
    taken = []
    for _ in range(ROUNDS):
        started = perf_counter()
        for _ in range(calls):
            call()
        execution.synchronize()
        taken.append((perf_counter() - started) / calls)
    return tuple(taken)


def input_rate(data: Dataset, recipe: Recipe, device: str, seconds: float) -> float:
    """Images a second that reading, augmenting and moving reach with nothing else to do."""
    execution = Execution(device)
    data = data.to(torch.device(device))
    images, epoch = 0, 0
    started = perf_counter()
    while perf_counter() - started < seconds:
        for batch in training_batches(data, recipe, epoch, 0, device=torch.device(device)):
            images += len(batch)
            if perf_counter() - started >= seconds:
                break
        epoch += 1
    execution.synchronize()
    return images / (perf_counter() - started)


def one_input(inputs: int, model: str) -> None:
    """RDL944 for a network with several inputs, which no data set feeds."""
    if inputs != 1:
        raise TrainingError("RDL944", model=model, inputs=inputs)
