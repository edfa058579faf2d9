"""A run's curves as SVG: loss on the left, accuracy on the right. Same records, same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil
from xml.sax.saxutils import escape

from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.axes import Axis, epoch_axis, tick_text, value_axis
from resnet_dsl.training.metrics import EpochRecord, TestRecord

WIDTH, HEIGHT = 960, 444
LEGEND, TOP, BOTTOM = 84, 130, 386
PANELS = ((64, 464), (536, 936))  # left and right edge of each
MAX_POINTS = 1_000
LARGEST = 1e300
MAX_MARKED = 60  # beyond, a dot for each epoch hides the line
INK, FAINT, GRID = "#1a1a1a", "#5f6368", "#e4e6ea"
# Blue and vermilion of Okabe and Ito: told apart with any colour vision, and in grey.
TRAINING, VALIDATION = "#0072b2", "#d55e00"
_LOSSES = {
    "cross_entropy": "cross-entropy",
    "binary_cross_entropy": "binary cross-entropy",
    "dice_cross_entropy": "cross-entropy and Dice",
    "mse": "mean squared error",
}


@dataclass(frozen=True, slots=True)
class _Curve:
    color: str
    value: Callable[[EpochRecord], float]


def render_curves(records: Sequence[EpochRecord], recipe: Recipe, test: TestRecord | None = None) -> str:
    """The curves of the epochs so far, on an axis for all of them; `test` adds the final figure."""
    return "\n".join(_document(records, recipe, test)) + "\n"


def _document(records: Sequence[EpochRecord], recipe: Recipe, test: TestRecord | None) -> Iterator[str]:
    best = max(records, key=lambda record: record.rank)
    title = f"{recipe.model[:60]} on {recipe.data}"
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" role="img" font-family="Helvetica, Arial, sans-serif" font-size="13" fill="{INK}">'
    )
    yield f"<title>{escape(title)}: training curves</title>"
    yield f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
    yield _text(64, 32, title, "start", size=18, weight="bold")
    yield _text(64, 54, _subtitle(best, recipe, test), "start", color=FAINT)
    yield from _legend(best, PANELS[0][0])
    yield from _losses(records, best, recipe)
    yield from _accuracies(records, best, recipe)
    yield "</svg>"


def render_panels(records: Sequence[EpochRecord], recipe: Recipe) -> tuple[str, str]:
    """The same two panels, an SVG each, with the legend and without a title: for a page that has one."""
    best = max(records, key=lambda record: record.rank)
    panels = []
    for (left, right), panel in zip(PANELS, (_losses, _accuracies), strict=True):
        view = left - 52, LEGEND - 18, right - left + 70, HEIGHT - LEGEND + 8
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{" ".join(map(str, view))}" width="{view[2]}" '
            f'height="{view[3]}" role="img" font-family="Helvetica, Arial, sans-serif" font-size="13" fill="{INK}">'
        )
        lines = [head, *_legend(best, left), *panel(records, best, recipe), "</svg>"]
        panels.append("\n".join(lines))
    return panels[0], panels[1]


def _losses(records: Sequence[EpochRecord], best: EpochRecord, recipe: Recipe) -> Iterator[str]:
    losses = [value for each in records for value in (each.training_loss, each.validation_loss)]
    loss_axis = value_axis(0.0, max(filter(_can_be_drawn, losses), default=1.0), BOTTOM, TOP)
    curves = (
        _Curve(TRAINING, lambda record: record.training_loss),
        _Curve(VALIDATION, lambda record: record.validation_loss),
    )
    kind = str(getattr(recipe.loss, "kind", recipe.loss))
    smoothing = f", label smoothing {recipe.label_smoothing:g}" if recipe.label_smoothing else ""
    yield from _panel(
        records,
        best,
        recipe.epochs,
        PANELS[0],
        loss_axis,
        curves,
        f"Loss ({_LOSSES.get(kind, kind)}{smoothing})",
    )


def _accuracies(records: Sequence[EpochRecord], best: EpochRecord, recipe: Recipe) -> Iterator[str]:
    shares = [value for each in records for value in (each.training_accuracy, each.validation_accuracy)]
    share_axis = value_axis(100 * min(shares), 100.0, BOTTOM, TOP)
    curves = (
        _Curve(TRAINING, lambda record: 100 * record.training_accuracy),
        _Curve(VALIDATION, lambda record: 100 * record.validation_accuracy),
    )
    yield from _panel(records, best, recipe.epochs, PANELS[1], share_axis, curves, "Accuracy (%)")


def _subtitle(best: EpochRecord, recipe: Recipe, test: TestRecord | None) -> str:
    validation = (
        f"best validation accuracy {best.validation_accuracy:.2%} in epoch {best.epoch} of {recipe.epochs}"
    )
    if test is None:
        return f"recipe {recipe.name[:40]}, seed {recipe.seed}; {validation}"
    held_out = f"held-out accuracy {test.test_accuracy:.2%} ({test.test_correct:,} of {test.test_images:,})"
    return f"recipe {recipe.name[:40]}, seed {recipe.seed}; {held_out}; {validation}"


def _legend(best: EpochRecord, x: int) -> Iterator[str]:
    y = LEGEND
    for color, name in ((TRAINING, "training"), (VALIDATION, "validation")):
        yield f'<line x1="{x}" y1="{y - 4}" x2="{x + 22}" y2="{y - 4}" stroke="{color}" stroke-width="2.5"/>'
        yield _text(x + 29, y, name, "start")
        x += 110
    yield f'<line x1="{x + 8}" y1="{y - 12}" x2="{x + 8}" y2="{y + 4}" stroke="{FAINT}" stroke-dasharray="3 3"/>'
    yield _text(x + 18, y, f"best epoch ({best.epoch})", "start")


def _panel(
    records: Sequence[EpochRecord],
    best: EpochRecord,
    epochs: int,
    edges: tuple[int, int],
    y: Axis,
    curves: Sequence[_Curve],
    title: str,
) -> Iterator[str]:
    left, right = edges
    x = epoch_axis(epochs, left, right)
    for tick in y.ticks:
        at = y.at(tick)
        color = INK if tick == y.low else GRID
        yield f'<line x1="{left}" y1="{at:.1f}" x2="{right}" y2="{at:.1f}" stroke="{color}"/>'
        yield _text(left - 9, at + 4.5, tick_text(tick, y.step), "end")
    for tick in x.ticks:
        at = x.at(tick)
        yield f'<line x1="{at:.1f}" y1="{BOTTOM}" x2="{at:.1f}" y2="{BOTTOM + 5}" stroke="{INK}"/>'
        yield _text(at, BOTTOM + 21, f"{tick:.0f}", "middle")
    yield _text((left + right) / 2, BOTTOM + 42, "epoch", "middle")
    yield _text(left, TOP - 14, title, "start", weight="bold")
    at = x.at(best.epoch)
    yield f'<line x1="{at:.1f}" y1="{TOP}" x2="{at:.1f}" y2="{BOTTOM}" stroke="{FAINT}" stroke-dasharray="3 3"/>'
    shown = _thinned(records)
    for curve in curves:
        for points in _stretches(shown, curve, x, y):
            path = " ".join(f"{across:.1f},{down:.1f}" for across, down in points)
            yield (
                f'<polyline points="{path}" fill="none" stroke="{curve.color}" stroke-width="2" '
                'stroke-linejoin="round" stroke-linecap="round"/>'
            )
            if len(records) <= MAX_MARKED or len(points) == 1:
                for across, down in points:
                    yield f'<circle cx="{across:.1f}" cy="{down:.1f}" r="2.6" fill="{curve.color}"/>'


def _can_be_drawn(value: float) -> bool:
    """Whether a value, and ticks beyond it, are finite."""
    return abs(value) < LARGEST  # not so for NaN


def _stretches(
    records: Sequence[EpochRecord], curve: _Curve, x: Axis, y: Axis
) -> Iterator[list[tuple[float, float]]]:
    """Points on the paper, in stretches: there is a gap where a value cannot be drawn."""
    for is_there, stretch in groupby(records, key=lambda record: _can_be_drawn(curve.value(record))):
        if is_there:
            yield [(x.at(each.epoch), y.at(curve.value(each))) for each in stretch]


def _thinned(records: Sequence[EpochRecord]) -> Sequence[EpochRecord]:
    """At most about `MAX_POINTS` of them, the last one included."""
    stride = ceil(len(records) / MAX_POINTS)
    return records if stride <= 1 else [*records[:-1:stride], records[-1]]


def _text(
    x: float, y: float, text: str, anchor: str, *, size: int = 13, weight: str = "normal", color: str = INK
) -> str:
    style = "" if size == 13 else f' font-size="{size}"'
    style += "" if weight == "normal" else f' font-weight="{weight}"'
    style += "" if color == INK else f' fill="{color}"'
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{style}>{escape(text)}</text>'
