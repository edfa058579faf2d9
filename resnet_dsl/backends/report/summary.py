"""The totals below a report's rows."""

from __future__ import annotations

from resnet_dsl.analysis.cost import CostReport
from resnet_dsl.backends.report.quantities import byte_size, count, scaled


def totals(report: CostReport) -> list[tuple[str, str, str, str]]:
    """Name, exact figure, the same with a unit, and a remark; any but the name may be empty."""
    parts = {
        "conv": report.conv_params,
        "linear": report.linear_params,
        "norm": report.norm_params,
        "other": report.other_params,
    }
    split = ", ".join(f"{name} {scaled(number)}" for name, number in parts.items() if number)
    rows = [_figure("params", report.params, split)]
    if report.auxiliary:
        rows.append(_figure("", report.inference_params, "of these without auxiliary heads"))
    rows += [
        _figure("buffers", report.buffers, ""),
        _figure("MACs", report.macs, "" if report.batch == 1 else "of one sample"),
    ]
    if report.auxiliary:
        rows.append(_figure("", report.training_macs, "in training, with auxiliary heads"))
    return [
        *rows,
        _figure("other ops", report.other_ops, ""),
        ("depth", count(report.depth), "", "weighted layers on the longest path"),
        ("weights", "", byte_size(report.weight_bytes), "params and buffers"),
        ("outputs", "", byte_size(report.activation_bytes), "activations, all layers together"),
        ("saved", "", byte_size(report.saved_bytes), "kept by autograd for the backward pass"),
    ]


def _figure(name: str, number: int, remark: str) -> tuple[str, str, str, str]:
    """The unit stands only where it makes the figure shorter."""
    return name, count(number), scaled(number) if number >= 100_000 else "", remark
