"""Receptive fields: how much of the image one position of a map depends on, branches included.

Along each axis a position reads an interval of input pixels, which moves by some pixels (the jump)
from one position to the next; where maps were enlarged, neighbours differ, and the pattern repeats
with a period. A window takes the union of what it covers, a join that of its branches, offsets and
all (Araujo, Norris and Sim 2019, Computing receptive fields of convolutional neural networks,
Distill). Padding counts as image, so a field may be larger than the image. Two paths are not
followed: statistics of norms, and the gates of `mul`, which see the whole map by way of a global
pooling and say nothing of where.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, gcd, lcm
from typing import NamedTuple

from resnet_dsl.analysis.facts import Facts, facts
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network
from resnet_dsl.ops.record import Reach

_MOST_PHASES = 4096  # enlarged by odd factors again and again; then it counts as the whole image


class Axis(NamedTuple):
    """The pixels, first and last, that positions 0, 1, ... of one period read; the next period's
    lie `jump` pixels further."""

    spans: tuple[tuple[int, int], ...]
    jump: int

    @property
    def size(self) -> int:
        """Pixels that a position reads, at most."""
        return max([last - first + 1 for first, last in self.spans])

    def at(self, position: int) -> tuple[int, int]:
        turn, phase = divmod(position, len(self.spans))
        first, last = self.spans[phase]
        return first + turn * self.jump, last + turn * self.jump


class Field(NamedTuple):
    """The field along height and width."""

    height: Axis
    width: Axis


class FieldSize(NamedTuple):
    """The field of a map, whose path it is, and the pixels between neighbours there (the jump)."""

    path: str
    height: int
    width: int
    jump: float


def receptive_fields(network: Network, nodes: Sequence[Facts] | None = None) -> list[Field | None]:
    """The field of each node, by id; None where the whole image, or what has no pixels, is behind it.

    `nodes` are the network's facts where they are known already.
    """
    found: list[Field | None] = []
    for entry in facts(network) if nodes is None else nodes:
        operator, node = entry.operator, entry.node
        if operator.keeps_place and len(entry.sources) == 1:
            found.append(found[entry.sources[0]])
            continue
        if operator.category is Category.INPUT:
            start = Axis(((0, 0),), 1)
            found.append(Field(start, start) if len(entry.output) == 3 else None)
            continue
        reach = operator.reach(node.attributes, entry.inputs, node.shape)
        followed = [
            found[source]
            for place, source in enumerate(entry.sources)
            if place not in operator.gates and not (operator.view and place)
        ]
        known = [field for field in followed if field is not None]
        if reach is None or len(known) < len(followed) or not known:
            found.append(None)
            continue
        height = width = _read(_joined([field.height for field in known]), reach[0])
        if reach[0] != reach[1] or any([field.height != field.width for field in known]):
            width = _read(_joined([field.width for field in known]), reach[1])
        small = max(len(height.spans), len(width.spans)) <= _MOST_PHASES
        found.append(Field(height, width) if small else None)
    return found


def _joined(parts: list[Axis]) -> Axis:
    """What positions of several maps read together."""
    if len(parts) == 1 or all([part == parts[0] for part in parts]):
        return parts[0]
    period = lcm(*[len(part.spans) for part in parts])
    spans = []
    for position in range(period):
        read = [part.at(position) for part in parts]
        spans.append((min([first for first, _ in read]), max([last for _, last in read])))
    return Axis(tuple(spans), max([part.jump * (period // len(part.spans)) for part in parts]))


def _read(axis: Axis, reach: Reach) -> Axis:
    """What the positions of an operator's output read by way of its operand."""
    step, before, after = reach
    if (step, before, after) == (1, 0, 0):
        return axis
    phases, over, under = len(axis.spans), step.numerator, step.denominator
    period = phases * under // gcd(phases * under, over)
    spans = []
    for position in range(period):
        read = [
            axis.at(taken)
            for taken in range(ceil(position * step - before), floor(position * step + after) + 1)
        ] or [axis.at(floor(position * step))]  # a transposed kernel smaller than its stride leaves gaps
        spans.append((min([first for first, _ in read]), max([last for _, last in read])))
    return Axis(tuple(spans), axis.jump * period * over // (under * phases))


def field_sizes(network: Network, nodes: Sequence[Facts] | None = None) -> list[FieldSize | None]:
    """The size of each node's field, by id; None where `receptive_fields` knows none."""
    found: list[FieldSize | None] = []
    for node, field in zip(network.nodes(), receptive_fields(network, nodes), strict=True):
        if field is None:
            found.append(None)
            continue
        jump = field.height.jump / len(field.height.spans)
        found.append(FieldSize(node.path, field.height.size, field.width.size, jump))
    return found


def deepest_field(network: Network, sizes: Sequence[FieldSize | None] | None = None) -> FieldSize | None:
    """The largest field on the way to the main output, before the whole image is looked at once."""
    shown = network.inference_nodes() - set(network.inputs)
    best: FieldSize | None = None
    for index, size in enumerate(field_sizes(network) if sizes is None else sizes):
        if size is None or index not in shown:
            continue
        if best is None or size.height * size.width > best.height * best.width:
            best = size
    return best
