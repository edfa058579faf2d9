"""The report as a page: the diagram with its costs, the table of rows, and the totals.

The totals stand in the page as markup, for readers without scripts and for print; the rest is made
from the data by the scripts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from resnet_dsl.analysis.grouping import Grouping
from resnet_dsl.backends.html.escape import text
from resnet_dsl.backends.html.page import page, part
from resnet_dsl.backends.html.scene import scene
from resnet_dsl.backends.report.quantities import byte_size, count, duration, scaled, shape
from resnet_dsl.backends.report.summary import totals

if TYPE_CHECKING:
    from resnet_dsl.analysis.cost import CostReport
    from resnet_dsl.analysis.fit import Need
    from resnet_dsl.ir.graph import Network

SCRIPTS = (
    "numbers.js",
    "model.js",
    "lanes.js",
    "arms.js",
    "heads.js",
    "layout.js",
    "drawing.js",
    "view.js",
    "card.js",
    "rows.js",
    "state.js",
    "report.js",
    "controls.js",
)


def render_html(models: Sequence[tuple[Network, CostReport]], by: Grouping = "block") -> str:
    """Networks with their reports as one page that ends with a newline. Same arguments, same bytes.

    `by` is what a row stands for at first, and how far the diagram is opened.
    """
    titles = [report.title for _, report in models]
    body = part("report.html").format(
        models="\n".join(_one(index, report) for index, (_, report) in enumerate(models)),
    )
    return page(
        ", ".join(titles[:3]) + (f" and {len(titles) - 3} more" if len(titles) > 3 else ""),
        body,
        styles=("report.css",),
        scripts=SCRIPTS,
        data={"by": by, "level": by, "models": [scene(network, report) for network, report in models]},
    )


def _one(index: int, report: CostReport) -> str:
    """Headline figures and totals of one model."""
    figures = "".join(
        f"<div><dt>{text(name)}</dt><dd>{text(value)}</dd></div>" for name, value in _headline(report)
    )
    rows = "\n".join(
        f'<tr><th scope="row">{text(name)}</th><td class="number">{text(exact)}</td>'
        f'<td class="number">{text(short)}</td><td class="quiet">{text(remark)}</td></tr>'
        for name, exact, short, remark in totals(report)
    )
    return (
        f'<section class="summary" data-model="{index}">\n'
        f"<h1>{text(report.title)}</h1>\n"
        f'<p class="quiet">{text(shape(report.input))} → {text(shape(report.output))}, '
        f"batch {report.batch}{_device(report)}</p>\n"
        f'<dl class="headline">{figures}</dl>\n'
        f"{_claims(report)}"
        f'<details class="totals" open><summary>All totals and what they count</summary>\n'
        f"<table>\n<tbody>\n{rows}\n</tbody>\n</table>\n"
        f'<p class="quiet">{text(report.convention)}</p></details>\n</section>'
    )


def _claims(report: CostReport) -> str:
    """What the spec expects: what does not hold first and in sight, the rest folded."""
    if not report.claims:
        return ""
    failed = [claim for claim in report.claims if not claim.holds]
    rows = "\n".join(
        f'<li class="{"held" if claim.holds else "failed"}"><code>expect {text(claim.text)}</code> '
        f'<span class="quiet">{text(claim.file)}:{claim.line}</span>'
        + "".join(f"<br>{text(wrong)}" for wrong in claim.wrong)
        + "</li>"
        for claim in [*failed, *[claim for claim in report.claims if claim.holds]]
    )
    total = len(report.claims)
    many = f"{total} expectation{'s' if total > 1 else ''}"
    told = f"{len(failed)} of {many} not met" if failed else f"{many} met"
    return (
        f'<details class="claims{" unmet" if failed else ""}"{" open" if failed else ""}>'
        f"<summary>{told}</summary>\n<ul>\n{rows}\n</ul></details>\n"
    )


def _device(report: CostReport) -> str:
    times = report.resources.roofline if report.resources is not None else None
    if times is None:
        return ""
    return f", {text(times.dtype)} on {text(times.device.title)}{', training' if times.training else ''}"


def _headline(report: CostReport) -> list[tuple[str, str]]:
    figures = [("params", scaled(report.params))]
    if report.auxiliary:
        figures.append(("params in inference", scaled(report.inference_params)))
    figures += [
        ("MACs", scaled(report.macs)),
        ("depth", count(report.depth)),
        ("weights", byte_size(report.weight_bytes)),
    ]
    if report.auxiliary:
        figures.append(("weights in inference", byte_size(report.inference_weight_bytes)))
    found = report.resources
    if found is not None:
        figures += [("peak", byte_size(found.peak.bytes)), ("step", byte_size(found.training.peak_bytes))]
        if found.field is not None:
            figures.append(("field", f"{found.field.height}×{found.field.width}"))
        if found.roofline is not None:
            figures.append(("time", duration(found.roofline.seconds).replace("us", "µs")))
        if found.fit is not None:
            need = found.fit.training
            figures.append(
                (f"step in {byte_size(found.fit.memory_bytes)}", _fits(need, found.fit.memory_bytes))
            )
    return figures


def _fits(need: Need, memory_bytes: int) -> str:
    return f"{'fits' if need.bytes <= memory_bytes else 'too large'}, batch ≤ {need.largest_batch:,}"
