"""What autograd keeps for the backward pass, counted as storage that no earlier layer kept.

Two layers that save one tensor (an activation its own output, the convolution after it its input)
cost it once; a view costs its base. Figures are those of eager float32 training on a CPU, where
`torch.autograd.graph.saved_tensors_hooks` sees the same bytes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from resnet_dsl.analysis.facts import Facts


class SavedBytes(NamedTuple):
    """Bytes one node adds to what is kept: for each sample, and once for the batch."""

    per_sample: int
    fixed: int


_NOTHING = SavedBytes(0, 0)


def saved_bytes(nodes: Sequence[Facts], running: Collection[int]) -> list[SavedBytes]:
    """Bytes kept by each node, by id; `running` are those that training runs.

    A node that no trained weight stands before, and that has none itself, keeps nothing: no
    gradient passes it.
    """
    base: list[int] = []  # the node whose storage a value lives in
    trained: list[bool] = []
    kept: set[int] = set()
    found: list[SavedBytes] = []
    for entry in nodes:
        node, operator, sources = entry.node, entry.operator, entry.sources
        base.append(base[sources[0]] if operator.view else node.id)
        trained.append(entry.params > 0 or any([trained[source] for source in sources]))
        if not trained[-1] or node.id not in running:
            found.append(_NOTHING)
            continue
        saved = operator.saved(node.attributes, entry.inputs, node.shape)
        values = [base[sources[position]] for position in saved.kept([trained[source] for source in sources])]
        if saved.output:
            values.append(base[-1])
        fresh_bytes = saved.extra_bytes
        for value in values:
            if value not in kept:
                kept.add(value)
                fresh_bytes += nodes[value].output_bytes
        found.append(SavedBytes(fresh_bytes, saved.fixed_bytes))
    return found
