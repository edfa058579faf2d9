"""Every way of executing a step, measured one after another beside what the roofline allows.

The result is plain values, for programs; `verdict` says in a sentence or two what bounds a run.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

from torch import nn

from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.bench import Timing, input_rate, time_way, ways
from resnet_dsl.training.data import load_dataset
from resnet_dsl.training.errors import TrainingError
from resnet_dsl.training.execution import Execution
from resnet_dsl.training.folder import environment
from resnet_dsl.training.rates import Rates, Work, measure_rates

SPREAD_TO_DOUBT = 0.25  # of the median, between the slowest and the quickest round
NEAR_ENOUGH = 0.5  # of the roofline; below, neither arithmetic nor traffic explains the time
LONGEST_INPUT_SECONDS = 1.0  # that the input is measured for

Row = dict[str, Any]


class Bound(NamedTuple):
    """What the roofline of a network allows at most, by ``compute`` or ``memory``."""

    images_per_second: float
    bound_by: str
    work: Work


def compare(
    factory: Callable[[], nn.Module],
    recipe: Recipe,
    shape: tuple[int, ...],
    device: str,
    *,
    bound_of: Callable[[Execution, Rates], Bound],
    seconds: float,
    skip: Collection[str] = (),
    tell: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Each of `ways`, less those to skip, for about `seconds`, on inputs of `shape`, (C, H, W).

    The device's rates are measured for each, as they depend on the precision. `tell` hears what is
    being done. The input alone is measured too, where the recipe has data that can be read.
    """
    rows: list[Row] = []
    chosen = [(name, execution) for name, execution in ways(device) if name not in skip]
    for name, execution in chosen:
        tell(f"{name} ...")
        timing = time_way(name, execution, factory, recipe, shape, seconds)
        rates = measure_rates(execution)
        rows.append(_row(timing, bound_of(execution, rates), rates, recipe.batch_size, rows))
    rate = _input_rate(recipe, device, min(seconds, LONGEST_INPUT_SECONDS), tell)
    return {
        "batch": recipe.batch_size,
        "environment": environment(chosen[-1][1] if chosen else Execution(device)),
        "ways": rows,
        "input_images_per_second": rate,
        "verdict": verdict(rows, rate),
    }


def _row(timing: Timing, bound: Bound, rates: Rates, batch: int, before: Sequence[Row]) -> Row:
    arithmetic = bound.work.flops_per_image * batch / rates.flops
    traffic = bound.work.bytes_per_image * batch / rates.bandwidth
    row: Row = {
        "way": timing.name,
        "precision": timing.execution.precision,
        "roofline": {
            "images_per_second": bound.images_per_second,
            "bound_by": bound.bound_by,
            "arithmetic_seconds": arithmetic,
            "traffic_seconds": traffic,
            "flops_per_second": rates.flops,
            "bytes_per_second": rates.bandwidth,
        },
    }
    if timing.failure:
        return {**row, "failure": timing.failure}
    first = next((each["seconds"] for each in before if "seconds" in each), timing.median)
    return {
        **row,
        "seconds": timing.median,
        "spread": timing.spread,
        "rounds": len(timing.seconds),
        "images_per_second": batch / timing.median,
        "times_first": first / timing.median,
        "mfu": arithmetic / timing.median,
        "byte_share": traffic / timing.median,
        "peak_bytes": timing.peak_bytes,
    }


def _input_rate(recipe: Recipe, device: str, seconds: float, tell: Callable[[str], None]) -> float | None:
    """Of the recipe's data; None where there is none to read."""
    if recipe.data is None:
        return None
    try:
        return input_rate(load_dataset(recipe), recipe, device, seconds)
    except TrainingError as error:
        tell(f"the recipe's data is not measured: {error.diagnostic.message}")
        return None


def verdict(rows: Sequence[Row], input_images_per_second: float | None = None) -> str:
    """What bounds a run that goes the quickest way."""
    done = [row for row in rows if "seconds" in row]
    if not done:
        return "no way could be measured"
    best = min(done, key=lambda row: float(row["seconds"]))
    line = best["roofline"]
    share = best["images_per_second"] / line["images_per_second"]
    said = (
        f"{best['way']} is quickest: {time_words(best['seconds'])} a step, of which arithmetic needs "
        f"{time_words(line['arithmetic_seconds'])} and memory traffic, nothing fused, "
        f"{time_words(line['traffic_seconds'])}. "
    )
    if share >= NEAR_ENOUGH:
        cause = "memory traffic" if line["bound_by"] == "memory" else "arithmetic"
        said += f"It is bound by {cause}, at {share:.0%} of the roofline."
    else:
        said += (
            f"Neither explains it ({share:.0%} of the roofline): it is bound by the cost of launching "
            "operators and by kernels that fall short of the device; larger batches help the first."
        )
    if input_images_per_second is not None and input_images_per_second < best["images_per_second"]:
        said += (
            f" A run would be bound by its input, at {input_images_per_second:,.0f} images/s: prepared "
            "pixels (`resnet-dsl data prepare`) or fewer augmentations help."
        )
    shakiest = max(done, key=lambda row: float(row.get("spread", 0.0)))
    if shakiest.get("spread", 0.0) > SPREAD_TO_DOUBT:
        said += (
            f" Caution: rounds of {shakiest['way']} differ by {shakiest['spread']:.0%}, so the machine does other "
            "work too; `--seconds` makes the rounds longer, and smaller differences than that mean nothing."
        )
    return said


def time_words(seconds: float) -> str:
    """``7.1 ms`` or ``1.25 s``."""
    return f"{seconds * 1e3:,.3g} ms" if seconds < 1 else f"{seconds:,.3g} s"
