"""Code as a small tree, and its layout in 88 columns as ruff and black would leave it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

WIDTH = 88
METHOD = 4  # indents
BODY = 8


@dataclass(frozen=True, slots=True)
class Call:
    """``callee(arguments)``, or a tuple where the callee is empty.

    With a comment it is laid out one argument a line; a comment that does not fit is left out.
    """

    callee: str
    arguments: tuple[tuple[str, Code], ...] = ()
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """Members of a sequence that repeat: ``item for variable in range(count)``.

    Several items repeat together: ``layer for _ in range(count) for layer in (a, b)``.
    """

    items: tuple[Code, ...]
    count: int
    variable: str = "_"


@dataclass(frozen=True, slots=True)
class ListCode:
    """``[items]``; a single run makes it a comprehension."""

    items: tuple[Code, ...]


Code = str | Call | Run | ListCode


def plain(callee: str, *arguments: Code) -> Call:
    """A call with positional arguments only."""
    return Call(callee, tuple([("", argument) for argument in arguments]))


def one_line(code: Code) -> str:
    """The code on one line, comments left out."""
    match code:
        case str():
            return code
        case Call(callee, arguments):
            return f"{callee}({', '.join([_named(name, one_line(value)) for name, value in arguments])})"
        case Run():
            return f"*({_generator(code)})"
        case ListCode((Run() as run,)):
            return f"[{_generator(run)}]"
        case ListCode(items):
            return f"[{', '.join([one_line(item) for item in items])}]"


def _generator(run: Run) -> str:
    return " ".join([one_line(run.items[0]) if len(run.items) == 1 else "layer", *_clauses(run)])


def _clauses(run: Run) -> list[str]:
    clauses = [f"for {run.variable} in range({run.count})"]
    if len(run.items) > 1:
        clauses.append(f"for layer in ({', '.join([one_line(item) for item in run.items])})")
    return clauses


def layout(prefix: str, code: Code, suffix: str = "", indent: int = 0) -> list[str]:
    """The lines of ``prefix code suffix`` at an indent, broken where 88 columns ask for it."""
    pad = " " * indent
    whole = pad + prefix + one_line(code) + suffix
    if not _has_comment(code) and len(whole) <= WIDTH:
        return [whole]
    match code:
        case str():
            if suffix.startswith("  #"):  # a comment is worth less than a short line
                return layout(prefix, code, "", indent)
            return _layout_text(prefix, code, suffix, indent)
        case Call():
            return _layout_call(prefix, code, suffix, indent)
        case Run():
            return [f"{pad}{prefix}*(", *_layout_run(code, indent + 4), f"{pad}){suffix}"]
        case ListCode((Run() as run,)):
            return [f"{pad}{prefix}[", *_layout_run(run, indent + 4), f"{pad}]{suffix}"]
        case ListCode(items):
            lines = [f"{pad}{prefix}["]
            for item in items:
                lines += layout("", item, ",", indent + 4)
            return [*lines, f"{pad}]{suffix}"]


def _layout_text(prefix: str, text: str, suffix: str, indent: int) -> list[str]:
    """An expression that is too long for its line: a call is broken between its arguments, anything
    else stands in parentheses."""
    tree = ast.parse(text, mode="eval").body
    if isinstance(tree, ast.Call) and (tree.args or tree.keywords):
        arguments = [("", ast.get_source_segment(text, value) or "") for value in tree.args]
        arguments += [
            (word.arg or "", ast.get_source_segment(text, word.value) or "") for word in tree.keywords
        ]
        callee = ast.get_source_segment(text, tree.func) or ""
        return _layout_call(prefix, Call(callee, tuple(arguments)), suffix, indent)
    pad = " " * indent
    if isinstance(tree, ast.BinOp) and indent + 4 + len(text) <= WIDTH:
        return [f"{pad}{prefix}(", f"{pad}    {text}", f"{pad}){suffix}"]
    return [f"{pad}{prefix}{text}{suffix}"]


def _layout_call(prefix: str, code: Call, suffix: str, indent: int) -> list[str]:
    pad = " " * indent
    if not code.arguments:
        return [f"{pad}{prefix}{code.callee}(){suffix}"]
    opening = f"{pad}{prefix}{code.callee}("
    if code.comment:
        commented = f"{opening}  # {code.comment}"
        if len(commented) > WIDTH:
            return layout(prefix, replace(code, comment=""), suffix, indent)
        opening = commented
    body = ", ".join([_named(name, one_line(value)) for name, value in code.arguments])
    values = [value for _, value in code.arguments]
    has_run = any(isinstance(value, Run) for value in values)
    # A tuple takes a line for each of its members; a call first tries one for all.
    if code.callee and not _has_comment(code) and indent + 4 + len(body) <= WIDTH and not has_run:
        return [opening, f"{pad}    {body}", f"{pad}){suffix}"]
    if len(values) == 1 and isinstance(values[0], ListCode) and not code.comment:
        name = code.arguments[0][0]
        return [opening, *layout(f"{name}=" if name else "", values[0], "", indent + 4), f"{pad}){suffix}"]
    lines = [opening]
    for name, value in code.arguments:
        lines += layout(f"{name}=" if name else "", value, ",", indent + 4)
    return [*lines, f"{pad}){suffix}"]


def _layout_run(run: Run, indent: int) -> list[str]:
    """A generator's lines, without brackets around it."""
    pad = " " * indent
    if len(pad + _generator(run)) <= WIDTH:
        return [pad + _generator(run)]
    lines = layout("", run.items[0], "", indent) if len(run.items) == 1 else [f"{pad}layer"]
    lines.append(f"{pad}for {run.variable} in range({run.count})")
    if len(run.items) > 1:
        lines += layout("for layer in ", plain("", *run.items), "", indent)
    return lines


def _named(name: str, text: str) -> str:
    return f"{name}={text}" if name else text


def _has_comment(code: Code) -> bool:
    match code:
        case Call(_, arguments, comment):
            return bool(comment) or any(_has_comment(value) for _, value in arguments)
        case Run(items) | ListCode(items):
            return any(_has_comment(item) for item in items)
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
