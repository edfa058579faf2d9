"""Repetition in a list of constructions, folded into loops.

Three forms: equal neighbours, neighbours whose numbers grow evenly, and a group of several that
repeats as a whole. What a spec says with `repeat` comes back as a loop, whatever it was made
of.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from resnet_dsl.backends.pytorch.code import Call, Code, ListCode, Run
from resnet_dsl.backends.pytorch.ramp import Number, progression, reach

LEAST_PROGRESSION = 3
LEAST_GROUPED = 6  # members, below which a loop over a group is no shorter
LARGEST_GROUP = 16

_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e-?\d+)?(?![\w.])")
_DIGITS = re.compile(r"(?<!\d)(?:0|[1-9]\d*)(?!\d)")  # "b07" holds no number that could be counted on


def folded(items: Sequence[Code], variable: str = "i") -> tuple[Code, ...]:
    """The items with their repetitions folded; `variable` is free for a loop that counts."""
    result: list[Code] = []
    start = 0
    while start < len(items):
        code, length = _longest(items, start, variable)
        result.append(code)
        start += length
    return tuple(result)


def _longest(items: Sequence[Code], start: int, variable: str) -> tuple[Code, int]:
    equal = 1
    while start + equal < len(items) and items[start + equal] == items[start]:
        equal += 1
    if equal > 1:
        return Run((items[start],), equal), equal
    length = _progression_length(items, start)
    if length >= LEAST_PROGRESSION:
        code = _progression(items[start : start + length], variable)
        if code is not None:
            return Run((code,), length, variable), length
    for period in range(2, LARGEST_GROUP + 1):
        found = _group(items, start, period, variable)
        if found is not None:
            if _out_of_phase(items, start, period, found.count):
                break
            return found, found.count * period
    return items[start], 1


def _group(items: Sequence[Code], start: int, period: int, variable: str) -> Run | None:
    """Several items that repeat together, equal or with numbers that grow evenly."""
    if start + 2 * period > len(items):
        return None
    columns = [items[start + place :: period] for place in range(period)]
    count = min([_progression_length(column, 0) for column in columns])
    equal = all(column[0] == column[1] for column in columns)
    if count < (2 if equal else LEAST_PROGRESSION) or count * period < LEAST_GROUPED:
        return None
    members = [_progression(column[:count], variable) for column in columns]
    if any(member is None for member in members):
        return None
    return Run(tuple([m for m in members if m is not None]), count, "_" if equal else variable)


def _out_of_phase(items: Sequence[Code], start: int, period: int, count: int) -> bool:
    """Whether a round of other numbers began before `start` and the rounds after it are as many."""
    callees = [item.callee if isinstance(item, Call) else item for item in items[: start + 2 * period]]
    for first in range(max(0, start - period + 1), start):
        following = first + period
        if callees[first:following] != callees[following : following + period]:
            continue
        found = _group(items, following, period, "i")
        if found is not None and found.count >= count:
            return True
    return False


def _progression_length(items: Sequence[Code], start: int) -> int:
    """How many items from `start` have numbers that grow evenly."""
    if start + 1 >= len(items):
        return 1
    shape, first = _numbers(items[start])
    rows = [first]
    for item in items[start + 1 :]:
        following, values = _numbers(item)
        if following != shape or not all([type(a) is type(b) for a, b in zip(first, values, strict=True)]):
            break
        if len(rows) > 1 and not _goes_on(rows, values):
            break
        rows.append(values)
    if len(rows) == 1:
        return 1
    length = len(rows)
    for place in range(len(first)):
        if length == 1:
            break
        column = [row[place] for row in rows[:length]]
        found = progression(column) if column[0] != column[1] else None
        length = min(length, reach(found, column) if found is not None else _equal(column))
    return max(length, 1)


def _goes_on(rows: Sequence[Sequence[Number]], values: Sequence[Number]) -> bool:
    """Whether the whole numbers of one more item go on as the first two began."""
    count = len(rows)
    return all(
        [
            isinstance(value, float) or value == first + (second - first) * count
            for first, second, value in zip(rows[0], rows[1], values, strict=True)
        ]
    )


def _equal(column: Sequence[Number]) -> int:
    """How many from the first are equal."""
    return next((place for place, value in enumerate(column) if value != column[0]), len(column))


def _number(text: str) -> Number:
    return int(text) if text.isdigit() else float(text)


def _numbers(code: Code) -> tuple[str, list[Number]]:
    """The code with its numbers taken out, and the numbers."""
    values: list[Number] = []

    def take(match: re.Match[str]) -> str:
        values.append(_number(match[0]))
        return "#"

    def walk(part: Code) -> str:
        match part:
            case str():
                return (_DIGITS if part.startswith('"') else _NUMBER).sub(take, part)
            case Call(callee, arguments, comment):
                return f"{callee}({[(name, walk(value)) for name, value in arguments]}){comment}"
            case Run(items, count, variable):
                return f"run{count}{variable}{[walk(item) for item in items]}"
            case ListCode(items):
                return str([walk(item) for item in items])

    return walk(code), values


def _progression(items: Sequence[Code], variable: str) -> Code | None:
    """One item that stands for all, its growing numbers written with the loop's variable."""
    first = items[0]
    if isinstance(first, str):
        return _text([item for item in items if isinstance(item, str)], variable)
    if not isinstance(first, Call):
        return first if first == items[1] else None
    walked: list[tuple[str, Code]] = []
    for place, (name, _) in enumerate(first.arguments):
        part = _progression([item.arguments[place][1] for item in items if isinstance(item, Call)], variable)
        if part is None:
            return None
        walked.append((name, part))
    return Call(first.callee, tuple(walked), first.comment)


def _text(texts: Sequence[str], variable: str) -> str | None:
    first = texts[0]
    if all([text == first for text in texts]):
        return first
    quoted = first.startswith('"')
    pattern = _DIGITS if quoted else _NUMBER
    columns = iter(
        zip(*[[_number(number) for number in pattern.findall(text)] for text in texts], strict=True)
    )

    def write(match: re.Match[str]) -> str:
        column = next(columns)
        found = progression(column) if column[0] != column[1] else None
        if found is None:
            return match[0]
        if quoted:
            return "{" + found.text(variable) + "}"
        return found.text(variable) if match[0] == first else f"({found.text(variable)})"

    text = pattern.sub(write, first)
    return f"f{text}" if quoted else text
