"""The report as GitHub-flavoured Markdown: totals, then the rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from resnet_dsl.analysis.cost import CostReport
from resnet_dsl.analysis.grouping import Grouping, group
from resnet_dsl.backends.report.columns import columns
from resnet_dsl.backends.report.escape import markdown_code, markdown_text
from resnet_dsl.backends.report.quantities import shape
from resnet_dsl.backends.report.summary import totals

_TITLES = {"op": "Operators", "block": "Blocks", "stage": "Stages", "model": "Models"}


def render_markdown(reports: Sequence[CostReport], by: Grouping) -> str:
    """One document a model, headed by its name; by model, one table of all.

    By operator, the stages come first where there are any: they are what one reads.
    """
    if by == "model":
        return "\n".join([*_grid(reports, by), "", reports[0].convention]) + "\n"
    return "\n".join("\n".join(_one(report, by)) + "\n" for report in reports)


def _one(report: CostReport, by: Grouping) -> Iterator[str]:
    yield f"# {markdown_text(report.title)}"
    yield ""
    yield (
        f"Input {shape(report.input)}, output {shape(report.output)}, "
        f"depth {report.depth}, batch {report.batch}."
    )
    yield ""
    yield from _rows(
        [("figure", False), ("exact", True), ("rounded", True), ("note", False)],
        ((name, exact, short, remark) for name, exact, short, remark in totals(report)),
    )
    yield ""
    yield report.convention
    if report.claims:
        yield ""
        yield "## Expectations"
        yield ""
        yield from _rows(
            [("expect", False), ("where", False), ("holds", False)],
            (
                [
                    markdown_code(claim.text),
                    markdown_code(f"{claim.file}:{claim.line}"),
                    "yes" if claim.holds else f"**no**: {markdown_text('; '.join(claim.wrong))}",
                ]
                for claim in report.claims
            ),
        )
    sections: list[Grouping] = [by]
    if by == "op" and any(layer.stage is not None for layer in report.layers):
        sections.insert(0, "stage")
    for section in sections:
        yield ""
        yield f"## {_TITLES[section]}"
        yield ""
        yield from _grid([report], section)
    if any(layer.runs == "training" for layer in report.layers):
        yield ""
        yield "Rows with an asterisk run in training only; their MACs are not in the total."


def _grid(reports: Sequence[CostReport], by: Grouping) -> Iterator[str]:
    shown = columns(by, reports)
    return _rows(
        [(column.title, column.numeric) for column in shown],
        (
            [
                markdown_code(column.cell(row, report)) if column.name else column.cell(row, report)
                for column in shown
            ]
            for report in reports
            for row in group(report, by)
        ),
    )


def _rows(head: Sequence[tuple[str, bool]], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(title for title, _ in head) + " |"
    yield "|" + "|".join("---:" if right else "---" for _, right in head) + "|"
    for cells in rows:
        yield "| " + " | ".join(cells) + " |"
