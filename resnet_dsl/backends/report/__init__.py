"""Cost reports as text: a table for terminals, JSON, CSV and Markdown.

Each format is a file, imported when it is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from resnet_dsl.analysis.cost import CostReport
    from resnet_dsl.analysis.grouping import Grouping

Format = Literal["table", "json", "csv", "md"]
FORMATS: tuple[Format, ...] = get_args(Format)


def render(
    report: CostReport | Sequence[CostReport],
    format: Format,
    by: Grouping = "op",
    width: int | None = None,
) -> str:
    """A report, or several, as text that ends with a newline.

    `by` chooses what a row stands for. `width` is the number of columns that a table may take;
    None sets no limit. The other formats have no width. Same reports, same text.
    """
    reports = report if isinstance(report, Sequence) else [report]
    match format:
        case "table":
            from resnet_dsl.backends.report.table import render_table

            return render_table(reports, by, width)
        case "json":
            from resnet_dsl.backends.report.json import render_json

            return render_json(reports, by)
        case "csv":
            from resnet_dsl.backends.report.csv import render_csv

            return render_csv(reports, by)
        case "md":
            from resnet_dsl.backends.report.markdown import render_markdown

            return render_markdown(reports, by)
