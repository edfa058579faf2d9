"""Which columns a report's rows have; tables, Markdown and CSV share them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from resnet_dsl.analysis.cost import CostReport
from resnet_dsl.analysis.grouping import GroupCost, Grouping
from resnet_dsl.backends.report.quantities import byte_size, count, duration, percent, ratio, shape, shapes

Cell = Callable[[GroupCost, CostReport], str]


class Column(NamedTuple):
    """A title and how a row fills it.

    Where space is short, columns of low `rank` stay, and names are cut down to `least_width`.
    """

    title: str
    cell: Cell
    rank: int
    numeric: bool = False
    name: bool = False  # text from the spec
    least_width: int = 12


def columns(by: Grouping, *, timed: bool = False, heads: bool = False) -> tuple[Column, ...]:
    """Left to right; with `timed` those of the roofline too.

    With `heads` some model has auxiliary heads, so that its parameters are told for inference too.
    """
    share = (_SHARE,) if by != "model" else ()
    counted = (_LAYERS,) if by in {"block", "stage"} else ()
    times = _TIMES if timed else ()
    inference = (_INFERENCE_PARAMS,) if heads and by == "model" else ()
    costs = (_PARAMS, *inference, _MACS, *share, _OTHER, _ACTIVATIONS)
    return (_path(by), *_KINDS[by], *counted, _INPUT, _OUTPUT, *costs, *times)


def _path(by: Grouping) -> Column:
    title = {"op": "layer", "block": "block", "stage": "stage", "model": "model"}[by]
    return Column(
        title, lambda row, _: row.path + ("" if row.inference else " *"), 0, name=True, least_width=28
    )


def _operator(row: GroupCost, _: CostReport) -> str:
    # The sign of sizes is not in every terminal's alphabet.
    return f"{row.kind} {row.detail.replace('×', 'x')}".strip()


_KINDS: dict[Grouping, tuple[Column, ...]] = {
    "op": (Column("operator", _operator, 3, name=True),),
    "block": (Column("type", _operator, 4, name=True),),
    "stage": (Column("type", _operator, 4, name=True),),
    "model": (Column("depth", lambda _, report: count(report.depth), 3, numeric=True),),
}
_LAYERS = Column("ops", lambda row, _: count(row.layers), 7, numeric=True)
_INPUT = Column("input", lambda row, _: shapes(row.in_shapes), 6, numeric=True)
_OUTPUT = Column("output", lambda row, _: shape(row.out_shape), 2, numeric=True)
_PARAMS = Column("params", lambda row, _: count(row.params), 1, numeric=True)
_INFERENCE_PARAMS = Column("in inference", lambda _, report: count(report.inference_params), 1, numeric=True)
_MACS = Column("MACs", lambda row, _: count(row.macs), 0, numeric=True)
_SHARE = Column(
    "share",
    lambda row, report: percent(row.macs, report.macs) if row.inference else "-",
    5,
    numeric=True,
)
_OTHER = Column("other ops", lambda row, _: count(row.other_ops), 8, numeric=True)
_ACTIVATIONS = Column("activations", lambda row, _: byte_size(row.activation_bytes), 9, numeric=True)
_TIMES = (
    Column("FLOPs/byte", lambda row, _: ratio(row.intensity), 8, numeric=True),
    Column("bound by", lambda row, _: row.bound, 3),
    Column("time", lambda row, _: duration(row.seconds), 1, numeric=True),
)
