"""A judgement as text: figures, classes, and what was taken for what."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from resnet_dsl.diagnostics.visible import visible
from resnet_dsl.training.axes import loss_text

if TYPE_CHECKING:
    from resnet_dsl.training.held_out import Evaluation

MOST_CLASSES = 20  # beyond, only the hardest ones and the commonest mistakes are listed


def judgement_text(found: Evaluation) -> str:
    """All of it for a few classes; for many, the hardest classes and the commonest mistakes."""
    return "\n".join(_lines(found))


def left_out_text(names: Collection[str]) -> str:
    """How many images could not be read, and the first few of them."""
    first = ", ".join(sorted(names)[:3])
    which = (
        "1 image could not be read and was"
        if len(names) == 1
        else f"{len(names):,} images could not be read and were"
    )
    return f"{which} left out: {first}"


def _lines(found: Evaluation) -> Iterator[str]:
    judged = found.judgement
    figures = [f"top-1 {judged.accuracy:.2%} ({judged.correct:,} of {judged.judged:,})"]
    names = {"top5": "top-5", "mean_iou": "mean IoU", "pck": "PCK at a tenth"}
    figures += [f"{names.get(key, key)} {value:.2%}" for key, value in judged.figures.items()]
    if "mean_iou" in judged.figures or not judged.confusion:
        figures[0] = figures[0].replace("top-1", "accuracy")
    if "mean_iou" in judged.figures:
        figures[0] = f"{figures[0][:-1]} pixels)"
    if "pck" in judged.figures:
        figures[0] = f"{figures[0][:-1]} key points)"
    yield f"{', '.join(figures)}, loss {loss_text(judged.loss)}"
    labels = [
        visible(found.class_names[number]) if number < len(found.class_names) else str(number)
        for number in range(len(judged.confusion) or len(judged.joints))
    ]
    if judged.joints:
        yield ""
        yield from _joints(found, labels)
    if not judged.confusion:
        return
    yield ""
    yield from _classes(found, labels)
    yield ""
    if len(labels) <= MOST_CLASSES:
        yield "confusion: a row for each true class, a column for each predicted one"
        rows = [[label, *map(str, row)] for label, row in zip(labels, judged.confusion, strict=True)]
        yield from _table([["", *labels], *rows])
    else:
        yield from _mistakes(judged.confusion, labels)


def _joints(found: Evaluation, labels: Sequence[str]) -> Iterator[str]:
    rows = list(zip(labels, found.judgement.per_joint(), strict=True))
    if len(rows) > MOST_CLASSES:
        rows = sorted(rows, key=lambda row: row[1]["pck"])[:MOST_CLASSES]
        yield f"the {MOST_CLASSES} of {len(labels):,} joints with the lowest PCK"
    cells = [
        [label, f"{int(row['count']):,}", f"{row['pck']:.2%}" if row["count"] else "-"] for label, row in rows
    ]
    yield from _table([["joint", "count", "PCK"], *cells])


def _classes(found: Evaluation, labels: Sequence[str]) -> Iterator[str]:
    rows = list(zip(labels, found.judgement.per_class(), strict=True))
    with_iou = "mean_iou" in found.judgement.figures
    if len(rows) > MOST_CLASSES:
        rows = sorted(rows, key=lambda row: row[1]["recall"])[:MOST_CLASSES]
        yield f"the {MOST_CLASSES} of {len(labels):,} classes with the lowest recall"
    heading = ["class", "count", "precision", "recall", *(["IoU"] if with_iou else [])]
    cells = [
        [label, f"{int(row['count']):,}", f"{row['precision']:.2%}", f"{row['recall']:.2%}"]
        + ([f"{row['iou']:.2%}"] if with_iou else [])
        for label, row in rows
    ]
    yield from _table([heading, *cells])


def _mistakes(confusion: Sequence[Sequence[int]], labels: Sequence[str]) -> Iterator[str]:
    pairs = [
        (count, true, predicted)
        for true, row in enumerate(confusion)
        for predicted, count in enumerate(row)
        if count and true != predicted
    ]
    pairs.sort(key=lambda pair: (-pair[0], pair[1:]))
    yield f"the commonest of {sum(pair[0] for pair in pairs):,} mistakes"
    cells = [[labels[true], labels[predicted], f"{count:,}"] for count, true, predicted in pairs]
    yield from _table([["true", "predicted", "count"], *cells[:MOST_CLASSES]])


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns side by side, the first one flush left."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        yield "  ".join([first.ljust(widths[0]), *cells]).rstrip()
