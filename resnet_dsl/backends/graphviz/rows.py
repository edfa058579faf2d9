"""One block as rows of text, where its contraction is a series of boxes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from resnet_dsl.backends.graphviz.content import box_lines
from resnet_dsl.backends.graphviz.contract import Fragment, Part
from resnet_dsl.backends.graphviz.model import Tone, VertexKind
from resnet_dsl.backends.graphviz.phrase import CHAIN, is_join, is_silent, phrase, record
from resnet_dsl.backends.graphviz.wiring import Wiring
from resnet_dsl.ir.graph import Node

MAX_ROWS = 8
GATE = "gate: "  # what the row of a gate begins with


def rows(
    wiring: Wiring, fragment: Fragment, usual: frozenset[str], told: Callable[[Node], str] = phrase
) -> tuple[str, ...] | None:
    """The layers of a block, one a row; None where the block branches and a list would mislead.

    A branch that only gates a product, as squeeze and excitation do, is one row of its own.
    """
    series: list[str] = []
    starts: set[int] = set()
    for part in fragment.parts:
        nodes = [wiring.nodes[node] for node in part.nodes]
        if part.kind is not VertexKind.BOX or all(is_silent(node) for node in nodes):
            continue
        if _is_gate(wiring, part):
            series.append(GATE + CHAIN.join(line.text for line in box_lines(nodes, usual, told)))
            continue
        texts = [line.text for line in box_lines(nodes, usual, told) if line.tone is not Tone.QUIET]
        start = wiring.into[part.nodes[0]][0].source if wiring.into[part.nodes[0]] else -1
        if start in starts:
            return None
        starts.add(start)
        series.extend(texts)
    return tuple(series) if 0 < len(series) <= MAX_ROWS else None


def wrapped(items: Sequence[str], width: int, between: str = "; ") -> list[str]:
    """Items on lines of about `width` characters; a chain that is longer goes on below an arrow."""
    lines: list[str] = []
    for position, item in enumerate(items):
        end = between.rstrip() if position < len(items) - 1 else ""
        first, *others = item.split(CHAIN)
        for number, link in enumerate([first, *others]):
            piece = link + (end if number == len(others) else "")
            joint = CHAIN if number else between[len(between.rstrip()) :]
            if lines and len(lines[-1]) + len(joint) + len(piece) <= width and (number or position):
                lines[-1] += joint + piece
            else:
                lines.append((CHAIN.lstrip() if number else "") + piece)
    return lines


def _is_gate(wiring: Wiring, part: Part) -> bool:
    value = part.nodes[-1]
    readers = [wiring.nodes[reader] for reader in wiring.readers[value]]
    return bool(readers) and all(
        is_join(reader) and any(wiring.into[reader.id][port].source == value for port in record(reader).gates)
        for reader in readers
    )
