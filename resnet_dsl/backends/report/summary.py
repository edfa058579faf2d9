"""The totals below a report's rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from resnet_dsl.analysis.cost import CostReport
from resnet_dsl.analysis.fit import MAX_BATCH
from resnet_dsl.backends.report.escape import printable
from resnet_dsl.backends.report.quantities import byte_size, count, duration, ratio, scaled

if TYPE_CHECKING:
    from resnet_dsl.analysis.fit import Need
    from resnet_dsl.analysis.resources import Resources
    from resnet_dsl.analysis.workload import Workload


def totals(report: CostReport) -> list[tuple[str, str, str, str]]:
    """Name, exact figure, the same with a unit, and a remark; any but the name may be empty."""
    parts = {
        "conv": report.conv_params,
        "linear": report.linear_params,
        "norm": report.norm_params,
        "other": report.other_params,
    }
    split = ", ".join(f"{name} {scaled(number)}" for name, number in parts.items() if number)
    in_inference = _in_inference(report)
    rows = [_figure("params", report.params, split)]
    if report.auxiliary or report.inference_params != report.params:
        rows.append(_figure("", report.inference_params, in_inference))
    rows.append(_figure("buffers", report.buffers, ""))
    if (report.auxiliary and report.buffers) or report.inference_buffers != report.buffers:
        rows.append(_figure("", report.inference_buffers, in_inference))
    rows.append(_figure("MACs", report.macs, "" if report.batch == 1 else "of one sample"))
    if report.auxiliary:
        rows.append(_figure("", report.training_macs, "in training, with auxiliary heads"))
    rows += [
        _figure("other ops", report.other_ops, ""),
        ("depth", count(report.depth), "", "weighted layers on the longest path"),
        ("weights", "", byte_size(report.weight_bytes), "params and buffers"),
    ]
    if report.auxiliary or report.inference_weight_bytes != report.weight_bytes:
        rows.append(("", "", byte_size(report.inference_weight_bytes), in_inference))
    return [
        *rows,
        ("outputs", "", byte_size(report.activation_bytes), "activations, all layers together"),
        ("saved", "", byte_size(report.saved_bytes), "kept by autograd for the backward pass"),
        *(_resources(report.resources, in_inference) if report.resources is not None else ()),
    ]


def is_timed(report: CostReport) -> bool:
    """Whether the time of its layers on a device is known."""
    return report.resources is not None and report.resources.roofline is not None


def _in_inference(report: CostReport) -> str:
    return "of these in inference" + (", without auxiliary heads" if report.auxiliary else "")


def _resources(found: Resources, in_inference: str) -> Iterator[tuple[str, str, str, str]]:
    """Rows of memory, receptive field and time."""
    at = f", at {printable(found.peak.path)}" if found.peak.path else ""
    yield "peak", "", byte_size(found.peak.bytes), f"activations that inference holds at once{at}"
    step = found.training
    if found.dtype != "float32":
        yield "", "", byte_size(found.weight_bytes), f"weights in {found.dtype}; the peak is in it too"
        if found.inference_weight_bytes != found.weight_bytes:
            yield "", "", byte_size(found.inference_weight_bytes), in_inference
    yield (
        "step",
        "",
        byte_size(step.peak_bytes),
        f"peak of a float32 training step, weights and {step.optimizer} state included",
    )
    yield from _memory(found)
    if found.field is not None:
        field = found.field
        remark = f"receptive field in pixels, jump {field.jump:g}, at {printable(field.path)}"
        yield "field", f"{field.height}x{field.width}", "", remark
    yield from _work(found.work)
    times = found.roofline
    if times is not None:
        what = "a training step" if times.training else "inference"
        remark = (
            f"{what} at batch {times.batch} in {times.dtype} on {printable(times.device.title)}, at least: "
            f"{times.samples_per_second:,.0f} samples/s, "
            f"{100 * times.bound_share:.0f} % of it bound by {times.bound}"
        )
        yield "time", "", duration(times.seconds), remark
        if times.optimizer is not None:
            yield "", "", duration(times.optimizer.seconds), "of it the optimizer's step, which has no row"


def _memory(found: Resources) -> Iterator[tuple[str, str, str, str]]:
    """A device's memory, and what of it inference and training need."""
    if found.fit is None or found.roofline is None:
        return
    fit, device = found.fit, found.roofline.device
    yield (
        "memory",
        "",
        byte_size(fit.memory_bytes),
        f"of {printable(device.title)}; contexts and libraries take a part of it",
    )
    told = f"inference in {found.dtype} at batch {found.batch}, weights and peak"
    yield "", "", byte_size(fit.inference.bytes), f"{told}: {_fits(fit.inference, fit.memory_bytes)}"
    told = f"a float32 training step at batch {found.batch}"
    yield "", "", byte_size(fit.training.bytes), f"{told}: {_fits(fit.training, fit.memory_bytes)}"


def _fits(need: Need, memory_bytes: int) -> str:
    if not need.largest_batch:
        largest = "not one sample fits"
    elif need.largest_batch == MAX_BATCH:
        largest = "so does any batch"
    else:
        largest = f"the largest batch that fits is {need.largest_batch:,}"
    if need.bytes <= memory_bytes:
        return f"fits; {largest}"
    times = need.bytes / memory_bytes
    return f"does not fit, needs {times:,.{2 if times < 10 else 0}f} times the memory; {largest}"


def _work(work: Workload) -> Iterator[tuple[str, str, str, str]]:
    """Arithmetic intensity, and in training what a step computes."""
    at = f"at batch {work.batch}"
    if work.training:
        yield _figure("step MACs", work.macs, f"of a training step {at}, forward and backward")
        optimizer = work.optimizer.op if work.optimizer is not None else ""
        yield _figure("step FLOPs", work.flops, f"2 x MACs + other ops, the update by {optimizer} included")
    what = "a training step" if work.training else "inference"
    remark = f"FLOPs per byte moved, {what} {at} in {work.dtype}; operators read and write each tensor once"
    yield "intensity", ratio(work.intensity), "", remark


def _figure(name: str, number: int, remark: str) -> tuple[str, str, str, str]:
    """The unit stands only where it makes the figure shorter."""
    return name, count(number), scaled(number) if number >= 100_000 else "", remark
