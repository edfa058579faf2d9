"""A run as one HTML page: figures, curves, confusion matrix, classes, recipe, the network's picture.

The page is whole in itself: no script, no font and no picture comes from elsewhere. All text of a
recipe or of a data set is escaped, and the picture is an image, whose text cannot become markup.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from resnet_dsl.semantics.recipe_record import typed_values
from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.axes import loss_text
from resnet_dsl.training.curves import render_panels
from resnet_dsl.training.metrics import EpochRecord, TestRecord

MOST_CLASSES_WITH_NUMBERS = 20
MOST_CLASSES_DRAWN = 200
_SIDE = 560  # pixels of the matrix

_STYLE = """
:root { --ink: #1a1a1a; --faint: #5f6368; --line: #dfe2e6; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 28px 24px 60px; max-width: 1010px; color: var(--ink); background: #fff;
  font: 15px/1.5 Helvetica, Arial, sans-serif; }
h1 { font-size: 26px; margin: 0; }
h2 { font-size: 18px; margin: 40px 0 12px; border-bottom: 1px solid var(--line); padding-bottom: 4px; }
p.faint, .faint { color: var(--faint); margin: 4px 0 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(160px, 1fr)); gap: 12px; margin: 20px 0 8px; }
.figures div { border: 1px solid var(--line); border-radius: 8px; padding: 10px 14px; }
.figures b { display: block; font-size: 21px; font-variant-numeric: tabular-nums; }
.figures span { display: block; color: var(--faint); font-size: 13px; line-height: 1.35; }
.curves { display: flex; flex-wrap: wrap; gap: 12px; }
.curves svg { flex: 1 1 340px; min-width: 0; max-width: 470px; }
svg, img { max-width: 100%; height: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 3px 14px 3px 0; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child, td:has(code) { text-align: left; }
code { font-size: 13px; overflow-wrap: anywhere; }
.picture { overflow: auto; max-height: 900px; border: 1px solid var(--line); border-radius: 8px; padding: 8px; text-align: center; }
"""


def render_page(
    recipe: Recipe,
    records: Sequence[EpochRecord],
    test: TestRecord | None,
    evaluation: Mapping[str, Any] | None,
    picture: str = "",
    notes: Sequence[str] = (),
    ended: str = "",
) -> str:
    """The page of the run so far; `test` and `evaluation` (`Judgement.as_dict`) are there at its end.

    Before its first epoch is finished there are no `records`, and the page says so in place of curves.

    `picture` is an SVG, and `notes` stand above it;
    `ended` says why the run stopped before its end. Same arguments, same bytes.
    """
    return "\n".join(_page(recipe, records, test, evaluation, picture, notes, ended)) + "\n"


def _page(
    recipe: Recipe,
    records: Sequence[EpochRecord],
    test: TestRecord | None,
    evaluation: Mapping[str, Any] | None,
    picture: str,
    notes: Sequence[str],
    ended: str,
) -> Iterator[str]:
    title = f"{recipe.model} on {recipe.data}"
    yield "<!doctype html>"
    yield f'<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<style>{_STYLE}</style></head><body>"
    yield f"<h1>{escape(title)}</h1>"
    state = "finished" if test else f"epoch {records[-1].epoch if records else 0} of {recipe.epochs}"
    yield f'<p class="faint">recipe {escape(recipe.name)}, seed {recipe.seed}, {state}</p>'
    if ended:
        yield f"<p><b>Ended before its time:</b> {escape(ended)}</p>"
    if records:
        yield from _figures(records, test)
        yield '<h2>Curves</h2><div class="curves">'
        yield from render_panels(records, recipe)
        yield "</div>"
    else:
        yield "<p>There are no figures and no curves: no epoch is finished.</p>"
    if evaluation is not None and evaluation["confusion"]:
        yield from _confusion(evaluation)
        yield from _classes(evaluation)
    if evaluation is not None and evaluation.get("joints"):
        yield from _joints(evaluation)
    if picture:
        data = b64encode(picture.encode()).decode()
        yield "<h2>Architecture</h2>"
        for note in notes:
            yield f'<p class="faint">{escape(note)}</p>'
        yield f'<div class="picture"><img alt="{escape(recipe.model)}" src="data:image/svg+xml;base64,{data}"></div>'
    yield "<h2>Recipe</h2><table>"
    for key, value in _flat(typed_values(recipe.as_dict())):
        yield f"<tr><td>{escape(key)}</td><td><code>{escape(json.dumps(value))}</code></td></tr>"
    yield "</table></body></html>"


def _figures(records: Sequence[EpochRecord], test: TestRecord | None) -> Iterator[str]:
    best, last = max(records, key=lambda record: record.rank), records[-1]
    cells = [(f"{best.validation_accuracy:.2%}", f"best validation, epoch {best.epoch}")]
    if test is not None:
        units = {"mean_iou": " pixels", "pck": " key points"}
        unit = next((unit for name, unit in units.items() if name in test.figures), "")
        held_out = f"held out, {test.test_correct:,} of {test.test_images:,}{unit}"
        cells.insert(0, (f"{test.test_accuracy:.2%}", held_out))
        names = {
            "top5": "held out, among the first five",
            "mean_iou": "held out, mean IoU",
            "pck": "held out, PCK at a tenth",
        }
        cells += [(f"{value:.2%}", names.get(name, name)) for name, value in test.figures.items()]
    cells.append((loss_text(last.training_loss), f"training loss, epoch {last.epoch}"))
    cells.append((f"{last.images_per_second:,.0f}", "images a second"))
    cells.append((f"{last.data_wait:.1%}", "of the time waiting for data"))
    if last.utilisation is not None:
        cells.append((f"{last.utilisation:.1%}", "of the device's arithmetic (MFU)"))
    if last.byte_share is not None:
        cells.append((f"{last.byte_share:.0%}", "of the byte bound"))
    skipped = sum(record.skipped_steps for record in records)
    cells += [(f"{skipped:,}", "steps left out: loss not finite")] if skipped else []
    cells += [(f"{last.bad_samples:,}", "images that could not be read")] if last.bad_samples else []
    yield '<div class="figures">'
    for value, meaning in cells:
        yield f"<div><b>{value}</b><span>{escape(meaning)}</span></div>"
    yield "</div>"


def _confusion(evaluation: Mapping[str, Any]) -> Iterator[str]:
    """Rows are true classes; a cell's blue is its share of the row."""
    rows: list[list[int]] = evaluation["confusion"]
    names = [str(each["name"]) for each in evaluation["classes"]]
    count = len(rows)
    yield "<h2>Confusion matrix, held out</h2>"
    if count > MOST_CLASSES_DRAWN:
        yield f'<p class="faint">{count:,} classes are too many to draw; the numbers are in evaluation.json.</p>'
        return
    numbered = count <= MOST_CLASSES_WITH_NUMBERS
    cell = _SIDE / count
    size = min(16.0, round(cell * 0.36, 1)) if numbered else 12.0  # readable on a narrow screen too
    widest = max(len(f"{number:,}") for row in rows for number in row)
    number_size = min(size, round((cell - 4) / (0.56 * widest), 1))
    labels = [_short(name) for name in names]
    longest = max(len(label) for label in labels)
    margin = 10 + round(0.6 * size * longest) if numbered else 10
    side = _SIDE + margin + 28
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {side} {side}" width="{side}" '
        f'height="{side}" font-family="Helvetica, Arial, sans-serif" font-size="{size:g}">'
    )
    yield "<title>confusion matrix</title>"
    yield f'<text x="{margin + _SIDE / 2:g}" y="12" text-anchor="middle" fill="#5f6368">predicted (columns), true (rows)</text>'
    for down, row in enumerate(rows):
        whole = max(1, sum(row))
        y = 24 + down * cell
        if numbered:
            yield f'<text x="{margin - 6}" y="{y + cell / 2 + size / 3:.1f}" text-anchor="end">{escape(labels[down])}</text>'
        for across, number in enumerate(row):
            x, share = margin + across * cell, number / whole
            if number or numbered:
                what = f"{number:,} of {names[down]} predicted as {names[across]}"
                yield (
                    f'<rect x="{x:.1f}" y="{y:.1f}" width="{cell:.1f}" height="{cell:.1f}" fill="{_blue(share)}" '
                    f'stroke="#fff"><title>{escape(what)}</title></rect>'
                )
            if numbered and number:
                ink = "#fff" if share > 0.5 else "#1a1a1a"
                yield (
                    f'<text x="{x + cell / 2:.1f}" y="{y + cell / 2 + size / 3:.1f}" text-anchor="middle" '
                    f'font-size="{number_size:g}" fill="{ink}" pointer-events="none">{number:,}</text>'
                )
        if numbered:
            x, below = margin + (down + 0.5) * cell, 24 + _SIDE + round(size) + 2
            # Long names lean, so that they do not run into each other.
            lean = (
                f'text-anchor="end" transform="rotate(-60 {x:.1f} {below})"'
                if margin > 40
                else 'text-anchor="middle"'
            )
            yield f'<text x="{x:.1f}" y="{below}" {lean}>{escape(labels[down])}</text>'
    yield "</svg>"


def _short(name: str) -> str:
    """A name for the matrix: names that are alike differ at their ends as often as in front."""
    return name if len(name) <= 14 else f"{name[:8]}…{name[-5:]}"


def _blue(share: float) -> str:
    """From nearly white to the blue of the training curve; a little of anything shows."""
    shown = 0.0 if share == 0 else 0.08 + 0.92 * share
    return "#" + "".join(
        f"{round(low + (high - low) * shown):02x}" for low, high in ((244, 0), (246, 114), (248, 178))
    )


def _classes(evaluation: Mapping[str, Any]) -> Iterator[str]:
    yield f"<h2>Classes, held out</h2><details{' open' if len(evaluation['classes']) <= 20 else ''}>"
    yield "<summary>precision, recall and IoU of each</summary><table>"
    yield "<tr><th>class</th><th>count</th><th>precision</th><th>recall</th><th>IoU</th></tr>"
    for each in evaluation["classes"]:
        shares = "".join(f"<td>{each[name]:.2%}</td>" for name in ("precision", "recall", "iou"))
        yield f"<tr><td>{escape(str(each['name']))}</td><td>{each['count']:,}</td>{shares}</tr>"
    yield "</table></details>"


def _joints(evaluation: Mapping[str, Any]) -> Iterator[str]:
    yield f"<h2>Joints, held out</h2><details{' open' if len(evaluation['joints']) <= 20 else ''}>"
    yield "<summary>PCK of each, at a tenth of the map's longer side</summary><table>"
    yield "<tr><th>joint</th><th>count</th><th>PCK</th></tr>"
    for each in evaluation["joints"]:
        share = f"{each['pck']:.2%}" if each["count"] else "-"
        yield f"<tr><td>{escape(str(each['name']))}</td><td>{each['count']:,}</td><td>{share}</td></tr>"
    yield "</table></details>"


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield f"{prefix}{key}", value.get("kind", "")
            inner = {name: each for name, each in value.items() if name != "kind"}
            yield from _flat(inner, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
