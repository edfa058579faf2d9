"""One block as rows of text, where its contraction is a series of boxes."""

from __future__ import annotations

from resnet_dsl.backends.graphviz.content import box_lines
from resnet_dsl.backends.graphviz.contract import Fragment, Part
from resnet_dsl.backends.graphviz.model import Tone, VertexKind
from resnet_dsl.backends.graphviz.phrase import CHAIN, is_join, is_silent, phrase, record
from resnet_dsl.backends.graphviz.wiring import Wiring

MAX_ROWS = 6


def rows(wiring: Wiring, fragment: Fragment, usual: frozenset[str]) -> tuple[str, ...] | None:
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
            weighted = [phrase(node) for node in nodes if record(node).has_weights and not is_silent(node)]
            series.append(f"gate: {CHAIN.join(weighted)}" if weighted else "gate")
            continue
        texts = [line.text for line in box_lines(nodes, usual) if line.tone is not Tone.QUIET]
        start = wiring.into[part.nodes[0]][0].source if wiring.into[part.nodes[0]] else -1
        if start in starts:
            return None
        starts.add(start)
        series.extend(texts)
    return tuple(series) if 0 < len(series) <= MAX_ROWS else None


def _is_gate(wiring: Wiring, part: Part) -> bool:
    value = part.nodes[-1]
    readers = [wiring.nodes[reader] for reader in wiring.readers[value]]
    return bool(readers) and all(
        is_join(reader) and any(wiring.into[reader.id][port].source == value for port in record(reader).gates)
        for reader in readers
    )
