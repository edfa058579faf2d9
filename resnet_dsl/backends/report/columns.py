"""Which columns a report's rows have; tables, Markdown and CSV share them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from resnet_dsl.analysis.cost import CostReport, Runs
from resnet_dsl.analysis.grouping import GroupCost, Grouping
from resnet_dsl.backends.report.quantities import byte_size, count, duration, percent, ratio, shape, shapes
from resnet_dsl.backends.report.summary import is_timed

if TYPE_CHECKING:
    from resnet_dsl.analysis.resources import Resources

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


def columns(by: Grouping, reports: Sequence[CostReport]) -> tuple[Column, ...]:
    """Left to right: those of the roofline where some report is timed; by model those of memory and
    field where they are known, and parameters of inference where some model has auxiliary heads."""
    timed = any(is_timed(report) for report in reports)
    heads = any(report.auxiliary for report in reports)
    known = any(report.resources is not None for report in reports)
    fits = any(report.resources is not None and report.resources.fit is not None for report in reports)
    share = (_SHARE,) if by != "model" else ()
    counted = (_LAYERS,) if by in {"block", "stage"} else ()
    times = (*_BOUND, _TIME if by != "model" else _WHOLE_TIME) if timed else ()
    inference = (_INFERENCE_PARAMS,) if heads and by == "model" else ()
    memory = (*(_MEMORY if known else ()), *(_LARGEST if fits else ())) if by == "model" else ()
    costs = (_PARAMS, *inference, _MACS, *share, _OTHER, _ACTIVATIONS, *memory)
    return (_path(by), *_KINDS[by], *counted, _INPUT, _OUTPUT, *costs, *times)


_RUNS: dict[Runs, str] = {"always": "", "training": " *", "never": " (never runs)"}


def _path(by: Grouping) -> Column:
    title = {"op": "layer", "block": "block", "stage": "stage", "model": "model"}[by]
    return Column(title, lambda row, _: row.path + _RUNS[row.runs], 0, name=True, least_width=28)


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


def _of(tell: Callable[[Resources], str]) -> Cell:
    return lambda _, report: tell(report.resources) if report.resources is not None else "-"


_MEMORY = (
    Column("peak", _of(lambda found: byte_size(found.peak.bytes)), 5, numeric=True),
    Column("step", _of(lambda found: byte_size(found.training.peak_bytes)), 4, numeric=True),
    Column(
        "field",
        _of(lambda found: f"{found.field.height}x{found.field.width}" if found.field is not None else "-"),
        7,
        numeric=True,
    ),
)
_LARGEST = (
    Column(
        "inference fits to",
        _of(lambda found: f"batch {found.fit.inference.largest_batch:,}" if found.fit is not None else "-"),
        10,
        numeric=True,
    ),
    Column(
        "training to",
        _of(lambda found: f"batch {found.fit.training.largest_batch:,}" if found.fit is not None else "-"),
        4,
        numeric=True,
    ),
)
_BOUND = (
    Column("FLOPs/byte", lambda row, _: ratio(row.intensity), 8, numeric=True),
    Column("bound by", lambda row, _: row.bound, 3),
)
_TIME = Column("time", lambda row, _: duration(row.seconds), 1, numeric=True)
# Of a model, with the update of a training step, as in its totals.
_WHOLE_TIME = Column(
    "time",
    _of(lambda found: duration(found.roofline.seconds) if found.roofline is not None else "-"),
    1,
    numeric=True,
)
