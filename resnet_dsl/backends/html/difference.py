"""Two networks compared, as a page: totals, the picture of both, every operator side by side, keys.

The page has no script: its filter is made of radio buttons and style.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resnet_dsl.analysis.beside import SAME, Row, beside
from resnet_dsl.analysis.changes import ADDED, CHANGED, REMOVED, RESIZED
from resnet_dsl.analysis.compare import Comparison, KeyChanges
from resnet_dsl.analysis.cost import LayerCost
from resnet_dsl.analysis.keys import StateEntry
from resnet_dsl.backends.html.escape import text
from resnet_dsl.backends.html.page import page
from resnet_dsl.backends.report.difference import figure_rows
from resnet_dsl.backends.report.quantities import shape

_SIGNS = {ADDED: "+", REMOVED: "−", CHANGED: "~", RESIZED: "", SAME: ""}
_WORDS = {ADDED: "added", REMOVED: "removed", CHANGED: "changed", RESIZED: "other shapes", SAME: "same"}
_XML_DECLARATION = "?>"


def difference_page(found: Comparison, picture: str | None, reason: str = "") -> str:
    """The page as text. `picture` is a checked SVG (`graphviz.render`), else `reason` says why there is none."""
    rows = beside(*found.sides, found.alignment)
    title = f"{found.before} → {found.after}"
    body = [
        f"<header><h1>{_name(found.before, 'removed')} <span>→</span> {_name(found.after, 'added')}</h1>",
        f"<p>{text(_verdict(found, rows))}</p></header>",
        "<main>",
        *_figures(found),
        *_picture(picture, reason, title),
        *_layers(rows),
        *_keys(found.keys),
        "</main>",
    ]
    return page(title, "\n".join(body), styles=("difference.css",))


def _name(name: str, side: str) -> str:
    return f'<code class="{side}">{text(name)}</code>'


def _verdict(found: Comparison, rows: Sequence[Row]) -> str:
    if found.equal:
        return "Nothing differs: operators, wiring, shapes, keys and their order are the same."
    counts = {kind: sum(row.kind == kind for row in rows) for kind in (ADDED, REMOVED, CHANGED)}
    told = [f"{count:,} {_WORDS[kind]}" for kind, count in counts.items() if count]
    return f"Operators: {', '.join(told)}." if told else "The same operators."


def _figures(found: Comparison) -> Iterator[str]:
    yield '<section><h2>Totals</h2><div class="wide"><table class="totals">'
    heads = ("", "before", "after", "change", "")
    yield "<thead><tr>" + "".join(f'<th scope="col"{_number(i)}>{head}</th>' for i, head in enumerate(heads))
    yield "</tr></thead><tbody>"
    for figure, (name, *cells) in zip(found.figures, figure_rows(found.figures), strict=True):
        written = "".join(f'<td class="number">{text(cell)}</td>' for cell in cells)
        quiet = "" if figure.delta else ' class="quiet"'
        yield f'<tr{quiet}><th scope="row">{text(name)}</th>{written}</tr>'
    yield "</tbody></table></div>"
    yield (
        '<p class="quiet">One sample, float32. Peak memory is that of inference\'s activations; training '
        "memory is the most that a step with momentum holds, weights and optimizer included.</p></section>"
    )


def _number(column: int) -> str:
    return ' class="number"' if column else ""


def _picture(picture: str | None, reason: str, title: str) -> Iterator[str]:
    yield "<section><h2>Picture</h2>"
    if picture is None:
        yield f'<p class="quiet">There is no picture: {text(reason)}.</p></section>'
        return
    # The declaration is for files; in a page it would be a comment.
    drawing = picture.partition(_XML_DECLARATION)[2] if picture.startswith("<?xml") else picture
    yield f'<figure tabindex="0" role="img" aria-label="{text(title)}">{drawing.strip()}</figure></section>'


def _layers(rows: Sequence[Row]) -> Iterator[str]:
    told = sum(row.kind in (ADDED, REMOVED, CHANGED) for row in rows)
    resized = sum(row.kind == RESIZED for row in rows)
    yield '<section class="layers"><h2>Operators</h2><fieldset><legend>Show</legend>'
    choices = [
        ("changed", "changed", told),
        ("shapes", "other shapes too", told + resized),
        ("all", "all", len(rows)),
    ]
    for name, words, count in choices:
        checked = " checked" if name == ("changed" if told else "all") else ""
        yield (
            f'<label><input type="radio" name="show" id="show-{name}"{checked}> {words} '
            f'<span class="quiet">{count:,}</span></label>'
        )
    yield '</fieldset><div class="wide"><table><thead><tr><th scope="col"></th>'
    yield '<th scope="col">before</th><th scope="col">after</th><th scope="col">what changed</th>'
    yield '<th scope="col" class="number">params</th><th scope="col" class="number">MACs</th></tr></thead><tbody>'
    yield from map(_layer, rows)
    yield "</tbody></table></div></section>"


def _layer(row: Row) -> str:
    sign = f'<span title="{_WORDS[row.kind]}">{_SIGNS[row.kind]}</span>' if _SIGNS[row.kind] else ""
    details = "<br>".join(
        f"{text(detail.name)} <del>{text(detail.before or 'none')}</del> → <ins>{text(detail.after or 'none')}</ins>"
        for detail in row.details
    )
    numbers = "".join(f'<td class="number">{f"{n:+,}" if n else ""}</td>' for n in (row.params, row.macs))
    return (
        f'<tr class="{row.kind}"><td class="sign">{sign}</td>{_operator(row.before)}{_operator(row.after)}'
        f"<td>{details}</td>{numbers}</tr>"
    )


def _operator(cost: LayerCost | None) -> str:
    if cost is None:
        return '<td class="none"></td>'
    what = f"{cost.op} {cost.detail}".strip()
    return f"<td><code>{text(cost.path)}</code><br><small>{text(what)} · {text(shape(cost.out_shape))}</small></td>"


def _keys(keys: KeyChanges) -> Iterator[str]:
    yield '<section class="keys"><h2>Keys of the <code>state_dict</code></h2>'
    if not keys and not keys.renamed:
        yield '<p class="quiet">The same, in the same order.</p>'
    yield from _listed("added", "only after", [_entry(entry) for entry in keys.added])
    yield from _listed("removed", "only before", [_entry(entry) for entry in keys.removed])
    yield from _listed(
        "changed",
        "of another shape",
        [
            f"<code>{text(new.key)}</code> <small>{_shape(old)} → {_shape(new)}</small>"
            for old, new in keys.reshaped
        ],
    )
    yield from _listed(
        "changed",
        "under another name: layers on both sides",
        [f"<code>{text(old)}</code> → <code>{text(new)}</code>" for old, new in keys.renamed],
    )
    if not keys.same_order:
        yield "<p>The keys that stay stand in another order, which moves an optimizer's state.</p>"
    yield "</section>"


def _listed(kind: str, words: str, items: Sequence[str]) -> Iterator[str]:
    if items:
        yield f'<details class="{kind}"><summary>{len(items):,} {words}</summary><ul>'
        yield from (f"<li>{item}</li>" for item in items)
        yield "</ul></details>"


def _entry(entry: StateEntry) -> str:
    return f"<code>{text(entry.key)}</code> <small>{_shape(entry)}</small>"


def _shape(entry: StateEntry) -> str:
    return shape(entry.shape) or "scalar"
