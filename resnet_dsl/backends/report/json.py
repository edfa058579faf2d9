"""The report as JSON: a contract that programs read (docs: report.json).

One object for one model, a list for several. Layers and groups stand one a line, so that a
committed report shows in a diff what changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from resnet_dsl.analysis.cost import CostReport, LayerCost, Runs
from resnet_dsl.analysis.grouping import GroupCost, Grouping, group
from resnet_dsl.backends.report.summary import is_timed
from resnet_dsl.ir.data import json_text

if TYPE_CHECKING:
    from resnet_dsl.analysis.resources import Resources
    from resnet_dsl.ir.claim import Claim

_VERSION = 1


def render_json(reports: Sequence[CostReport], by: Grouping) -> str:
    """Grouped rows stand beside `layers` under `groups`; `layers` is always whole."""
    objects = [_object(report, by) for report in reports]
    if len(objects) == 1:
        return objects[0] + "\n"
    return "[\n" + ",\n".join(objects) + "\n]\n"


def report_data(report: CostReport) -> dict[str, Any]:
    """The report as plain values: what the JSON holds."""
    return {**_members(report), "layers": list(_layers(report))}


def _members(report: CostReport) -> dict[str, Any]:
    """All but the rows."""
    return {
        "version": _VERSION,
        "model": report.model,
        **({"variant": report.variant} if report.variant else {}),
        "input": list(report.input),
        "inputs": {name: list(dims) for name, dims in report.inputs},
        "output": list(report.output),
        "auxiliary": {name: list(dims) for name, dims in report.auxiliary},
        "batch": report.batch,
        "params": report.params,
        "inference_params": report.inference_params,
        "conv_params": report.conv_params,
        "linear_params": report.linear_params,
        "norm_params": report.norm_params,
        "other_params": report.other_params,
        "buffers": report.buffers,
        "inference_buffers": report.inference_buffers,
        "macs": report.macs,
        "training_macs": report.training_macs,
        "other_ops": report.other_ops,
        "depth": report.depth,
        "weight_bytes": report.weight_bytes,
        "inference_weight_bytes": report.inference_weight_bytes,
        "activation_bytes": report.activation_bytes,
        "saved_bytes": report.saved_bytes,
        "convention": report.convention,
        **(_resources(report.resources) if report.resources is not None else {}),
        **({"expectations": [_claim(claim) for claim in report.claims]} if report.claims else {}),
    }


def _claim(claim: Claim) -> dict[str, Any]:
    return {
        "text": claim.text,
        "file": claim.file,
        "line": claim.line,
        "holds": claim.holds,
        "wrong": list(claim.wrong),
    }


def _resources(found: Resources) -> dict[str, Any]:
    """Memory, receptive field and time, under `resources`."""
    step, field, times = found.training, found.field, found.roofline
    data: dict[str, Any] = {
        "batch": found.batch,
        "dtype": found.dtype,
        "weight_bytes": found.weight_bytes,
        "inference_weight_bytes": found.inference_weight_bytes,
        "peak_bytes": found.peak.bytes,
        "peak_path": found.peak.path,
        "training": {
            "optimizer": step.optimizer,
            "weight_bytes": step.weight_bytes,
            "gradient_bytes": step.gradient_bytes,
            "optimizer_bytes": step.optimizer_bytes,
            "saved_bytes": step.saved_bytes,
            "peak_bytes": step.peak_bytes,
            "peak_path": step.path,
        },
        "receptive_field": None
        if field is None
        else {"path": field.path, "height": field.height, "width": field.width, "jump": field.jump},
    }
    work = found.work
    data["work"] = {
        "training": work.training,
        "macs": work.macs,
        "flops": work.flops,
        "moved_bytes": work.moved_bytes,
        "intensity": work.intensity,
    }
    if times is not None:
        data["time"] = {
            "device": times.device.name,
            "training": times.training,
            "seconds": times.seconds,
            "samples_per_second": times.samples_per_second,
            "flops": times.flops,
            "moved_bytes": times.moved_bytes,
            "intensity": times.intensity,
            "bound": times.bound,
            "compute_seconds": times.compute_seconds,
        }
    if found.fit is not None:
        fit = found.fit
        data["memory"] = {
            "bytes": fit.memory_bytes,
            **{
                name: {
                    "bytes": need.bytes,
                    "fits": need.bytes <= fit.memory_bytes,
                    "largest_batch": need.largest_batch,
                }
                for name, need in (("inference", fit.inference), ("training", fit.training))
            },
        }
    return {"resources": data}


def _layers(report: CostReport) -> Iterator[dict[str, Any]]:
    """The rows, with work, times and receptive fields where they are known."""
    timed = is_timed(report)
    if report.resources is None:
        for layer in report.layers:
            yield _layer(layer, timed=timed)
        return
    fields = {
        size.path: {"receptive_field": [size.height, size.width], "jump": size.jump}
        for size in report.resources.fields
    }
    unknown = {"receptive_field": None, "jump": None}
    for layer in report.layers:
        yield _layer(layer, timed=timed) | _work(layer) | fields.get(layer.path, unknown)


def _work(row: LayerCost | GroupCost) -> dict[str, Any]:
    intensity = row.flops / row.moved_bytes if row.moved_bytes else 0.0
    return {"flops": row.flops, "moved_bytes": row.moved_bytes, "intensity": intensity}


def _layer(layer: LayerCost, *, timed: bool) -> dict[str, Any]:
    return {
        "path": layer.path,
        "op": layer.op,
        "detail": layer.detail,
        "block": layer.block,
        "stage": layer.stage,
        "in_shapes": [list(dims) for dims in layer.in_shapes],
        "out_shape": list(layer.out_shape),
        "params": layer.params,
        "buffers": layer.buffers,
        "macs": layer.macs,
        "other_ops": layer.other_ops,
        "activation_bytes": layer.activation_bytes,
        "saved_bytes": layer.saved_bytes,
        "inference": layer.inference,
        **_elsewhere(layer.runs),
        "file": layer.file,
        "line": layer.line,
        **({"seconds": layer.seconds} if timed else {}),
    }


def _elsewhere(runs: Runs) -> dict[str, Runs]:
    """Of what inference does not run: whether training does."""
    return {} if runs == "always" else {"runs": runs}


def _group(row: GroupCost, report: CostReport) -> dict[str, Any]:
    left_out = {"compute_seconds", "flops", "moved_bytes", *(() if is_timed(report) else ("seconds",))}
    data = {key: value for key, value in row._asdict().items() if key not in left_out}
    del data["runs"]
    data |= {"inference": row.inference, **_elsewhere(row.runs)}
    return data if report.resources is None else data | _work(row)


def _object(report: CostReport, by: Grouping) -> str:
    data = {**_members(report), "layers": _layers(report)}
    if by != "op":
        data["groups"] = [_group(row, report) for row in group(report, by)]
    return json_text(data)
