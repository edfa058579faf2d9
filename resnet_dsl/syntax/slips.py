"""Statements and labels written nearly right: what was meant, read off the whole line."""

from __future__ import annotations

import re

from resnet_dsl.syntax.lalr import Token
from resnet_dsl.syntax.site import Site

_WORD = re.compile(r"[A-Za-z_]\w*")
_PLAIN_BINDING = re.compile(r"([A-Za-z_]\w*)\s*=")
_BINDING = re.compile(r"((?:shortcut\s+|aux\s+)?[A-Za-z_]\w*\s*=).*", re.DOTALL)
_INPUT = re.compile(r"([A-Za-z_]\w*)\s*=\s*input")
_OVER_A_LIST = re.compile(r"[A-Za-z_]\w*\s+in\s+([A-Za-z_]\w*|\[)")
_INDEXED_LABEL = re.compile(r"\[\s*([^\[\]\n]*?)\s*\]([\w.]*)\s*:")
LOOPS = "loops stand in pipelines: `x -> repeat 3 as i { ... }`"


def slip(site: Site, token: Token, accepted: set[str]) -> str:
    """The edit for a statement or a label that means something else than it says, or nothing."""
    start = token.start_pos or 0
    before, rest = site.before(start), _line(site, start)
    if _WORD.fullmatch(before) and "EQUAL" in accepted:
        meant = _first_word(token, before, rest)
        if meant:
            return meant
    if token.type == "NAME" and "LBRACE" in accepted and "repeat" in before:
        return _over_a_list(before.rpartition("repeat")[2] + " " + rest)
    if token.type == "LSQB":
        return _square_bracket(before, rest)
    if token.type == "MINUS":
        return _dashed_label(before, rest) or _bound_value(before)
    if "ELSE" in accepted and "RBRACE" not in accepted and re.search(r"\bif\b", before):
        return "an `if` between values needs its `else`: `2 if first else 1`"
    binding = _BINDING.fullmatch(before)
    if token.type == "IF" and binding is not None and "ARROW" in accepted:
        statement = f"{binding[1]} ..."
        return f"tensors are chosen by statements: `if ... {{ {statement} }} else {{ {statement} }}`"
    return ""


def _first_word(token: Token, word: str, rest: str) -> str:
    """For a statement whose first word is followed by what binds nothing."""
    if word == "repeat":
        return _over_a_list(rest) or LOOPS
    if word == "seq" and token.type == "LBRACE":
        return "`seq` stands in pipelines: `x -> seq { ... }`"
    if token.type == "LPAR" and word != "print":
        return "begin with `return`, or bind the result: `y = ...`"
    if token.type == "COMMA" and "=" in rest:
        return "a statement binds one tensor: write one statement for each"
    return ""


def _over_a_list(rest: str) -> str:
    """`rest` is what follows ``repeat``: ``i in widths { ... }``."""
    match = _OVER_A_LIST.match(rest.strip())
    if match is None:
        return ""
    if match[1] == "[":
        return "count, and take the items by index: `x -> repeat 2 as i { ... [16, 32][i] ... }`"
    return (
        f"count, and take the items by index: `x -> repeat len({match[1]}) as i {{ ... {match[1]}[i] ... }}`"
    )


def _square_bracket(before: str, rest: str) -> str:
    declared = _INPUT.fullmatch(before)
    if declared is not None:
        shape = re.match(r"\[[\w\s,.]*\]", rest)
        shown = shape[0] if shape is not None else "[3, 224, 224]"
        return f"inputs are declared without `=`: `input {declared[1]} {shown}`"
    label, indexed = re.search(r"[A-Za-z_][\w.]*\Z", before), _INDEXED_LABEL.match(rest)
    if label is None or indexed is None:
        return _bound_value(before)
    index, further = indexed[1], indexed[2]
    if index.isdigit():
        return f"levels of a label are separated by dots: `{label[0]}.{index}{further}: ...`"
    return f'levels of a label are separated by dots: `"{label[0]}.{{{index}}}{further}": ...`'


def _dashed_label(before: str, rest: str) -> str:
    begun, ended = re.search(r"[\w.-]*\w\Z", before), re.match(r"(-[\w.-]+)\s*:", rest)
    if begun is None or ended is None:
        return ""
    return f'quote a label that is no plain name: `"{begun[0]}{ended[1]}": ...`'


def _bound_value(before: str) -> str:
    bound = _PLAIN_BINDING.fullmatch(before)
    return f"values are bound with `let`: `let {bound[1]} = ...`" if bound is not None else ""


def _line(site: Site, start: int) -> str:
    """From an offset to the end of its line; only so much of it as messages are made of."""
    end = site.text.find("\n", start)
    return site.text[start : len(site.text) if end < 0 else end][:200]
