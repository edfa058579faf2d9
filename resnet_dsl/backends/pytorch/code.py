"""Code as a small tree, and its layout in 88 columns as ruff and black would leave it."""

from __future__ import annotations

from dataclasses import dataclass

WIDTH = 88


@dataclass(frozen=True, slots=True)
class Call:
    """``callee(arguments)``; with a comment it is laid out one argument a line."""

    callee: str
    arguments: tuple[tuple[str, Code], ...] = ()
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """``*(item for variable in range(start, stop))``: equal members of a sequence, folded."""

    item: Code
    count: int
    variable: str = "_"


@dataclass(frozen=True, slots=True)
class Pairs:
    """``OrderedDict([(name, item), ...])`` as the argument of a named sequence."""

    items: tuple[tuple[str, Code], ...]


Code = str | Call | Run | Pairs


def one_line(code: Code) -> str:
    """The code on one line, comments left out."""
    match code:
        case str():
            return code
        case Call(callee, arguments):
            return f"{callee}({', '.join([_named(name, one_line(value)) for name, value in arguments])})"
        case Run(item, count, variable):
            return f"*({one_line(item)} for {variable} in range({count}))"
        case Pairs(items):
            pairs = [f'("{name}", {one_line(item)})' for name, item in items]
            return f"OrderedDict([{', '.join(pairs)}])"


def layout(prefix: str, code: Code, suffix: str = "", indent: int = 0) -> list[str]:
    """The lines of ``prefix code suffix`` at an indent, broken where 88 columns ask for it."""
    pad = " " * indent
    whole = pad + prefix + one_line(code) + suffix
    if not _has_comment(code) and len(whole) <= WIDTH:
        return [whole]
    match code:
        case str():
            return [whole]
        case Call(callee, arguments, comment):
            if not arguments:
                return [whole]
            opening = f"{pad}{prefix}{callee}(" + (f"  # {comment}" if comment else "")
            body = ", ".join([_named(name, one_line(value)) for name, value in arguments])
            room = WIDTH - indent - 4
            if not _has_comment(code) and len(body) <= room and not _is_run(arguments):
                return [opening, f"{pad}    {body}", f"{pad}){suffix}"]
            lines = [opening]
            for name, value in arguments:
                lines += layout(f"{name}=" if name else "", value, ",", indent + 4)
            return [*lines, f"{pad}){suffix}"]
        case Run(item, count, variable):
            return [
                f"{pad}{prefix}*(",
                *layout("", item, "", indent + 4),
                f"{pad}    for {variable} in range({count})",
                f"{pad}){suffix}",
            ]
        case Pairs(items):
            lines = [f"{pad}{prefix}OrderedDict(", f"{pad}    ["]
            for name, item in items:
                lines += layout(f'("{name}", ', item, "),", indent + 8)
            return [*lines, f"{pad}    ]", f"{pad}){suffix}"]


def _named(name: str, text: str) -> str:
    return f"{name}={text}" if name else text


def _is_run(arguments: tuple[tuple[str, Code], ...]) -> bool:
    return any(isinstance(value, Run | Pairs) for _, value in arguments)


def _has_comment(code: Code) -> bool:
    match code:
        case Call(_, arguments, comment):
            return bool(comment) or any(_has_comment(value) for _, value in arguments)
        case Run(item, _, _):
            return _has_comment(item)
        case Pairs(items):
            return any(_has_comment(item) for _, item in items)
        case _:
            return False


def signature(name: str, parameters: list[str], result: str, indent: int = 0) -> list[str]:
    """The line or lines of a ``def``."""
    pad = " " * indent
    whole = f"{pad}def {name}({', '.join(parameters)}) -> {result}:"
    if len(whole) <= WIDTH:
        return [whole]
    body = ", ".join(parameters)
    if indent + 4 + len(body) <= WIDTH:
        return [f"{pad}def {name}(", f"{pad}    {body}", f"{pad}) -> {result}:"]
    lines = [f"{pad}    {parameter}," for parameter in parameters]
    return [f"{pad}def {name}(", *lines, f"{pad}) -> {result}:"]
