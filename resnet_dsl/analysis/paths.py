"""Paths from the inputs of a network to its output: how many of which length, and what they weigh.

Paths run along the tensors of inference; see `residual` for which. Their length is measured twice:
in weighted layers, as `depth` counts them, and in residual branches taken, as Veit, Wilber and
Belongie 2016 (arXiv 1605.06431) count modules. In a stack of n residual blocks the lengths in
branches are distributed as Binomial(n, 1/2) there.

Counts are exact. The paths to a node are a polynomial whose coefficient of t^k is the number of those
of length k; it is kept as one integer, its value at a power of two above all coefficients (Kronecker
substitution), so a join is a shift and a sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import exp, log
from typing import Any, NamedTuple, cast

from resnet_dsl.analysis.residual import path_ways, too_many_paths
from resnet_dsl.ir.graph import Network
from resnet_dsl.ops.record import Operator

DECAY = 0.25  # see `count_paths`
MAX_BITS = 14_000  # of the number of paths: Python prints 4,300 digits at most
MAX_WORK = 2**35  # bits that joins add up; 2,000 residual blocks in a row take half of them
MAX_TERMS = 20_000_000  # weights that joins add up

_TAIL = 0.025  # of the weight on either side of the effective lengths

_Steps = Sequence[tuple[tuple[int, int, int], ...]]  # into each node: source, length, branches taken


class LengthRow(NamedTuple):
    """The paths of one length: their number, and the share of the weight of all paths that is theirs."""

    length: int
    paths: int
    weight: float


class Lengths(NamedTuple):
    """How many paths have which length, shortest first; lengths that no path has are left out."""

    rows: tuple[LengthRow, ...]

    @property
    def total(self) -> int:
        return sum([row.paths for row in self.rows])

    @property
    def mean(self) -> float:
        return float(Fraction(sum([row.length * row.paths for row in self.rows]), self.total))

    @property
    def median(self) -> int:
        """The least length that at least half of the paths do not exceed."""
        half, so_far = self.total, 0
        for row in self.rows:
            so_far += row.paths
            if 2 * so_far >= half:
                return row.length
        raise ValueError("no paths")

    @property
    def weighted_mean(self) -> float:
        return sum([row.length * row.weight for row in self.rows])

    @property
    def effective(self) -> tuple[int, int]:
        """From the 2.5th to the 97.5th percentile of the weight: least and greatest length."""
        low, high, so_far = self.rows[0].length, self.rows[-1].length, 0.0
        for row in self.rows:
            if so_far < _TAIL:
                low = row.length
            so_far += row.weight
            if so_far >= 1 - _TAIL:
                high = row.length
                break
        return low, high

    @property
    def effective_paths(self) -> int:
        """How many paths have effective lengths."""
        low, high = self.effective
        return sum([row.paths for row in self.rows if low <= row.length <= high])


class Paths(NamedTuple):
    """The paths of one network: their number, and their lengths in residual branches and in layers.

    `joins` is the number of residual joins, `decay` the factor that each branch on a path weighs it by.
    """

    total: int
    joins: int
    decay: float
    branches: Lengths
    layers: Lengths


def count_paths(network: Network, decay: float = DECAY) -> Paths:
    """The paths from the inputs to the output, by length.

    A path that takes k residual branches weighs ``decay ** k``, which is how the gradient that comes
    back along it falls off: about exponentially (Veit et al., on the importance of short paths). The
    default is ours: with 1/4 the middle 95 % of the weight of the network of 110 layers that they
    measure are the paths of 5 to 17 of its 54 blocks, the range that they report. Raises `SpecError`
    with RDL813 where counting would take too long.
    """
    ways = path_ways(network)
    total = _total(network, [[way.source for way in found] for found in ways.into])
    layer = [int(cast(Operator, node.op).counts_depth) for node in network.nodes()]
    by_branches = [tuple([(way.source, way.takes, way.takes) for way in found]) for found in ways.into]
    by_layers = [
        tuple([(way.source, layer[node], way.takes) for way in found]) for node, found in enumerate(ways.into)
    ]
    size = total.bit_length() // 8 + 1  # bytes that hold any coefficient
    for steps in (by_branches, by_layers):
        _check_work(network, steps, 8 * size)
    branches, layers = (_lengths(network, steps, size, decay) for steps in (by_branches, by_layers))
    return Paths(total, len(ways.joins), decay, branches, layers)


def number_of_paths(network: Network) -> int:
    """How many paths lead from the inputs to the output. Raises `SpecError` as `count_paths` does."""
    return _total(network, [[way.source for way in found] for found in path_ways(network).into])


def _total(network: Network, sources: Sequence[Sequence[int]]) -> int:
    counts = [0] * len(sources)
    for start in network.inputs:
        counts[start] = 1
    for node, found in enumerate(sources):
        if len(found) == 1:
            counts[node] = counts[found[0]]
        elif found:
            counts[node] = sum([counts[source] for source in found])
            if counts[node].bit_length() > MAX_BITS:
                raise too_many_paths(network, f"there are more than 2^{MAX_BITS:,}")
    return counts[network.output]


def _lengths(network: Network, steps: _Steps, size: int, decay: float) -> Lengths:
    packed, low = _counted(network, steps, 8 * size)
    weights, lowest = _weighed(network, steps, decay)
    data = packed.to_bytes(-(-packed.bit_length() // 8), "little")
    rows = []
    for start in range(0, len(data), size):
        paths = int.from_bytes(data[start : start + size], "little")
        length = low + start // size
        if paths:
            rows.append(LengthRow(length, paths, weights[length - lowest]))
    return Lengths(tuple(rows))


def _check_work(network: Network, steps: _Steps, slot: int) -> None:
    """Refuses what would take more than a few seconds: every join adds up polynomials."""
    spans: list[tuple[int, int]] = []
    terms = 0
    for found in steps:
        low = min([spans[source][0] + length for source, length, _ in found], default=0)
        high = max([spans[source][1] + length for source, length, _ in found], default=0)
        spans.append((low, high))
        if len(found) > 1:
            terms += len(found) * (high - low + 1)
    if terms > MAX_TERMS or terms * slot > MAX_WORK:
        raise too_many_paths(network, "their lengths would take too long to tell apart")


def _counted(network: Network, steps: _Steps, slot: int) -> tuple[int, int]:
    """The polynomial of the output, packed into slots of bits, and the length that its first slot is of."""
    values: dict[int, tuple[int, int]] = dict.fromkeys(network.inputs, (1, 0))
    readers = _readers(steps, network.output)
    for node, found in enumerate(steps):
        if len(found) == 1:
            packed, low = values[found[0][0]]
            values[node] = (packed, low + found[0][1])
        elif found:
            low = min([values[source][1] + length for source, length, _ in found])
            packed = 0
            for source, length, _ in found:
                value, start = values[source]
                packed += value << slot * (start + length - low)
            values[node] = (packed, low)
        _forget(values, readers, found)
    return values[network.output]


def _weighed(network: Network, steps: _Steps, decay: float) -> tuple[list[float], int]:
    """The shares of the weight by length, from the length returned beside them on.

    Each node keeps shares that sum to one, and the logarithm of their sum: the sum itself would
    overflow in deep networks.
    """
    cost = -log(decay) if decay else float("inf")
    values: dict[int, tuple[list[float], int, float]] = dict.fromkeys(network.inputs, ([1.0], 0, 0.0))
    readers = _readers(steps, network.output)
    for node, found in enumerate(steps):
        if len(found) == 1:
            shares, low, logarithm = values[found[0][0]]
            values[node] = (shares, low + found[0][1], logarithm)
        elif found:
            values[node] = _joined([(values[source], length, takes) for source, length, takes in found], cost)
        _forget(values, readers, found)
    shares, low, _ = values[network.output]
    return shares, low


def _joined(
    parts: Sequence[tuple[tuple[list[float], int, float], int, int]], cost: float
) -> tuple[list[float], int, float]:
    low = min([value[1] + length for value, length, _ in parts])
    high = max([value[1] + length + len(value[0]) for value, length, _ in parts])
    logarithms = [value[2] - (cost if takes else 0.0) for value, _, takes in parts]
    greatest = max(logarithms)
    factors = [exp(logarithm - greatest) for logarithm in logarithms]
    whole = sum(factors)
    joined = [0.0] * (high - low)
    for (value, length, _), factor in zip(parts, factors, strict=True):
        start = value[1] + length - low
        share = factor / whole
        for place, weight in enumerate(value[0], start):
            joined[place] += share * weight
    return joined, low, greatest + log(whole)


def _readers(steps: _Steps, output: int) -> list[int]:
    """How often each node is read: what nobody reads any more is forgotten."""
    readers = [0] * len(steps)
    readers[output] = 1
    for found in steps:
        for source, _, _ in found:
            readers[source] += 1
    return readers


def _forget(values: dict[int, Any], readers: list[int], found: tuple[tuple[int, int, int], ...]) -> None:
    for source, _, _ in found:
        readers[source] -= 1
        if not readers[source]:
            del values[source]
