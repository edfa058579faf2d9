"""The report as JSON: a contract that programs read (docs: report.json).

One object for one model, a list for several. Layers and groups stand one a line, so that a
committed report shows in a diff what changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from resnet_dsl.analysis.cost import CostReport, LayerCost
from resnet_dsl.analysis.grouping import Grouping, group
from resnet_dsl.ir.data import json_text

_VERSION = 1


def render_json(reports: Sequence[CostReport], by: Grouping) -> str:
    """Grouped rows stand beside `layers` under `groups`; `layers` is always whole."""
    objects = [_object(report, by) for report in reports]
    if len(objects) == 1:
        return objects[0] + "\n"
    return "[\n" + ",\n".join(objects) + "\n]\n"


def report_data(report: CostReport) -> dict[str, Any]:
    """The report as plain values: what the JSON holds."""
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
        "macs": report.macs,
        "training_macs": report.training_macs,
        "other_ops": report.other_ops,
        "depth": report.depth,
        "weight_bytes": report.weight_bytes,
        "activation_bytes": report.activation_bytes,
        "saved_bytes": report.saved_bytes,
        "convention": report.convention,
        "layers": [_layer(layer) for layer in report.layers],
    }


def _layer(layer: LayerCost) -> dict[str, Any]:
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
        "file": layer.file,
        "line": layer.line,
    }


def _object(report: CostReport, by: Grouping) -> str:
    data = report_data(report)
    if by != "op":
        data["groups"] = [row._asdict() for row in group(report, by)]
    return json_text(data)
