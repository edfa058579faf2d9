"""Why a figure may differ from one read elsewhere, worked out from the network itself.

Every remark compares the network with what a convention or a variant of it would give. Published
figures come from a table and are found by equality of the figure, so that a network is recognised
by what it is.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from resnet_dsl.analysis.conventions import CONVENTIONS, count_as
from resnet_dsl.analysis.cost import MULTIPLY_ADDS, CostReport
from resnet_dsl.analysis.facts import Facts, facts
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network
from resnet_dsl.ops.parameter import pair


class Published(NamedTuple):
    """A printed figure: the exact count it stands for, as printed, and where."""

    quantity: str  # params or macs
    exact: int
    depth: int
    printed: str
    source: str


class Remark(NamedTuple):
    """One reason: a word for it, the figure it leads to (None where there is none), and a sentence."""

    topic: str
    figure: int | None
    text: str
    published: tuple[Published, ...] = ()


def explanations(network: Network, report: CostReport) -> tuple[Remark, ...]:
    """The reasons that apply to the network, in order: its own figures first."""
    nodes = facts(network)
    shown = network.inference_nodes()
    return (
        *_own(report),
        *_strides([entry for entry in nodes if entry.node.id in shown], nodes, report),
        *_flops(report),
        *_tools(network),
        *_auxiliary(report),
        *_norms(report),
        *_shortcuts(nodes, report),
        *_head([entry for entry in nodes if entry.node.id in shown], report),
    )


@cache
def published() -> tuple[Published, ...]:
    """The table of printed figures."""
    text = files("resnet_dsl.analysis").joinpath("published.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return tuple(
        Published(row["quantity"], int(row["exact"]), int(row["depth"]), row["printed"], row["source"])
        for row in rows
    )


def _known(quantity: str, exact: int, depth: int) -> tuple[Published, ...]:
    return tuple(
        entry
        for entry in published()
        if (entry.quantity, entry.exact, entry.depth) == (quantity, exact, depth)
    )


def _own(report: CostReport) -> Iterator[Remark]:
    known = _known("params", report.params, report.depth)
    heads = ", auxiliary heads included" if report.auxiliary else ""
    yield Remark("params", report.params, f"trainable elements{heads}", known)
    known = _known("macs", report.macs, report.depth)
    yield Remark("MACs", report.macs, f"{MULTIPLY_ADDS}, one sample", known)


def _strides(shown: list[Facts], nodes: list[Facts], report: CostReport) -> Iterator[Remark]:
    """Bottlenecks that halve the map in another layer: the 1x1 or the 3x3 behind it."""
    earlier = later = 0
    for entry in shown:
        if entry.operator.name != "conv" or not entry.sources:
            continue
        first = _convolution_before(nodes, entry)
        if first is None or pair(first.node.attributes["kernel"]) != (1, 1):
            continue
        kernel, stride = pair(entry.node.attributes["kernel"]), pair(entry.node.attributes["stride"])
        narrows = first.output[0] <= int(first.inputs[0].channels)
        if kernel == (1, 1) or not narrows:
            continue
        cost = first.operator.macs(first.node.attributes, first.inputs, first.node.shape)
        of_first = pair(first.node.attributes["stride"])
        if stride != (1, 1) and of_first == (1, 1):
            earlier += cost - cost // (int(stride[0]) * int(stride[1]))
        elif stride == (1, 1) and of_first != (1, 1):
            later += cost * int(of_first[0]) * int(of_first[1]) - cost
    if earlier:
        moved = report.macs - earlier
        text = (
            "MACs with the stride of each bottleneck on its first 1x1, as in the paper of 2015 (v1); here it is on "
            "the convolution behind it (v1.5)"
        )
        yield Remark("stride", moved, text, _known("macs", moved, report.depth))
    if later:
        moved = report.macs + later
        text = (
            "MACs with the stride of each bottleneck on the convolution behind its 1x1, as zoos have it (v1.5); "
            "here it is on the 1x1 (v1)"
        )
        yield Remark("stride", moved, text, _known("macs", moved, report.depth))


def _convolution_before(nodes: list[Facts], entry: Facts) -> Facts | None:
    """The convolution whose result reaches this one through norms and activations alone."""
    source = nodes[entry.sources[0]]
    while source.operator.category in {Category.NORM, Category.ACTIVATION} and source.sources:
        source = nodes[source.sources[0]]
    return source if source.operator.name == "conv" else None


def _flops(report: CostReport) -> Iterator[Remark]:
    yield Remark(
        "FLOPs",
        2 * report.macs,
        "two for each multiply-add; papers and tools often print MACs and call them FLOPs",
    )
    if report.other_ops:
        yield Remark(
            "FLOPs",
            2 * report.macs + report.other_ops,
            "with one for each operation of bias, normalisation, activation, pooling and merging",
        )


def _tools(network: Network) -> Iterator[Remark]:
    for entry in CONVENTIONS.values():
        counted = count_as(network, entry)
        if counted.total not in {counted.base, 2 * counted.base}:
            yield Remark(
                "tool",
                counted.total,
                f"{entry.unit} as {entry.tool} counts; see `report --as {entry.name}`",
            )


def _auxiliary(report: CostReport) -> Iterator[Remark]:
    if not report.auxiliary:
        return
    yield Remark(
        "auxiliary",
        report.inference_params,
        "params without the auxiliary heads, which only training runs",
        _known("params", report.inference_params, report.depth),
    )
    yield Remark("auxiliary", report.training_macs, "MACs of the forward pass in training, with them")


def _norms(report: CostReport) -> Iterator[Remark]:
    if not report.norm_params:
        return
    bare = report.params - report.norm_params
    text = "params without the scales and shifts of normalisation"
    yield Remark("norms", bare, text, _known("params", bare, report.depth))
    if report.buffers:
        text = "with running means, variances and counters, which are not trained but stand in checkpoints"
        yield Remark("norms", report.params + report.buffers, text)


def _shortcuts(nodes: list[Facts], report: CostReport) -> Iterator[Remark]:
    """Projections on shortcuts (options B and C) against shortcuts that only pad (option A)."""
    layers = {layer.path: layer for layer in report.layers}
    projections = [
        entry for entry in nodes if entry.node.shortcut and entry.operator.category is Category.CONV
    ]
    pads = [entry for entry in nodes if entry.node.shortcut and entry.operator.name == "pad_channels"]
    if projections:
        weights = sum(layers[entry.node.path].params for entry in nodes if entry.node.shortcut)
        cost = sum(layers[entry.node.path].macs for entry in projections)
        less = report.params - weights
        text = f"params with shortcuts that subsample and pad (option A): {len(projections)} are projections here"
        yield Remark("shortcuts", less, text, _known("params", less, report.depth))
        yield Remark("shortcuts", report.macs - cost, "MACs with such shortcuts")
    if pads:
        more = sum(int(entry.inputs[0].channels) * int(entry.node.shape.channels) for entry in pads)
        more += sum(2 * int(entry.node.shape.channels) for entry in pads)
        text = f"params with normalised 1x1 projections (option B) in place of {len(pads)} padded shortcuts"
        yield Remark(
            "shortcuts", report.params + more, text, _known("params", report.params + more, report.depth)
        )


def _head(nodes: list[Facts], report: CostReport) -> Iterator[Remark]:
    last = next((entry for entry in reversed(nodes) if entry.operator.counts_depth), None)
    if last is not None and last.operator.category is Category.LINEAR:
        own = sum(weight.elements for weight in last.weights if weight.trainable)
        outputs = last.output[-1]
        yield Remark("head", report.params - own, f"params without the last layer, of {outputs:,} outputs")
