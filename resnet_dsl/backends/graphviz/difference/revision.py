"""Texts of two networks as one: lines that both have, lines of one, and what changed in a line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from resnet_dsl.backends.graphviz.model import Content, Line, Mark, Matrix, Revision, Tone

_PARTS = re.compile(r", | |[^ ,]+|,")


Known = Callable[[int, int], bool | None]


def revise(
    before: Sequence[Content], after: Sequence[Content], known: Known = lambda a, b: None
) -> tuple[Content, ...]:
    """The contents of a part in both networks, in the order of the second; equal ones stay as they are.

    Entries are paired in order. `known` says of two positions whether the entries there are of one
    operator, where that is known; else they are paired so that together they have the most words in
    common. What is left over is marked as removed or added.
    """
    scores = [[_score(a, b, known(i, j)) for j, b in enumerate(after)] for i, a in enumerate(before)]
    best = [[0.0] * (len(after) + 1) for _ in range(len(before) + 1)]
    for i in reversed(range(len(before))):
        for j in reversed(range(len(after))):
            paired = best[i + 1][j + 1] + scores[i][j] if scores[i][j] else 0.0
            best[i][j] = max(paired, best[i + 1][j], best[i][j + 1])
    told: list[Content] = []
    i = j = 0
    while i < len(before) or j < len(after):
        both = i < len(before) and j < len(after)
        if both and scores[i][j] and best[i][j] == best[i + 1][j + 1] + scores[i][j]:
            told += _revised(before[i], after[j])
            i, j = i + 1, j + 1
        elif i < len(before) and (j == len(after) or best[i][j] == best[i + 1][j]):
            told += _alone(before[i], Mark.REMOVED)
            i += 1
        else:
            told += _alone(after[j], Mark.ADDED)
            j += 1
    return tuple(told)


def revise_lines(
    before: Sequence[Line | Revision], after: Sequence[Line | Revision]
) -> tuple[Line | Revision, ...]:
    """`revise` for contents that are lines alone."""
    return tuple(entry for entry in revise(before, after) if isinstance(entry, Line | Revision))


def revision(before: str, after: str, tone: Tone = Tone.NORMAL) -> Line | Revision:
    """One line of two texts: what they begin and end with is told once."""
    a, b = _PARTS.findall(before), _PARTS.findall(after)
    if a == b:
        return Line(after, tone)
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    end = 0
    while end < min(len(a), len(b)) - start and a[-1 - end] == b[-1 - end]:
        end += 1
    head, tail = "".join(b[:start]), "".join(b[len(b) - end :])
    old, new = "".join(a[start : len(a) - end]), "".join(b[start : len(b) - end])
    if not (old and new):  # `, /2` comes or goes; the comma is no part of it
        head, old, new = head.removesuffix(", "), old.strip(", "), new.strip(", ")
        head, tail = f"{head}, " if head else "", f", {tail}" if tail and not tail.startswith(",") else tail
    return Revision(head, old, new, tail, tone)


def _score(a: Content, b: Content, same: bool | None) -> float:
    if same is None:
        return _likeness(a, b)
    return 3.0 if same else 0.0


def _likeness(a: Content, b: Content) -> float:
    """How much two entries have in common; nothing where they cannot be one."""
    if isinstance(a, Line) and isinstance(b, Line):
        if a.tone is not b.tone:
            return 0.0
        if a.text == b.text:
            return 2.0
        left, right = (
            {part for part in _PARTS.findall(text) if part.strip(", ")} for text in (a.text, b.text)
        )
        shared = len(left & right) / max(len(left | right), 1)
        return shared or 0.1 * (a.tone is Tone.TITLE or len(left) == len(right) == 1)
    if a == b:
        return 2.0
    return float(isinstance(a, Matrix) and isinstance(b, Matrix))


def _revised(a: Content, b: Content) -> list[Content]:
    if a == b:
        return [b]
    if isinstance(a, Line) and isinstance(b, Line):
        return [revision(a.text, b.text, b.tone)]
    if isinstance(a, Matrix) and isinstance(b, Matrix):
        return [*revise([Line(row) for row in a.rows], [Line(row) for row in b.rows])]
    return [*_alone(a, Mark.REMOVED), *_alone(b, Mark.ADDED)]


def _alone(entry: Content, mark: Mark) -> list[Content]:
    if isinstance(entry, Matrix):
        return [Line(row, mark=mark) for row in entry.rows]
    return [replace(entry, mark=mark) if isinstance(entry, Line) else entry]
