"""Repetition in a list of constructions, folded into loops.

Three forms: equal neighbours, neighbours whose numbers grow by equal steps, and a group of several
that repeats as a whole. What a spec says with `repeat` comes back as a loop, whatever it was made
of.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from resnet_dsl.backends.pytorch.code import Call, Code, ListCode, Run

LEAST_PROGRESSION = 3
LEAST_GROUPED = 6  # members, below which a loop over a group is no shorter
LARGEST_GROUP = 16

_NUMBER = re.compile(r"(?<![\w.])\d+(?![\w.])")
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
            return found, found.count * period
    return items[start], 1


def _group(items: Sequence[Code], start: int, period: int, variable: str) -> Run | None:
    """Several items that repeat together, equal or with numbers that grow by equal steps."""
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


def _progression_length(items: Sequence[Code], start: int) -> int:
    """How many items from `start` have numbers that grow by equal steps."""
    if start + 1 >= len(items):
        return 1
    first, second = _numbers(items[start]), _numbers(items[start + 1])
    if first[0] != second[0]:
        return 1
    steps = [b - a for a, b in zip(first[1], second[1], strict=True)]
    length = 2
    while start + length < len(items):
        shape, values = _numbers(items[start + length])
        expected = [a + d * length for a, d in zip(first[1], steps, strict=True)]
        if shape != first[0] or values != expected:
            break
        length += 1
    return length


def _numbers(code: Code) -> tuple[str, list[int]]:
    """The code with its numbers taken out, and the numbers."""
    values: list[int] = []

    def take(match: re.Match[str]) -> str:
        values.append(int(match[0]))
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
    first, second = items[0], items[1]
    match first, second:
        case str(), str():
            return _text(first, second, variable)
        case Call(callee, arguments, comment), Call(_, others, _):
            walked: list[tuple[str, Code]] = []
            for (name, value), (_, other) in zip(arguments, others, strict=True):
                part = _progression([value, other], variable)
                if part is None:
                    return None
                walked.append((name, part))
            return Call(callee, tuple(walked), comment)
        case _:
            return first if first == second else None


def _text(first: str, second: str, variable: str) -> str | None:
    if first == second:
        return first
    quoted = first.startswith('"')
    pattern = _DIGITS if quoted else _NUMBER
    steps = iter(
        [int(b) - int(a) for a, b in zip(pattern.findall(first), pattern.findall(second), strict=True)]
    )

    def write(match: re.Match[str]) -> str:
        step, begin = next(steps), int(match[0])
        if step == 0:
            return match[0]
        term = variable if step == 1 else f"{step} * {variable}"
        if quoted:
            return "{" + (term if begin == 0 else f"{term} + {begin}") + "}"
        alone = match[0] == first
        text = term if begin == 0 else f"{begin} + {term}" if step > 0 else f"{begin} - {-step} * {variable}"
        return text if alone else f"({text})"

    text = pattern.sub(write, first)
    return f"f{text}" if quoted else text
