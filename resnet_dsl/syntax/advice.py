"""What people mean who write other languages: the edit for a slip that the parser stumbled over."""

from __future__ import annotations

import re

from resnet_dsl.syntax.expected import DECLARATIONS, STATEMENTS
from resnet_dsl.syntax.lalr import Token
from resnet_dsl.syntax.site import Site
from resnet_dsl.syntax.slips import LOOPS, slip

_COMPARISONS = frozenset("EQ NE LE GE LT GT".split())
_ARITHMETIC = {
    "PLUS": "tensors are added with `add(a, b)`; numbers are bound with `let`",
    "TIMES": "tensors are multiplied with `mul(a, b)`; numbers are bound with `let`",
    **dict.fromkeys(
        "MINUS SLASH FLOORDIV PERCENT POWER".split(), "numbers are bound with `let`: `let n = ...`"
    ),
}
_FIRST_WORDS = {
    "elif": "write `else if`",
    **dict.fromkeys(("expects", "expected", "require", "requires"), "did you mean `expect`?"),
    "asserts": "did you mean `assert`?",
    "returns": "did you mean `return`?",
    "else": "`else` stands behind the `}` of its `if`",
    "for": LOOPS,
    "while": LOOPS,
    "print": "nothing is printed; `resnet-dsl show` prints every shape",
    "pass": "an empty body is `{ }`",
    **dict.fromkeys(("var", "val", "auto", "int", "float"), "values are bound with `let`: `let n = 3`"),
    **dict.fromkeys(("async", "del", "global", "raise", "try", "with", "yield"), "this is no statement here"),
}
_DECLARING = frozenset({"def", "class", "function", "func", "module", "layer", "net", "network", "struct"})
_LOOP = re.compile(r"\b(?:seq|repeat\b[^{}]*)\s*\Z")
_BOUND = re.compile(r"(?:shortcut\s+|aux\s+)?[A-Za-z_]\w*\s*=|return\b")

DOC_ADVICE = "doc comments stand before declarations; other comments start with `#`"
CHARACTERS = {
    "'": 'strings stand between double quotes: "..."',
    ";": "statements end at the end of the line",
    "|": "write `or`",
    "&": "write `and`",
    "!": "write `not`, or `!=`",
    "~": "write `not`",
    "^": "powers are written `**`",
    "?": "write `a if condition else b`",
    "@": "there are no decorators; a doc comment starts with `///`",
    "→": "write `->`",
    "⟶": "write `->`",
    "×": "write `*`",
    "·": "write `*`",
    "÷": "write `/`",
    "≥": "write `>=`",
    "≤": "write `<=`",
    "≠": "write `!=`",
    "“": 'use straight quotes: "..."',
    "”": 'use straight quotes: "..."',
    "„": 'use straight quotes: "..."',
    "−": "write `-`",
    "–": "write `-`",
    "—": "write `-`",
    "…": "write it out",
    "\u00a0": "it is a space that does not break; write a plain one",
    "\u200b": "it takes no room and cannot be seen; delete it",
    "`": "code is not quoted in a spec; delete it",
}


def advice(site: Site, token: Token, accepted: set[str], opening: Token | None) -> str:
    """The edit that mends an unexpected token, or nothing where it cannot be known.

    `opening` is the innermost bracket still open.
    """
    start = token.start_pos or 0
    before = site.before(start)
    first = before.split(maxsplit=1)[0] if before else str(token)
    bracket = str(opening) if opening is not None else ""
    meant = slip(site, token, accepted)
    if meant:
        return meant
    if token.type == "FLOORDIV" or site.text.startswith("/*", start):
        return "comments start with `#`"
    if token.type == "DOC":
        return DOC_ADVICE
    if token.type == "COLON":
        return _colon(before, bracket, accepted)
    if token.type == "EQUAL":
        return _equal(site, before, opening)
    if token.type == "DOT" and accepted <= {"EQUAL"}:
        return "tensors have plain names: `x = ...`"
    if token.type == "ARROW" and accepted <= {"EQUAL"}:
        return "bind the result, `y = x -> ...`; a line that goes on with the one above starts with `->`"
    if token.type == "_NL" and re.match(r"(?:block|stage|model|if|train)\b", before) and "LBRACE" in accepted:
        return "the body's `{` stands on the same line"
    return (
        _declaration(token, first, accepted)
        or _FIRST_WORDS.get(first, "")
        or _statement(token, before, accepted, bracket)
    )


def _colon(before: str, bracket: str, accepted: set[str]) -> str:
    if bracket in {"(", "["}:
        return "arguments are named with `=`: `kernel = 3`"
    if before.startswith("input "):
        return "the shape stands right behind the name: `input image [3, 224, 224]`"
    if before.startswith(("block", "stage", "model", "if", "else", "train")):
        return "bodies stand between braces: `{ ... }`"
    if "EQUAL" in accepted:
        return "write `=`"
    return ""


def _equal(site: Site, before: str, opening: Token | None) -> str:
    if before.startswith(("if ", "else if ", "expect ", "assert ")):
        return "compare with `==`"
    if opening is not None and str(opening) == "{" and _LOOP.search(site.text[: opening.start_pos]):
        return "`seq` and `repeat` hold one pipeline: `{ conv(8, 3) -> bn -> relu }`"
    if "->" in before or before.startswith("return "):
        return "a label ends in a colon: `stem: conv(64, 7)`"
    return ""


def _declaration(token: Token, first: str, accepted: set[str]) -> str:
    if accepted >= DECLARATIONS:
        if first in _DECLARING:
            return "blocks are declared as `block NAME(x) { ... }`, networks as `model NAME { ... }`"
        if first.upper() in STATEMENTS or token.type in {"NAME", "EQUAL"}:
            return "statements stand inside a body: `model NAME { ... }`"
        return ""
    if first.upper() in DECLARATIONS and token.type == "NAME" and accepted <= {"EQUAL", "DOT"}:
        return f"`{first}` stands at the top of the file, outside other bodies"
    if first in {"import", "from"} and token.type in {"SLASH", "TIMES"}:
        if token.type == "TIMES":
            return "name what is needed: `from std.residual import bottleneck, basic`"
        return 'the library is `std.residual`, with a dot; a file stands between quotes: "blocks/unit.rdl"'
    return ""


def _statement(token: Token, before: str, accepted: set[str], bracket: str) -> str:
    inside = bracket in {"(", "["}
    if token.type in _COMPARISONS and "AND" in accepted:
        return "comparisons do not chain: write `a <= b and b <= c`"
    if token.type == "COMMA" and not inside:
        if before.startswith("return"):
            return "a body returns one tensor: join them, or expose one more of a model with `aux`"
        return "no comma ends a line" if before else ""
    if inside and token.type == "NAME" and {"COLON", "COMMA"} <= accepted:
        return "parameters are separated by `,`, and a type stands behind a colon: `width: int`"
    if inside or not _BOUND.match(before):
        return ""
    if token.type in _ARITHMETIC:
        return _ARITHMETIC[token.type]
    if "ARROW" in accepted and token.type in {"NAME", "NUMBER", "STRING"}:
        return "the steps of a pipeline are joined by `->`"
    return ""


def arrow(site: Site, start: int, bracket: str) -> str:
    """The edit for a `->` where only a value can stand; `bracket` is the innermost open one."""
    before = site.before(start)
    if bracket in {"(", "["}:
        return "a pipeline is no argument: bind it first, `t = x -> ...`, and pass `t`"
    if before.startswith("let "):
        return "tensors are bound without `let`: `y = x -> ...`"
    return ""
